"""The embedding op as data."""

from typing import Literal

from ostinato.spec.flow import Flow
from ostinato.spec.ops.base import Name, Op, Shapes, Size


class Embedding(Op):
    """Turn each token into a vector: row ``token`` of weight (V, E)."""

    op: Literal["embedding"] = "embedding"
    name: Name = "embedding"
    size: Size

    def flow(self, into: Flow) -> Flow:
        self._take(into, "tokens")
        return Flow("steps", self.size)

    def tensors(self, into: Flow) -> Shapes:
        return {"weight": (into.size, self.size)}
