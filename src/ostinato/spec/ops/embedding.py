"""The embedding op as data."""

from typing import Literal

from ostinato.spec.flow import Flow
from ostinato.spec.ops.base import Name, Op, Rate, Shapes, Size


class Embedding(Op):
    """Turn each token into a vector: row ``token`` of weight (V, E).

    While training, a token's vector is zero with probability ``dropout`` wherever it stands in the batch, and
    the others are divided by ``1 - dropout`` (Gal & Ghahramani 2016, arXiv:1512.05287; Merity et al. 2018,
    section 4.3, arXiv:1708.02182).
    """

    op: Literal["embedding"] = "embedding"
    name: Name = "embedding"
    size: Size
    dropout: Rate = 0.0

    def flow(self, into: Flow) -> Flow:
        self._take(into, "tokens")
        return Flow("steps", self.size)

    def tensors(self, into: Flow) -> Shapes:
        return {"weight": (into.size, self.size)}
