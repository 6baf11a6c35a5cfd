"""Examples ready for training: all sequences in one flat tensor, batches gathered by row."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.utils.rnn import PackedSequence

from ostinato import checks
from ostinato.errors import ArgumentError
from ostinato.preprocess.pack import Integers, pack_index


class Examples:
    """Preprocessed sequences of any lengths, from which packed batches are gathered without padding.

    Args:
        arrays: one (T, I) float32 array a sequence, one (T,) int64 array of tokens, or one (T, I) int64 array
            of words; T ≥ 1 may differ.

    Raises:
        ArgumentError: there is no sequence, one has no step, or they differ in I or in type.

    Example:
        >>> examples = Examples([np.zeros((2, 3), np.float32), np.ones((4, 3), np.float32)])
        >>> batch = examples.batch(np.array([1, 0]))
        >>> tuple(batch.data.shape), batch.batch_sizes.tolist()
        ((6, 3), [2, 2, 1, 1])
    """

    def __init__(self, arrays: Sequence[NDArray[Any]]) -> None:
        if not arrays:
            raise ArgumentError("arrays is empty; expected at least one sequence.")
        for index, array in enumerate(arrays):
            _check(index, array, arrays[0])
        self.lengths: Integers = np.array([len(array) for array in arrays], dtype=np.int64)
        self._starts: Integers = np.cumsum(self.lengths) - self.lengths
        self._rows = torch.from_numpy(np.concatenate(arrays))

    def __len__(self) -> int:
        return len(self.lengths)

    def batch(self, indices: Integers) -> PackedSequence:
        """Return the sequences at these positions as one packed batch, in this order.

        Args:
            indices: (B,) positions, sorted by falling length as ``sampler.batches`` hands them out.

        Returns:
            A PackedSequence without ``sorted_indices``: its order is the order of ``indices``.

        Raises:
            ArgumentError: indices is empty or a shorter sequence stands before a longer one.
        """
        lengths = self.lengths[indices]
        if not len(lengths) or (lengths[1:] > lengths[:-1]).any():
            raise ArgumentError(
                f"indices name sequences of lengths {checks.shown(lengths.tolist())}; expected at least one, "
                "the longest first; sort them by falling length."
            )
        rows, batch_sizes = pack_index(self._starts[indices], lengths)
        return PackedSequence(
            self._rows.index_select(0, torch.from_numpy(rows)), torch.from_numpy(batch_sizes)
        )

    def batches(self, order: Sequence[Integers]) -> Iterator[PackedSequence]:
        """Yield a batch for each of these index arrays."""
        return map(self.batch, order)

    def drawn(self, indices: Integers, epoch: int) -> tuple[PackedSequence, Integers]:
        """Return ``batch(indices)``, the same in every epoch, and the order of its sequences: theirs."""
        return self.batch(indices), np.arange(len(indices))


class Drawn(Protocol):
    """Examples that training draws batches from.

    Args:
        lengths: (n,) each example's number of steps, about.
    """

    lengths: Integers

    def drawn(self, indices: Integers, epoch: int) -> tuple[PackedSequence, Integers]:
        """Return a packed batch, and which of ``indices`` each of its sequences is."""


def _check(index: int, array: NDArray[Any], first: NDArray[Any]) -> None:
    forms = {np.dtype(np.float32): (2,), np.dtype(np.int64): (1, 2)}.get(array.dtype, ())
    if array.ndim not in forms:
        raise ArgumentError(
            f"sequence {index} has shape {array.shape} of {array.dtype}; "
            "expected (T, I) of float32, or (T,) or (T, I) of int64."
        )
    if array.dtype != first.dtype or array.shape[1:] != first.shape[1:]:
        raise ArgumentError(
            f"sequence {index} has shape {array.shape} of {array.dtype} and sequence 0 {first.shape} of "
            f"{first.dtype}; all sequences need the same type and number of features."
        )
    if not array.size:
        raise ArgumentError(
            f"sequence {index} has shape {array.shape}; expected at least one step and one feature."
        )
