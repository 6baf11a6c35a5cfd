"""Long texts for truncated backpropagation through time: lanes side by side, cut into chunks.

All documents stand one after the other, each opened by a token that marks the boundary, and are dealt to B
lanes, each an unbroken stretch. A step takes the next chunk of every lane and goes on from the state in which
the chunk before ended; at a boundary the state restarts.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato import checks
from ostinato.errors import ArgumentError
from ostinato.preprocess.pack import Integers


class Chunk(NamedTuple):
    """A few steps of every lane, in packed rows.

    Args:
        input: tokens (N,).
        targets: (N,), what comes next: the boundary after a document's last token.
        resets: (N,) true where a document begins, or None where none does.
    """

    input: PackedSequence
    targets: Tensor
    resets: Tensor | None


class Lanes:
    """Documents dealt to lanes.

    Every token is some lane's once; lanes differ by one step in length at most, the longer ones first.

    Args:
        documents: token numbers (T,) of each, in the order in which they are read.
        boundary: the token that opens a document and is expected after its last.
        lanes: B, at most; fewer where there are fewer tokens.

    Example:
        >>> lanes = Lanes([np.array([1, 2, 3]), np.array([4])], boundary=9, lanes=2)
        >>> lanes.lengths.tolist(), lanes.chunk(0, 3).input.data.tolist()
        ([3, 3], [9, 3, 1, 9, 2, 4])
    """

    def __init__(self, documents: Sequence[NDArray[np.int64]], boundary: int, lanes: int) -> None:
        self._tokens = opened(documents, boundary)
        self._boundary = boundary
        steps = len(self._tokens) - 1
        count = min(checks.positive("lanes", lanes), steps)
        self.lengths: Integers = steps // count + (np.arange(count) < steps % count)
        self._starts = np.cumsum(self.lengths) - self.lengths

    def __len__(self) -> int:
        """Return the number of steps of the longest lane."""
        return int(self.lengths[0])

    @property
    def tokens(self) -> int:
        """Return the number of steps of all lanes together."""
        return len(self._tokens) - 1

    def chunk(self, first: int, length: int) -> Chunk:
        """Return the steps from ``first`` on, ``length`` at most, of every lane that has them."""
        steps = np.arange(first, min(first + length, len(self)))
        sizes = np.array([int((self.lengths > step).sum()) for step in (steps[0], steps[-1])])
        batch_sizes = np.full(len(steps), sizes[0])
        batch_sizes[-1] = sizes[1]
        rows = np.concatenate(
            [self._starts[:size] + step for step, size in zip(steps, batch_sizes, strict=True)]
        )
        input = self._tokens[rows]
        opens = input == self._boundary
        return Chunk(
            PackedSequence(torch.from_numpy(input), torch.from_numpy(batch_sizes)),
            torch.from_numpy(self._tokens[rows + 1]),
            torch.from_numpy(opens) if opens.any() else None,
        )


def opened(documents: Sequence[NDArray[np.int64]], boundary: int) -> NDArray[np.int64]:
    """Return documents one after the other, each opened by the boundary, which also stands behind the last.

    Example:
        >>> opened([np.array([1, 2]), np.array([3])], 9).tolist()
        [9, 1, 2, 9, 3, 9]
    """
    if not documents:
        raise ArgumentError("documents is empty; expected at least one.")
    mark = np.array([boundary], np.int64)
    return np.concatenate([*(part for text in documents for part in (mark, text)), mark])


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
