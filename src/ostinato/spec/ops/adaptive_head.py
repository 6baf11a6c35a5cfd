"""The adaptive head op as data."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ostinato.errors import ArgumentError
from ostinato.spec.flow import Flow
from ostinato.spec.ops.base import Name, Op, Shapes, Size


class AdaptiveHead(Op):
    """Log-probabilities over a large vocabulary, where rare words cost little.

        p(w)      = softmax(W h + b)_w                               for w < c_1, the frequent words
        p(w)      = softmax(W h + b)_(c_1 + k - 1) softmax(U_k V_k h)_(w - c_k)   for c_k <= w < c_(k + 1)

    ``cutoffs`` are c_1 … c_K; behind the last one cluster K reaches to ``size``, V. Cluster k sees h through
    V_k, which keeps F / factor^k of its F features, rounded down. Tokens must be numbered by falling
    frequency, or the saving is lost. Source: Grave et al. 2017, arXiv:1609.04309; the names of the weights
    are torch.nn.AdaptiveLogSoftmaxWithLoss's. What is handed on are log-probabilities, not scores: softmax
    leaves them as probabilities.
    """

    op: Literal["adaptive_head"] = "adaptive_head"
    name: Name = "adaptive_head"
    size: Size
    cutoffs: Annotated[tuple[Size, ...], Field(min_length=1, max_length=16)]
    factor: Annotated[float, Field(ge=1.0, le=1024.0)] = 4.0

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps", "summary")
        if 0 in self.ranks(into):
            raise ArgumentError(
                f"op {self.name!r} is given {into.size} features, of which factor {self.factor:g} leaves the "
                f"last of {len(self.cutoffs)} clusters none; lower factor or give fewer cutoffs."
            )
        return Flow(into.kind, self.size)

    def tensors(self, into: Flow) -> Shapes:
        rows = self.cutoffs[0] + len(self.cutoffs)
        shapes: Shapes = {"softmax.head.weight": (rows, into.size), "softmax.head.bias": (rows,)}
        for k, (rank, (first, end)) in enumerate(zip(self.ranks(into), self.clusters(), strict=True)):
            shapes[f"softmax.tail.{k}.0.weight"] = (rank, into.size)
            shapes[f"softmax.tail.{k}.1.weight"] = (end - first, rank)
        return shapes

    def clusters(self) -> list[tuple[int, int]]:
        """Return each cluster's first word, and the one behind its last."""
        return [*pairwise((*self.cutoffs, self.size))]

    def ranks(self, into: Flow) -> list[int]:
        """Return how many features each cluster sees."""
        return [int(into.size // self.factor**k) for k in range(1, len(self.cutoffs) + 1)]

    @model_validator(mode="after")
    def _cutoffs_rise(self) -> Self:
        if any(first >= end for first, end in self.clusters()):
            shown = ", ".join(map(str, self.cutoffs))
            raise ValueError(f"cutoffs are {shown}; expected rising numbers, all below size {self.size}")
        return self
