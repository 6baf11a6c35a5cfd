"""Steps of time: what the distance of two rows is, whether it is always the same, and what time comes next.

Times are whole numbers: microseconds since 1970 for stamps, or what stands in the table.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError
from ostinato.spec.windows import Frequency

Times = NDArray[np.int64]

SECOND = 1_000_000
DAY = 86_400 * SECOND
UNITS = {"s": SECOND, "min": 60 * SECOND, "h": 3600 * SECOND, "D": DAY, "W": 7 * DAY}
MONTHS = {"M": 1, "Y": 12}
_WRITTEN = re.compile(r"([0-9]{0,9})(s|min|h|D|W|M|Y)")


def parse(text: str) -> Frequency:
    """Return the frequency that a text names.

    Raises:
        ArgumentError: it names none.

    Example:
        >>> parse("30min").count, parse("M")
        (1800000000, Frequency(unit='month', count=1))
    """
    found = _WRITTEN.fullmatch(text)
    if not found or found[1] == "0":
        raise ArgumentError(
            f"frequency is {checks.shown(text)}; expected a number and one of s, min, h, D, W, M, Y, such as "
            "30min or 1D."
        )
    count = int(found[1] or 1)
    if found[2] in MONTHS:
        return Frequency(unit="month", count=count * MONTHS[found[2]])
    return Frequency(unit="microsecond", count=count * UNITS[found[2]])


def written(frequency: Frequency) -> str:
    """Return a frequency as ``parse`` takes it, or in plain words.

    Example:
        >>> written(parse("30min")), written(parse("12M")), written(Frequency())
        ('30min', '1Y', 'a step')
    """
    if frequency.unit == "step":
        return "a step" if frequency.count == 1 else f"{frequency.count} steps"
    units = MONTHS if frequency.unit == "month" else UNITS
    name, size = next(
        ((n, s) for n, s in sorted(units.items(), key=lambda one: -one[1]) if frequency.count % s == 0),
        ("microseconds", 1),
    )
    return f"{frequency.count // size}{name}"


def inferred(series: Sequence[Times], stamps: bool) -> Frequency | None:
    """Return the step that most rows of some series have, or None where no series has two rows.

    Args:
        series: each one's times, rising.
        stamps: whether they are microseconds, so that months can be told.
    """
    gaps = [np.diff(times) for times in series if len(times) > 1]
    if not gaps:
        return None
    values, counts = np.unique(np.concatenate(gaps), return_counts=True)
    if stamps and values[counts.argmax()] >= 28 * DAY and (months := _months(series)) is not None:
        return months
    return Frequency(unit="microsecond" if stamps else "step", count=int(values[counts.argmax()]))


def positions(times: Times, frequency: Frequency) -> Times:
    """Return the whole number of steps from the first time to each, rounded down."""
    if frequency.unit == "month":
        months = _month_of(times)
        return np.asarray((months - months[0]) // frequency.count, np.int64)
    return np.asarray((times - times[0]) // frequency.count, np.int64)


def after(start: int, steps: Times, frequency: Frequency) -> Times:
    """Return the times that lie so many steps after ``start``.

    A month's last day is followed by the next month's last day.

    Example:
        >>> feb = np.datetime64("2024-02-29", "us").astype(int)
        >>> after(int(feb), np.array([1]), parse("M")).astype("M8[us]").astype("M8[D]").astype(str).tolist()
        ['2024-03-31']
    """
    if frequency.unit != "month":
        return np.asarray(start + steps * frequency.count, np.int64)
    shift = DAY if _is_month_end(np.array([start]))[0] else 0
    first = np.array([start + shift], "M8[us]")
    month = first.astype("M8[M]")
    within = (first - month).astype(np.int64)
    moved = (month + steps * frequency.count).astype("M8[us]").astype(np.int64)
    return np.asarray(moved + within - shift, np.int64)


def is_even(times: Times, frequency: Frequency) -> NDArray[np.bool_]:
    """Return for every time but the first whether it comes one step after the one before, (T - 1,)."""
    if len(times) < 2:
        return np.ones(0, bool)
    if frequency.unit == "month":
        place = positions(times, frequency)
        expected = after(int(times[0]), place, frequency)
        return np.asarray((np.diff(place) == 1) & (expected[1:] == times[1:]))
    return np.asarray(np.diff(times) == frequency.count)


def stamp(time: int, frequency: Frequency) -> str:
    """Return a time as it is written: a whole number, a date, or a date and a time of day.

    Example:
        >>> stamp(0, parse("h")), stamp(0, parse("M")), stamp(7, Frequency())
        ('1970-01-01 00:00:00', '1970-01-01', '7')
    """
    if frequency.unit == "step":
        return str(time)
    whole_days = frequency.unit == "month" or frequency.count % DAY == 0
    if whole_days and time % DAY == 0:
        return str(np.datetime64(time, "us").astype("M8[D]"))
    text = str(np.datetime64(time, "us")).replace("T", " ")
    return text.removesuffix(".000000") if "." in text else text


def _months(series: Sequence[Times]) -> Frequency | None:
    """Return a frequency of months, if all stamps stand at one place of their month, or at its end."""
    gaps = []
    for times in series:
        ends = DAY if _is_month_end(times).all() else 0
        stamps = (times + ends).astype("M8[us]")
        if len(np.unique((stamps - stamps.astype("M8[M]")).astype(np.int64))) > 1:
            return None
        gaps.append(np.diff(_month_of(times)))
    values, counts = np.unique(np.concatenate(gaps), return_counts=True)
    return Frequency(unit="month", count=int(values[counts.argmax()])) if values.min() > 0 else None


def _month_of(times: Times) -> Times:
    return np.asarray(times.astype("M8[us]").astype("M8[M]").astype(np.int64))


def _is_month_end(times: Times) -> NDArray[np.bool_]:
    """Return whether each time lies on the last day of its month, one that has 29 days or more or is full."""
    return np.asarray(_month_of(times) != _month_of(times + DAY))
