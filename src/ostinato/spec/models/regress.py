"""Models that tell a number."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ostinato.spec.answers import Quantity
from ostinato.spec.flow import Flow
from ostinato.spec.models.base import Model
from ostinato.spec.preprocessing import Columns, Series, Tokens
from ostinato.spec.regress import RegressOptions


class RegressModel(Model):
    """A model that tells a number: one a sequence, or one a step."""

    task: Literal["regress"] = "regress"
    columns: Columns
    preprocessing: Annotated[Series | Tokens, Field(discriminator="kind")]
    answer: Quantity
    recipe: RegressOptions

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        self.check_parts(Flow("steps" if self.answer.per_step else "summary", 1), "number")
        return self
