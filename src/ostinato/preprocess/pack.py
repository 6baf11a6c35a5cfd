"""Ragged batches without padding: all steps of a batch in one array, step by step.

Sequences stand in order of falling length; step t holds one row for each of the ``batch_sizes[t]`` sequences
that are longer than t. torch's PackedSequence has the same layout, so the two sides exchange arrays as they
are.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


class Packed(NamedTuple):
    """A ragged batch.

    Args:
        data: (N, …) rows, N the sum of all lengths; row ``sum(batch_sizes[:t]) + b`` is step t of sequence b.
        batch_sizes: (T,) how many sequences reach each step, never rising.
    """

    data: NDArray[Any]
    batch_sizes: Integers

    def lengths(self) -> Integers:
        """Return each sequence's number of steps, (B,), never rising."""
        return lengths_of(self.batch_sizes)


def falling(lengths: Integers) -> Integers:
    """Return the order that sorts sequences by falling length, equals in their own order."""
    return np.argsort(-lengths, kind="stable")


def batch_sizes_of(lengths: Integers) -> Integers:
    """Return how many sequences reach each step; lengths never rise and are at least 1."""
    longest = int(lengths[0])
    return np.searchsorted(-lengths, -np.arange(longest), side="left").astype(np.int64)


def lengths_of(batch_sizes: Integers) -> Integers:
    """Return each sequence's number of steps, (B,), never rising."""
    return np.searchsorted(-batch_sizes, -np.arange(int(batch_sizes[0])), side="left").astype(np.int64)


def pack_index(starts: Integers, lengths: Integers) -> tuple[Integers, Integers]:
    """Return (rows, batch_sizes) so that ``flat[rows]`` is a packed batch.

    Args:
        starts: (B,) the row of ``flat`` at which each sequence begins.
        lengths: (B,) each sequence's number of steps, never rising.

    Example:
        >>> rows, batch_sizes = pack_index(np.array([0, 3]), np.array([3, 2]))
        >>> rows.tolist(), batch_sizes.tolist()
        ([0, 3, 1, 4, 2], [2, 2, 1])
    """
    batch_sizes = batch_sizes_of(lengths)
    steps = np.repeat(np.arange(len(batch_sizes)), batch_sizes)
    firsts = np.cumsum(batch_sizes) - batch_sizes
    within = np.arange(len(steps)) - firsts[steps]
    return starts[within] + steps, batch_sizes


def shift_index(batch_sizes: Integers, back: int) -> Integers:
    """Return, for every packed row, the row of the same sequence ``back`` steps before; -1 where none is.

    Example:
        >>> shift_index(np.array([2, 2, 1]), 1).tolist()
        [-1, -1, 0, 1, 2]
    """
    steps = np.repeat(np.arange(len(batch_sizes)), batch_sizes)
    firsts = np.cumsum(batch_sizes) - batch_sizes
    within = np.arange(len(steps)) - firsts[steps]
    earlier = np.maximum(steps - back, 0)
    return np.where(steps >= back, firsts[earlier] + within, -1)


def last_rows(batch_sizes: Integers) -> Integers:
    """Return the packed row of every sequence's last step, (B,)."""
    firsts = np.cumsum(batch_sizes) - batch_sizes
    lengths = lengths_of(batch_sizes)
    return firsts[lengths - 1] + np.arange(len(lengths))


def sequence_of_rows(batch_sizes: Integers) -> Integers:
    """Return which sequence every packed row belongs to, (N,)."""
    firsts = np.cumsum(batch_sizes) - batch_sizes
    return np.arange(int(batch_sizes.sum())) - np.repeat(firsts, batch_sizes)


def step_of_rows(batch_sizes: Integers) -> Integers:
    """Return which step of its sequence every packed row is, (N,), counted from 0."""
    return np.repeat(np.arange(len(batch_sizes)), batch_sizes)


def window_index(batch_sizes: Integers, size: int) -> tuple[Integers, Integers]:
    """Return, for every packed row, the rows of the ``size`` steps that end at it, and that begin at it.

    Both are (N, size); N, one more than the last row, stands where the sequence has no such step.

    Example:
        >>> before, after = window_index(np.array([2, 1]), 2)
        >>> before.tolist(), after.tolist()
        ([[3, 0], [3, 1], [0, 2]], [[0, 2], [1, 3], [2, 3]])
    """
    steps = np.repeat(np.arange(len(batch_sizes)), batch_sizes)[:, None]
    firsts = np.cumsum(batch_sizes) - batch_sizes
    sequences = np.arange(len(steps))[:, None] - firsts[steps]
    before = steps + np.arange(1 - size, 1)
    after = steps + np.arange(size)
    last = lengths_of(batch_sizes)[sequences]
    return (
        np.where(before >= 0, firsts[np.maximum(before, 0)] + sequences, len(steps)),
        np.where(after < last, firsts[np.minimum(after, len(firsts) - 1)] + sequences, len(steps)),
    )


def strided_rows(batch_sizes: Integers, stride: int) -> Integers:
    """Return the packed rows of the steps 0, s, 2s … (M,); they are a batch of ``batch_sizes[::s]``.

    Example:
        >>> strided_rows(np.array([2, 2, 1]), 2).tolist()
        [0, 1, 4]
    """
    return np.flatnonzero(step_of_rows(batch_sizes) % stride == 0)


def unpacked(rows: NDArray[Any], batch_sizes: Integers) -> list[NDArray[Any]]:
    """Return each sequence's own rows of a packed batch.

    Example:
        >>> [rows.tolist() for rows in unpacked(np.array([1, 5, 2, 3]), np.array([2, 1, 1]))]
        [[1, 2, 3], [5]]
    """
    return np.split(rows[by_sequence(batch_sizes)], np.cumsum(lengths_of(batch_sizes))[:-1])


def distinct_words(letters: Integers) -> tuple[Packed, Integers]:
    """Return each distinct word of rows once, as a packed batch of its letters, and each row's place in it.

    Args:
        letters: (N, K) numbers of letters; a word ends before its first 0, and one without any is a 0 alone.

    Example:
        >>> packed, place = distinct_words(np.array([[5, 0], [7, 8], [5, 0]]))
        >>> packed.data.tolist(), packed.batch_sizes.tolist(), place.tolist()
        ([7, 5, 8], [2, 1], [1, 0, 1])
    """
    rows = np.ascontiguousarray(letters)
    keys = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1])))[:, 0]
    _, firsts, place = np.unique(keys, return_index=True, return_inverse=True)
    words = rows[firsts]
    ended = np.concatenate([words == 0, np.ones((len(words), 1), bool)], axis=1)
    lengths = np.maximum(ended.argmax(axis=1), 1)
    order = falling(lengths)
    index, batch_sizes = pack_index(order * rows.shape[1], lengths[order])
    return Packed(words.reshape(-1)[index], batch_sizes), np.argsort(order)[place]


def by_sequence(batch_sizes: Integers) -> Integers:
    """Return the packed rows in the order of sequences, each sequence's steps together, (N,).

    Example:
        >>> by_sequence(np.array([2, 2, 1])).tolist()
        [0, 2, 4, 1, 3]
    """
    lengths = lengths_of(batch_sizes)
    firsts = np.cumsum(batch_sizes) - batch_sizes
    steps = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return firsts[steps] + np.repeat(np.arange(len(lengths)), lengths)
