"""Points in time written as text: numbers, or ISO 8601 stamps."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read import numerals

_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,40}\s*")
_NUMBER = re.compile(numerals.NUMBER)
_EPOCH = datetime(1970, 1, 1)
_MONTH = re.compile(r"\s*[0-9]{4}-[0-9]{2}\s*")
_EXPECTED = "a number or an ISO 8601 time stamp, such as 2024-05-01T12:30:00"


def points(texts: Sequence[str | None], place: Callable[[int], str]) -> NDArray[Any]:
    """Return points in time that can be compared, one a text.

    Stamps with an offset from UTC are compared in UTC; stamps without one are compared as they stand. Numbers
    and stamps, or stamps with and without offset, do not mix. Digits behind the microsecond do not count. A
    month, such as 2024-05, is its first day.

    Args:
        texts: all whole numbers, all numbers, or all stamps.
        place: where a text stands, for messages.

    Example:
        >>> points(["2024-05-01T00:00:00.5", "2024-05-01 00:00:01"], str).tolist()
        [1714521600500000, 1714521601000000]
    """
    cells = [text or "" for text in texts]
    if all(_INTEGER.fullmatch(cell) for cell in cells):
        return _integers([int(cell) for cell in cells], place)
    if _NUMBER.match(cells[0]):
        return _numbers(cells, place)
    stamps = [_stamp(cell, place, row) for row, cell in enumerate(cells)]
    return np.array([_microseconds(stamp) for stamp in _of_one_kind(stamps, cells, place)], dtype=np.int64)


def are_numbers(texts: Sequence[str | None]) -> bool:
    """Return whether times, by these texts, are numbers and no stamps.

    Example:
        >>> are_numbers(["7"]), are_numbers(["2024-05-01"])
        (True, False)
    """
    return all(_NUMBER.match(text or "") is not None for text in texts)


def tick(text: str | None) -> float:
    """Return how many seconds a unit of ``points`` is, by one of the texts: 1 of numbers.

    Example:
        >>> tick("0.5"), tick("2024-05-01")
        (1.0, 1e-06)
    """
    return 1.0 if _NUMBER.match(text or "") else 1e-6


def _integers(values: list[int], place: Callable[[int], str]) -> NDArray[np.int64]:
    for row, value in enumerate(values):
        if not -(2**63) <= value < 2**63:
            raise DataError(f"{place(row)}: {value} is too large for a time; subtract a constant from all.")
    return np.array(values, dtype=np.int64)


def _numbers(cells: list[str], place: Callable[[int], str]) -> NDArray[np.float64]:
    values = numerals.floats(cells)
    if len(bad := np.flatnonzero(~np.isfinite(values))):
        row = int(bad[0])
        raise DataError(
            f"{place(row)}: {checks.shown(cells[row])} is no finite number as {checks.shown(cells[0])} is."
        )
    return values


def _stamp(cell: str, place: Callable[[int], str], row: int) -> datetime:
    try:
        text = cell.strip()
        return datetime.fromisoformat(f"{text}-01" if _MONTH.fullmatch(text) else text)
    except ValueError:
        raise DataError(
            f"{place(row)}: {checks.shown(cell)} is no point in time; expected {_EXPECTED}."
        ) from None


def _of_one_kind(stamps: list[datetime], cells: list[str], place: Callable[[int], str]) -> list[datetime]:
    aware = stamps[0].tzinfo is not None
    for row, stamp in enumerate(stamps):
        if (stamp.tzinfo is not None) != aware:
            raise DataError(
                f"{place(row)}: {checks.shown(cells[row])} and {checks.shown(cells[0])} cannot be compared: "
                "one has a time zone and one has none; write all with an offset such as +00:00."
            )
    return stamps


def _microseconds(stamp: datetime) -> int:
    naive = stamp if stamp.tzinfo is None else stamp.astimezone(UTC).replace(tzinfo=None)
    return (naive - _EPOCH) // timedelta(microseconds=1)
