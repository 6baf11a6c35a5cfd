"""How well sequences are recognised by their length."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import ArgumentError
from ostinato.read.sequences import Sequences

LENGTHS = 6
"""Sequences are grouped by length into at most so many groups."""


@dataclass(frozen=True)
class LengthGroup:
    """How well sequences of similar length are recognised: low to high steps, both included."""

    low: int
    high: int
    count: int
    right: int

    @property
    def accuracy(self) -> float:
        """Return the part that was right."""
        return self.right / self.count


def lengths_of(sequences: Sequences, lengths: Sequence[int] | None) -> NDArray[np.int64]:
    """Return the given lengths of N sequences, (N,); None: rows of a series, words of a text.

    Raises:
        ArgumentError: there are more or fewer of them than sequences.
    """
    if lengths is None:
        counted = [max(1, len(x.split())) if isinstance(x, str) else len(x) for x in sequences.values]
        return np.array(counted, dtype=np.int64)
    if len(lengths) != len(sequences):
        raise ArgumentError(f"{len(lengths)} lengths are given for {len(sequences)} sequences.")
    return np.array(lengths, dtype=np.int64)


def by_length(lengths: NDArray[np.int64], right: NDArray[np.bool_]) -> tuple[LengthGroup, ...]:
    """Return groups of about equal size; sequences of one length are never parted."""
    distinct = np.unique(lengths)
    starts = distinct
    if len(distinct) > LENGTHS:
        starts = np.unique(np.quantile(lengths, np.arange(LENGTHS) / LENGTHS, method="nearest"))
    places = np.searchsorted(starts, lengths, side="right") - 1
    groups = (places == place for place in range(len(starts)))
    return tuple(
        LengthGroup(
            int(lengths[group].min()), int(lengths[group].max()), int(group.sum()), int(right[group].sum())
        )
        for group in groups
    )
