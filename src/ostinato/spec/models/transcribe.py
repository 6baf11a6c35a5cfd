"""Models that write down what is said."""

from typing import Literal, Self

from pydantic import model_validator

from ostinato.spec.answers import Letters
from ostinato.spec.audio import Audio
from ostinato.spec.columns import SpokenColumns
from ostinato.spec.flow import Flow
from ostinato.spec.models.base import Model
from ostinato.spec.transcribe import TranscribeOptions


class TranscribeModel(Model):
    """A model that writes down what is said in a recording, letter by letter."""

    task: Literal["transcribe"] = "transcribe"
    columns: SpokenColumns
    preprocessing: Audio
    answer: Letters
    recipe: TranscribeOptions

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        self.check_parts(Flow("steps", len(self.answer.symbols())), "symbols")
        return self
