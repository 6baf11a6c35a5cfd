"""The recurrent op that looks back before every step, in NumPy."""

import numpy as np

from ostinato.runtime.attention import additive_worth
from ostinato.runtime.base import Array, MemoryOp, State, Weights
from ostinato.runtime.cells import CELLS
from ostinato.runtime.memory import Memory, Readers
from ostinato.spec.flow import Flow
from ostinato.spec.network import AttentiveRecurrent as Spec


class AttentiveRecurrent(MemoryOp):
    """One recurrent layer whose input holds what it sees of the memory (``spec.AttentiveRecurrent``).

    A stream keeps ``h`` and, for an LSTM, ``c``: (n, 1, H), zeros at first.
    """

    def __init__(self, spec: Spec, into: Flow, weights: Weights) -> None:
        self.name, self.hidden = spec.name, spec.hidden_size
        parts = (weights[f"cell.{name}"] for name in ("weight_hh", "bias_ih", "bias_hh"))
        self.cell = CELLS[spec.cell](*parts)
        input = weights["cell.weight_ih"].T
        self.input, self.context = np.split(input, [into.size])
        self.key, self.query = weights["key.weight"].T, weights["query.weight"].T
        self.vector = weights["vector"]

    def keys(self, values: Array) -> Array:
        """Return what the scores compare with, (B, S, A)."""
        keys: Array = values @ self.key
        return keys

    def start(self, streams: int) -> State:
        """Return states of zeros."""
        return {name: np.zeros((streams, 1, self.hidden), self.vector.dtype) for name in self.cell.states}

    def read(self, state: State, rows: Array, memory: Memory, readers: Readers) -> tuple[State, Array, Array]:
        """Map steps (T, n, I) to steps (T, n, H + M); also return the attention, (T, n, S)."""
        keys = readers.pick(memory.keys[self.name])
        states = tuple(state[name][:, 0] for name in self.cell.states)
        inputs, said, attention = rows @ self.input + self.cell.bias, [], []
        for input in inputs:
            query = readers.beside(states[0] @ self.query)
            context, share = readers.look(additive_worth(query, keys, self.vector))
            states = self.cell.step(input + context @ self.context, states)
            said.append(np.concatenate([states[0], context], axis=1))
            attention.append(share)
        after = {name: part[:, None] for name, part in zip(self.cell.states, states, strict=True)}
        return after, np.stack(said), np.stack(attention)
