"""Where the rows of a CSV file begin and end, and on which lines: the part where tolerance loses data.

A strict reading of RFC 4180: a quote stands at the two ends of a field, or doubled inside a quoted one; a
line ends with LF, CR LF or CR; a quoted field may hold separators and line ends.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.source import Source

_LF, _CR, _QUOTE = 10, 13, 34

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """The rows of a file, the header among them; lines without a character are no rows.

    Args:
        starts, ends: (rows,) the bytes from which and up to which each one goes.
        lines: (rows,) the line that each one begins on, counted from 1.
        fields: (rows,) how many fields each one has.
        blank: the lines without a character that stand before the last row.
    """

    starts: Integers
    ends: Integers
    lines: Integers
    fields: Integers
    blank: Integers


def scan(source: Source, separator: str) -> Layout:
    """Return the layout of a CSV file.

    Raises:
        DataError: a quote is where it may not be, or is never closed.
    """
    data = np.frombuffer(source.data, dtype=np.uint8)
    breaks = _line_breaks(data)
    quoted = _quoted(source, data, breaks, ord(separator))
    ends = np.flatnonzero(breaks if quoted is None else breaks & ~quoted)
    starts = np.concatenate([[0], ends + 1])
    if starts[-1] == len(data):
        starts = starts[:-1]
    else:
        ends = np.append(ends, len(data))
    separators = data == ord(separator)
    positions = np.flatnonzero(separators if quoted is None else separators & ~quoted)
    fields = np.searchsorted(positions, ends) - np.searchsorted(positions, starts) + 1
    lines = np.searchsorted(np.flatnonzero(breaks), starts) + 1
    return _without_blank(starts, _contents_ends(data, starts, ends), lines, fields)


def line_of(source: Source, offset: int) -> int:
    """Return the line that a byte stands on, counted from 1."""
    data = np.frombuffer(source.data[:offset], dtype=np.uint8)
    return int(_line_breaks(data).sum()) + 1


def _line_breaks(data: Bytes) -> Mask:
    """Return a mask of the last byte of every line end."""
    breaks: Mask = data == _LF
    returns = np.flatnonzero(data == _CR)
    alone = returns[(returns + 1 == len(data)) | ~breaks[np.minimum(returns + 1, len(data) - 1)]]
    breaks[alone] = True
    return breaks


def _contents_ends(data: Bytes, starts: Integers, ends: Integers) -> Integers:
    """Return the ends without the CR of a CR LF."""
    before = np.maximum(ends - 1, 0)
    inside = (ends > starts) & (ends < len(data))
    lf = data[np.minimum(ends, len(data) - 1)] == _LF
    return np.where(inside & lf & (data[before] == _CR), ends - 1, ends)


def _without_blank(starts: Integers, ends: Integers, lines: Integers, fields: Integers) -> Layout:
    full = starts < ends
    last = int(np.flatnonzero(full)[-1]) if full.any() else 0
    blank = lines[:last][~full[:last]]
    return Layout(starts[full], ends[full], lines[full], fields[full], blank)


def _quoted(source: Source, data: Bytes, breaks: Mask, separator: int) -> Mask | None:
    """Return a mask of the bytes inside quoted fields, None where there is no quote."""
    quotes = data == _QUOTE
    positions = np.flatnonzero(quotes)
    if not len(positions):
        return None
    may_touch = np.zeros(256, dtype=np.bool_)
    may_touch[[separator, _LF, _CR, _QUOTE]] = True
    opening, closing = positions[0::2], positions[1::2]
    opening_wrong = opening[(opening > 0) & ~may_touch[data[np.maximum(opening - 1, 0)]]]
    after = np.minimum(closing + 1, len(data) - 1)
    closing_wrong = closing[(closing + 1 < len(data)) & ~may_touch[data[after]]]
    _refuse_quotes(source, opening, closing, opening_wrong, closing_wrong)
    return (np.cumsum(quotes, dtype=np.uint8) & 1).astype(np.bool_)


def _refuse_quotes(
    source: Source, opening: Integers, closing: Integers, opening_wrong: Integers, closing_wrong: Integers
) -> None:
    """Raise the error of the first wrong quote, if there is one."""
    first_opening = opening_wrong[0] if len(opening_wrong) else len(source.data)
    first_closing = closing_wrong[0] if len(closing_wrong) else len(source.data)
    if first_opening < first_closing:
        where = source.line(line_of(source, int(first_opening)))
        raise DataError(
            f"{where}: a quote stands inside a field that does not begin with one; quote the whole field and "
            'double the quotes in it ("").'
        )
    if first_closing < len(source.data):
        begin = _field_start(opening[: np.searchsorted(opening, first_closing)], closing)
        where = source.line(line_of(source, int(first_closing)))
        after = source.data[first_closing + 1 : first_closing + 21].decode(errors="replace")
        raise DataError(
            f"{where}: after the closing quote of a field, which begins on line {line_of(source, begin)}, "
            f'{checks.shown(after)} follows; double the quotes inside a field ("").'
        )
    if len(opening) > len(closing):
        where = source.line(line_of(source, _field_start(opening, closing)))
        raise DataError(f"{where}: a field begins with a quote that is never closed; close it.")


def _field_start(opening: Integers, closing: Integers) -> int:
    """Return where the last quoted field begins; the second quote of a doubled one opens no field."""
    begins = np.append(True, opening[1:] != closing[: len(opening) - 1] + 1)
    return int(opening[np.flatnonzero(begins)[-1]])
