"""What an encoder said of sources, kept once for all streams that read it."""

from typing import NamedTuple

import numpy as np

from ostinato.preprocess.pack import Integers, Packed, by_sequence
from ostinato.runtime.base import Array


class Memory(NamedTuple):
    """The steps of B encoded sources, and what each op makes of them before it reads them.

    Args:
        values: (B, S, M), zero behind each end.
        lengths: (B,) steps of each source.
        keys: by op's name (B, S, ·), what its scores compare with.
    """

    values: Array
    lengths: Integers
    keys: dict[str, Array]

    @classmethod
    def of(cls, steps: Packed) -> "Memory":
        """Return the memory of encoded sources, in the order in which they stand, without keys yet."""
        lengths = steps.lengths()
        values = np.zeros((len(lengths), len(steps.batch_sizes), steps.data.shape[1]), steps.data.dtype)
        values[np.arange(values.shape[1]) < lengths[:, None]] = steps.data[by_sequence(steps.batch_sizes)]
        return cls(values, lengths, {})

    def in_order(self, order: Integers) -> "Memory":
        """Return the memory with source ``order[b]`` at place b."""
        keys = {name: array[order] for name, array in self.keys.items()}
        return Memory(self.values[order], self.lengths[order], keys)

    def last(self, sources: Integers, directions: int) -> Array:
        """Return where the encoder ended, (n, M): of two directions, the reverse one ends at step 1."""
        ends: Array = self.values[sources, self.lengths[sources] - 1]
        if directions == 2:
            half = ends.shape[1] // 2
            ends[:, half:] = self.values[sources, 0, half:]
        return ends

    def mean(self, sources: Integers) -> Array:
        """Return the mean of each source's steps, (n, M)."""
        means: Array = self.values[sources].sum(axis=1) / self.lengths[sources, None]
        return means.astype(self.values.dtype)


class Readers:
    """Rows that read sources, those of one source side by side, so that no source is copied for each of them.

    Args:
        memory: what is read.
        sources: (n,) the number of each row's source.
    """

    def __init__(self, memory: Memory, sources: Integers) -> None:
        self.read, self.place = np.unique(sources, return_inverse=True)
        order = np.argsort(self.place, kind="stable")
        placed = self.place[order]
        self.slot = np.empty(len(order), np.int64)
        self.slot[order] = np.arange(len(order)) - np.searchsorted(placed, placed)
        self._all = len(self.read) == len(memory.lengths)
        self._memory = memory
        lengths = memory.lengths[self.read]
        self._there = np.arange(memory.values.shape[1]) < lengths[:, None]

    def pick(self, array: Array) -> Array:
        """Return the part of an array (B, …) whose sources are read at all."""
        return array if self._all else array[self.read]

    def beside(self, rows: Array) -> Array:
        """Return rows (n, F) as (B', K, F): source by source, K rows each, zero where there are fewer."""
        shape = (len(self.read), int(self.slot.max()) + 1, rows.shape[1])
        laid = np.zeros(shape, rows.dtype)
        laid[self.place, self.slot] = rows
        return laid

    def look(self, worth: Array) -> tuple[Array, Array]:
        """Return what each row sees (n, M) and its attention (n, S), from every place's worth (B', K, S)."""
        worth = np.where(self._there[:, None], worth, -np.inf)
        share = np.exp(worth - worth.max(axis=2, keepdims=True))
        share /= share.sum(axis=2, keepdims=True)
        seen = share @ self.pick(self._memory.values)
        return seen[self.place, self.slot], share[self.place, self.slot]
