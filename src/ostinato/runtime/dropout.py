"""The dropout op in NumPy, where nothing is trained."""

from ostinato.runtime.base import Array, RowWise, Weights
from ostinato.spec.flow import Flow
from ostinato.spec.network import Dropout as Spec


class Dropout(RowWise):
    """Pass everything on: numbers are dropped in training alone."""

    def __init__(self, spec: Spec, into: Flow, weights: Weights) -> None:
        pass

    def rows(self, rows: Array) -> Array:
        """Return the rows as they are."""
        return rows
