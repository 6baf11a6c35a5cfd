"""From rows at some times to an even grid of time: refused where they are uneven, or resampled."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ostinato.errors import DataError
from ostinato.read import grid
from ostinato.read.grid import DAY, Times
from ostinato.read.panel import Numbers
from ostinato.spec.windows import Frequency


class Regular(NamedTuple):
    """Some series as they stand in a table.

    Args:
        times: (T,) of each, rising.
        values: (T, V) of each.
        rows: (T,) where each row stands in the table.
    """

    times: list[Times]
    values: list[Numbers]
    rows: list[Times]


class Gridded(NamedTuple):
    """Some series on an even grid: the first times, (n,), and values, (T, V) each."""

    starts: Times
    values: list[Numbers]
    frequency: Frequency


def regular(
    found: Regular,
    frequency: Frequency | None,
    *,
    stamps: bool,
    resample: bool,
    place: Callable[[int], str],
) -> Gridded:
    """Return series on an even grid.

    Args:
        found: the series.
        frequency: the step; None: the one that most rows have.
        stamps: whether times are microseconds.
        resample: take the mean of what lies in a step; steps without a row are missing.
        place: where a row stands, for messages.

    Raises:
        DataError: times are not even and are not to be resampled, or no step can be told.
    """
    step = grid.inferred(found.times, stamps) if frequency is None else frequency
    if step is None:
        raise DataError(
            f"{place(int(found.rows[0][0]))}: no series has two rows, so a step of time cannot be told; "
            "say it (--frequency)."
        )
    if stamps != (step.unit != "step"):
        wanted = "whole numbers" if stamps else "time stamps"
        raise DataError(f"{place(int(found.rows[0][0]))}: times must be {wanted} for {grid.written(step)}.")
    if resample:
        made = [_resampled(t, v, step) for t, v in zip(found.times, found.values, strict=True)]
        return Gridded(np.array([start for start, _ in made], np.int64), [v for _, v in made], step)
    for times, rows in zip(found.times, found.rows, strict=True):
        _check_even(times, rows, step, place)
    return Gridded(np.array([times[0] for times in found.times], np.int64), found.values, step)


def _check_even(times: Times, rows: Times, step: Frequency, place: Callable[[int], str]) -> None:
    wrong = np.flatnonzero(~grid.is_even(times, step))
    if len(wrong):
        before, here = int(times[wrong[0]]), int(times[wrong[0] + 1])
        raise DataError(
            f"{place(int(rows[wrong[0] + 1]))}: {grid.stamp(here, step)} follows {grid.stamp(before, step)}, "
            f"which is not one step of {grid.written(step)} ({len(wrong):,} such places in this series); add "
            "the missing rows, or have means on an even grid taken (--irregular resample)."
        )


def _resampled(times: Times, values: Numbers, step: Frequency) -> tuple[int, Numbers]:
    """Return the first time of the grid, and the mean of the values in each of its steps, (T, V)."""
    start = _anchor(int(times[0]), step)
    bins = grid.positions(np.concatenate([[start], times]), step)[1:]
    shape = (int(bins[-1]) + 1, values.shape[1])
    there = np.isfinite(values)
    sums, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, bins, np.where(there, values, 0.0))
    np.add.at(counts, bins, there)
    with np.errstate(invalid="ignore"):
        return start, np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _anchor(first: int, step: Frequency) -> int:
    """Return where the grid begins: at the first time, rounded down to whole steps of a day or a month."""
    if step.unit == "month":
        return int(np.array([first], "M8[us]").astype("M8[M]").astype("M8[us]").astype(np.int64)[0])
    if step.unit == "microsecond" and DAY % step.count == 0:
        return first // step.count * step.count
    return first
