"""Long numeric sequences cut into windows of equal length, never across two sequences."""

from dataclasses import replace
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import ArgumentError
from ostinato.preprocess.pack import Integers
from ostinato.read.sequences import Sequences, Values


class Cut(NamedTuple):
    """Windows, each a sequence of its own.

    Args:
        sequences: N windows, in the order of the sequences that they were cut from, each with its label.
        owners: (N,) the position of that sequence.
    """

    sequences: Sequences
    owners: Integers

    def means(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean of the windows' probabilities (N, C) for each sequence that was cut."""
        sums = np.zeros((int(self.owners[-1]) + 1, probabilities.shape[1]))
        np.add.at(sums, self.owners, probabilities)
        return np.asarray(sums / np.bincount(self.owners)[:, None])


def cut(sequences: Sequences, window: int, stride: int) -> Cut:
    """Cut sequences into windows.

    Windows begin at steps 0, ``stride``, 2 ``stride`` …; where some steps at the end would stand in none, one
    more ends at the last step. A sequence that is not longer than a window is one window.

    Args:
        sequences: numeric ones, at least one.
        window: steps of a window.
        stride: steps from one window to the next.

    Raises:
        ArgumentError: the sequences are not numeric, or steps would stand in no window.

    Example:
        >>> long = Sequences("series", [np.arange(5, dtype=np.float32)[:, None]], ["a"], ["up"])
        >>> windows = cut(long, 2, 2).sequences
        >>> windows.ids, [rows[:, 0].tolist() for rows in windows.values]
        (['a, steps 1-2', 'a, steps 3-4', 'a, steps 4-5'], [[0.0, 1.0], [2.0, 3.0], [3.0, 4.0]])
    """
    check_window(sequences.kind, window, stride)
    spans = [
        (owner, first, min(first + window, len(rows)))
        for owner, rows in enumerate(cast(list[Values], sequences.values))
        for first in _starts(len(rows), window, stride)
    ]
    owners = np.array([owner for owner, _, _ in spans], np.int64)
    whole = sequences.select(owners)
    arrays = cast(list[Values], whole.values)
    values = [rows[first:last] for rows, (_, first, last) in zip(arrays, spans, strict=True)]
    ids = [f"{id}, steps {first + 1}-{last}" for id, (_, first, last) in zip(whole.ids, spans, strict=True)]
    times = None
    if whole.times is not None:
        times = [moments[first:last] for moments, (_, first, last) in zip(whole.times, spans, strict=True)]
    return Cut(replace(whole, values=values, ids=ids, times=times), owners)


def check_window(kind: str, window: int, stride: int) -> None:
    """Refuse windows of what is no series, and strides that pass over steps."""
    if kind != "series":
        raise ArgumentError(f"window is {window}, and the data is {kind}; only numeric sequences are cut.")
    if stride > window:
        raise ArgumentError(
            f"stride is {stride}, longer than a window of {window}: steps would stand in none; shorten it."
        )


def _starts(steps: int, window: int, stride: int) -> list[int]:
    last = max(0, steps - window)
    starts = list(range(0, last + 1, stride))
    return starts if starts[-1] == last else [*starts, last]
