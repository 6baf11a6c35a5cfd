"""The head op as data."""

from typing import Literal

from ostinato.spec.flow import Flow
from ostinato.spec.ops.base import Name, Op, Shapes, Size


class Head(Op):
    """The textbook's output: y = W_hy h + b_y, for every step or for the summary, whichever it is given.

    With ``tied`` W_hy is the weight (V, E) of the embedding op of that name, which the head then shares
    (Press & Wolf 2017, arXiv:1608.05859; Inan et al. 2017, arXiv:1611.01462): ``size`` is V, and the head is
    given E features.
    """

    op: Literal["head"] = "head"
    name: Name = "head"
    size: Size
    tied: Name | None = None

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps", "summary")
        return Flow(into.kind, self.size)

    def tensors(self, into: Flow) -> Shapes:
        own: Shapes = {} if self.tied else {"weight": (self.size, into.size)}
        return own | {"bias": (self.size,)}

    def shared(self) -> dict[str, str]:
        return {"weight": f"{self.tied}.weight"} if self.tied else {}
