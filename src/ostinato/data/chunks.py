"""What an epoch of a language model reads: documents one after the other, in chunks of a few steps."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato.errors import ArgumentError
from ostinato.preprocess.pack import Integers


class Chunk(NamedTuple):
    """A few steps of sequences side by side, in packed rows.

    Args:
        input: tokens (N,).
        targets: (N,), what comes next: the boundary after a document's last token.
        resets: (N,) true where a document begins, or None where none does.
    """

    input: PackedSequence
    targets: Tensor
    resets: Tensor | None


class Chunks(ABC):
    """Documents cut into chunks, which are read in their order.

    Args:
        documents: token numbers (T,) of each.
        boundary: the token that opens a document and is expected after its last.
    """

    carried: ClassVar[bool]
    """Whether a chunk begins in the state in which the one before ended."""

    def __init__(self, documents: Sequence[NDArray[np.int64]], boundary: int) -> None:
        self._tokens = opened(documents, boundary)
        self._boundary = boundary

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of chunks."""

    @property
    @abstractmethod
    def tokens(self) -> int:
        """Return the number of steps of all chunks together."""

    @abstractmethod
    def size(self, number: int) -> int:
        """Return the number of steps of a chunk, those of all its sequences together."""

    @abstractmethod
    def name(self, number: int) -> str:
        """Return what a chunk is called in messages."""

    @abstractmethod
    def chunk(self, number: int) -> Chunk:
        """Return a chunk."""

    def _taken(self, rows: Integers, batch_sizes: Integers) -> Chunk:
        """Return the tokens at these positions (N,), packed so, and what comes next."""
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
