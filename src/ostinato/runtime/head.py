"""The head op in NumPy."""

import numpy as np

from ostinato.runtime.base import Array, RowWise, Weights
from ostinato.spec.flow import Flow
from ostinato.spec.network import Head as Spec


class Head(RowWise):
    """The textbook's output: y = W_hy h + b_y, for every step or for the summary.

    A tied head reads the embedding's array in place, without a copy of its own.
    """

    def __init__(self, spec: Spec, into: Flow, weights: Weights) -> None:
        transposed = weights["weight"].T
        self.weight = transposed if spec.tied else np.ascontiguousarray(transposed)
        self.bias = weights["bias"]

    def rows(self, rows: Array) -> Array:
        """Map rows (…, F) to rows (…, C)."""
        scores: Array = rows @ self.weight + self.bias
        return scores
