"""Long texts for truncated backpropagation through time: lanes side by side, cut into chunks.

All documents stand one after the other, each opened by a token that marks the boundary, and are dealt to B
lanes, each an unbroken stretch. A step takes the next chunk of every lane and goes on from the state in which
the chunk before ended; at a boundary the state restarts.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.data.chunks import Chunk, Chunks
from ostinato.preprocess.pack import Integers


class Lanes(Chunks):
    """Documents dealt to lanes.

    Every token is some lane's once; lanes differ by one step in length at most, the longer ones first.

    Args:
        documents: token numbers (T,) of each, in the order in which they are read.
        boundary: the token that opens a document and is expected after its last.
        lanes: B, at most; fewer where there are fewer tokens.
        length: steps of a chunk.
        generator: what draws lengths around that; None: all are as long, but for the last.

    Example:
        >>> lanes = Lanes([np.array([1, 2, 3]), np.array([4])], boundary=9, lanes=2, length=3)
        >>> lanes.lengths.tolist(), len(lanes), lanes.chunk(0).input.data.tolist()
        ([3, 3], 1, [9, 3, 1, 9, 2, 4])
    """

    carried = True

    def __init__(
        self,
        documents: Sequence[NDArray[np.int64]],
        boundary: int,
        lanes: int,
        length: int,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__(documents, boundary)
        count = min(checks.positive("lanes", lanes), self.tokens)
        self.lengths: Integers = self.tokens // count + (np.arange(count) < self.tokens % count)
        self._starts = np.cumsum(self.lengths) - self.lengths
        self._cuts = cuts(int(self.lengths[0]), length, generator)

    def __len__(self) -> int:
        """Return the number of chunks."""
        return len(self._cuts)

    @property
    def tokens(self) -> int:
        """Return the number of steps of all lanes together."""
        return len(self._tokens) - 1

    def size(self, number: int) -> int:
        """Return the number of steps of a chunk, those of all lanes together."""
        first, length = self._cuts[number]
        return int(np.clip(self.lengths - first, 0, length).sum())

    def name(self, number: int) -> str:
        """Return which steps a chunk is."""
        first, length = self._cuts[number]
        return f"steps {first:,} to {first + length - 1:,} of every lane"

    def chunk(self, number: int) -> Chunk:
        """Return the next few steps of every lane that has them."""
        return self.steps(*self._cuts[number])

    def steps(self, first: int, length: int) -> Chunk:
        """Return the steps from ``first`` on, ``length`` at most, of every lane that has them."""
        steps = np.arange(first, min(first + length, int(self.lengths[0])))
        sizes = np.array([int((self.lengths > step).sum()) for step in (steps[0], steps[-1])])
        batch_sizes = np.full(len(steps), sizes[0])
        batch_sizes[-1] = sizes[1]
        rows = [self._starts[:size] + step for step, size in zip(steps, batch_sizes, strict=True)]
        return self._taken(np.concatenate(rows), batch_sizes)


def cuts(steps: int, bptt: int, generator: np.random.Generator | None = None) -> list[tuple[int, int]]:
    """Return where each chunk begins and how long it is.

    With a generator lengths are random (Merity et al. 2018, arXiv:1708.02182, section 5): drawn around
    ``bptt``, or in one of twenty chunks around its half, with a standard deviation of 5, and 5 at least, so
    that no token always stands at a chunk's end, which the gradient of what follows never reaches.

    Example:
        >>> cuts(10, 4)
        [(0, 4), (4, 4), (8, 2)]
    """
    found: list[tuple[int, int]] = []
    first = 0
    while first < steps:
        length = bptt if generator is None else _drawn(bptt, generator)
        found.append((first, min(length, steps - first)))
        first += length
    return found


def _drawn(bptt: int, generator: np.random.Generator) -> int:
    mean = bptt if generator.random() < 0.95 else bptt / 2
    return max(5, round(generator.normal(mean, 5)))
