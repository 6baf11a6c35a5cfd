"""Models that answer with labels."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ostinato.spec.answers import Classes, Labels
from ostinato.spec.audio import Audio
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.flow import Flow
from ostinato.spec.models.base import Model
from ostinato.spec.preprocessing import Columns, Series, Tokens
from ostinato.spec.video import Video


class ClassifyModel(Model):
    """A model that answers with one label a sequence or, where it says so, with one label a step."""

    task: Literal["classify"] = "classify"
    columns: Columns
    preprocessing: Annotated[Series | Tokens | Audio | Video, Field(discriminator="kind")]
    answer: Classes
    per_step: bool = False
    recipe: ClassifyOptions

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        self.check_parts(Flow("steps" if self.per_step else "summary", len(self.answer.labels)), "labels")
        return self


class LabelsModel(Model):
    """A model that says of several labels, each by itself, whether a sequence has it."""

    task: Literal["labels"] = "labels"
    columns: Columns
    preprocessing: Annotated[Series | Tokens, Field(discriminator="kind")]
    answer: Labels
    recipe: ClassifyOptions

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        self.check_parts(Flow("summary", len(self.answer.labels)), "labels")
        return self
