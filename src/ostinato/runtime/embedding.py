"""The embedding op in NumPy."""

from ostinato.runtime.base import Array, RowWise, Weights
from ostinato.spec.flow import Flow
from ostinato.spec.network import Embedding as Spec


class Embedding(RowWise):
    """Turn each token into a vector: row ``token`` of weight (V, E)."""

    def __init__(self, spec: Spec, into: Flow, weights: Weights) -> None:
        self.weight = weights["weight"]

    def rows(self, rows: Array) -> Array:
        """Map tokens (…) to vectors (…, E)."""
        return self.weight[rows]
