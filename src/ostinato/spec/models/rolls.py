"""Models of piano rolls."""

from typing import Literal, Self

from pydantic import model_validator

from ostinato.spec.flow import Flow
from ostinato.spec.models.base import Model
from ostinato.spec.preprocessing import Columns, PianoRoll
from ostinato.spec.rolls import RollOptions


class RollModel(Model):
    """A model that says which of 88 keys sound in the next frame of a piano roll, each by itself."""

    task: Literal["rolls"] = "rolls"
    columns: Columns
    preprocessing: PianoRoll
    recipe: RollOptions

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        self.check_parts(Flow("steps", self.preprocessing.keys), "keys")
        return self
