"""The dropout op as data."""

from typing import Literal, Self

from pydantic import model_validator

from ostinato.spec.flow import Flow
from ostinato.spec.ops.base import Name, Op, Rate


class Dropout(Op):
    """Zero each number with probability ``rate`` while training; pass everything on otherwise.

    With ``whole_steps`` a step is zeroed as a whole. With ``locked`` a feature is zeroed for all steps of its
    sequence (variational dropout: Gal & Ghahramani 2016, arXiv:1512.05287).
    """

    op: Literal["dropout"] = "dropout"
    name: Name = "dropout"
    rate: Rate
    whole_steps: bool = False
    locked: bool = False

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps", "summary")
        return into

    @model_validator(mode="after")
    def _one_kind_of_mask(self) -> Self:
        if self.whole_steps and self.locked:
            raise ValueError(
                f"dropout {self.name!r} has whole_steps and locked, which together drop whole sequences; "
                "set one of them"
            )
        return self
