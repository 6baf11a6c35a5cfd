"""Models that say what comes next, in text or in music."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ostinato.spec.flow import Flow
from ostinato.spec.language import LanguageOptions
from ostinato.spec.models.base import Model, check_made, check_taken
from ostinato.spec.preprocessing import (
    Columns,
    Notes,
    Tokens,
)


class LanguageModel(Model):
    """A model that says what comes next in a text or in a piece of music, token by token.

    The network reads the V tokens of the vocabulary, one of which stands for the beginning: of a text it is
    one more, number V. Its scores are those of what comes next; those of that token are the end's.
    """

    task: Literal["language"] = "language"
    columns: Columns
    preprocessing: Annotated[Tokens | Notes, Field(discriminator="kind")]
    recipe: LanguageOptions

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        taken, *_, made = self.network.flows()
        read = self.preprocessing
        check_taken(Flow("tokens", max(read.vocabulary_size, read.boundary + 1)), taken)
        check_made(made, Flow("steps", taken.size), "tokens")
        return self
