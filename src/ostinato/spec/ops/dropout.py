"""The dropout op as data."""

from typing import Literal

from ostinato.spec.flow import Flow
from ostinato.spec.ops.base import Name, Op, Rate


class Dropout(Op):
    """Zero each number with probability ``rate`` while training; pass everything on otherwise.

    With ``whole_steps`` a step is zeroed as a whole.
    """

    op: Literal["dropout"] = "dropout"
    name: Name = "dropout"
    rate: Rate
    whole_steps: bool = False

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps", "summary")
        return into
