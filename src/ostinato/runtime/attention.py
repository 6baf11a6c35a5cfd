"""The attention op in NumPy."""

import numpy as np

from ostinato.runtime.base import Array, MemoryOp, State, Weights
from ostinato.runtime.memory import Memory, Readers
from ostinato.spec.flow import Flow
from ostinato.spec.network import Attention as Spec


class Attention(MemoryOp):
    """Look back at the encoder's steps, and hand on what was seen with the step (``spec.Attention``)."""

    def __init__(self, spec: Spec, into: Flow, weights: Weights) -> None:
        self.name = spec.name
        self.key = weights["key.weight"].T if spec.score != "dot" else None
        self.query = weights["query.weight"].T if spec.score == "additive" else None
        self.vector = weights["vector"] if spec.score == "additive" else None
        self.output = weights["output.weight"].T

    def keys(self, values: Array) -> Array:
        """Return what the scores compare with, (B, S, F) or (B, S, A)."""
        return values if self.key is None else values @ self.key

    def start(self, streams: int) -> State:
        """Return nothing: nothing is kept."""
        return {}

    def read(self, state: State, rows: Array, memory: Memory, readers: Readers) -> tuple[State, Array, Array]:
        """Map steps (T, n, F) to steps (T, n, size); also return the attention, (T, n, S)."""
        said = [self._step(step, memory, readers) for step in rows]
        return {}, np.stack([step for step, _ in said]), np.stack([attention for _, attention in said])

    def _step(self, rows: Array, memory: Memory, readers: Readers) -> tuple[Array, Array]:
        keys = readers.pick(memory.keys[self.name])
        if self.query is None or self.vector is None:
            worth = readers.beside(rows) @ keys.transpose(0, 2, 1)
        else:
            worth = additive_worth(readers.beside(rows @ self.query), keys, self.vector)
        context, attention = readers.look(worth)
        return np.tanh(np.concatenate([context, rows], axis=1) @ self.output), attention


def additive_worth(query: Array, keys: Array, vector: Array) -> Array:
    """Return ``v . tanh(query_k + key_s)``, (B, K, S), from queries (B, K, A), keys (B, S, A) and v (A,)."""
    worth: Array = np.tanh(query[:, :, None] + keys[:, None]) @ vector
    return worth
