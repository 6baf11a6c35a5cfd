"""The head op as data."""

from typing import Literal

from ostinato.spec.flow import Flow
from ostinato.spec.ops.base import Name, Op, Shapes, Size


class Head(Op):
    """The textbook's output: y = W_hy h + b_y, for every step or for the summary, whichever it is given."""

    op: Literal["head"] = "head"
    name: Name = "head"
    size: Size

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps", "summary")
        return Flow(into.kind, self.size)

    def tensors(self, into: Flow) -> Shapes:
        return {"weight": (self.size, into.size), "bias": (self.size,)}
