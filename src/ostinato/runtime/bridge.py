"""The op that begins a decoder where its encoder ended, in NumPy."""

import numpy as np

from ostinato.preprocess.pack import Integers
from ostinato.runtime.base import Array, RowWise, State, Weights
from ostinato.runtime.memory import Memory
from ostinato.spec.flow import Flow
from ostinato.spec.network import Bridge as Spec


class Bridge(RowWise):
    """Begin the states of another op with what the memory says as a whole (``spec.Bridge``)."""

    def __init__(self, spec: Spec, into: Flow, weights: Weights) -> None:
        self.spec = spec
        self.weight, self.bias = weights["weight"].T, weights["bias"]

    def rows(self, rows: Array) -> Array:
        """Return rows as they are."""
        return rows

    def begin(self, memory: Memory, sources: Integers) -> State:
        """Return the states that the op begins with: by name ``op.h``, each (n, L, H)."""
        spec = self.spec
        whole = memory.mean(sources) if spec.kind == "mean" else memory.last(sources, spec.directions)
        begun = np.tanh(whole @ self.weight + self.bias)
        shaped = begun.reshape(len(sources), spec.states, spec.layers, spec.hidden_size)
        return {
            f"{spec.to}.{name}": np.ascontiguousarray(shaped[:, i]) for i, name in enumerate(spec.begun())
        }
