"""The calendar as inputs: waves for what goes round, one input a day of the week."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError
from ostinato.read.grid import DAY, SECOND, Times
from ostinato.spec.windows import CALENDAR, Calendar, Frequency

Rows = NDArray[np.float32]

WEEKS = 8
"""Weekdays are read where training saw so many weeks, months where it saw two years: else they are chance."""


def parts(frequency: Frequency, span: int) -> tuple[Calendar, ...]:
    """Return the parts of the calendar that steps of this length can show.

    Args:
        frequency: a step of time.
        span: microseconds that training saw.

    Example:
        >>> from ostinato.read.grid import parse
        >>> parts(parse("h"), 800 * DAY), parts(parse("M"), 800 * DAY), parts(Frequency(), 10**9)
        (('hour', 'weekday', 'month'), ('month',), ())
    """
    if frequency.unit == "step":
        return ()
    step = 28 * DAY * frequency.count if frequency.unit == "month" else frequency.count
    told: list[Calendar] = []
    if step < DAY and span >= 3 * DAY:
        told.append("hour")
    if step < 7 * DAY and span >= WEEKS * 7 * DAY:
        told.append("weekday")
    if step < 365 * DAY and span >= 730 * DAY:
        told.append("month")
    return tuple(told)


def inputs(times: Times, told: tuple[Calendar, ...], time_zone: str | None) -> Rows:
    """Return the inputs of stamps (…,), (…, F) float32.

    Args:
        times: microseconds since 1970.
        told: the parts, in order.
        time_zone: whose calendar; None: that in which the stamps are written.

    Raises:
        ArgumentError: there is no such time zone.
    """
    local = times if time_zone is None else times + _offsets(times, zone(time_zone))
    made = [_part(local, part) for part in told]
    return np.concatenate([np.zeros((*times.shape, 0), np.float32), *made], axis=-1)


def zone(name: str) -> ZoneInfo:
    """Return the time zone of this name, or raise an ArgumentError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ArgumentError(
            f"time_zone is {checks.shown(name)}, which this machine does not know; expected a name such as "
            "Europe/Vienna."
        ) from error


def _part(times: Times, part: Calendar) -> Rows:
    day = times // DAY
    if part == "weekday":
        made = np.eye(7)[(day + 3) % 7]  # 1970 began on a Thursday
    elif part == "hour":
        made = _waves((times - day * DAY) / DAY, CALENDAR["hour"])
    else:
        year = times.astype("M8[us]").astype("M8[Y]")
        begun = year.astype("M8[us]").astype(np.int64)
        length = (year + 1).astype("M8[us]").astype(np.int64) - begun
        made = _waves((times - begun) / length, CALENDAR["month"])
    return np.asarray(made, np.float32)


def _waves(turn: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return ``count / 2`` pairs of sine and cosine of a place in a cycle from 0 to 1."""
    angles = 2 * np.pi * turn[..., None] * np.arange(1, count // 2 + 1)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)


def _offsets(times: Times, tz: ZoneInfo) -> Times:
    """Return how far the zone is ahead of UTC at each time, in microseconds."""
    seconds, place = np.unique(times // SECOND, return_inverse=True)
    found = [datetime.fromtimestamp(int(t), UTC).astimezone(tz).utcoffset() for t in seconds]
    ahead = np.array([0 if one is None else int(one.total_seconds()) * SECOND for one in found], np.int64)
    return ahead[place].reshape(times.shape)
