"""Text from users' data, as it may stand in a terminal, a table or a report."""

import unicodedata
from collections.abc import Sequence

_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}


def plain(text: str, limit: int | None = None) -> str:
    """Return text on one line, with nothing in it that could steer a terminal or turn the reading direction.

    Control characters, unpaired surrogates and the marks of bidirectional text stand as escapes; joiners,
    which many scripts and emoji need, stay.

    Args:
        text: any text.
        limit: the longest result, in characters; what is longer ends in ``…``.

    Example:
        >>> plain("a\\tb\\x1b[31m")
        'a\\\\tb\\\\x1b[31m'
        >>> plain("ostinato", 5)
        'osti…'
    """
    shown = "".join(_escaped(letter) if _steers(letter) else letter for letter in text)
    return shown if limit is None or len(shown) <= limit else shown[: limit - 1] + "…"


def width(text: str) -> int:
    """Return how many columns of a terminal the text takes.

    Example:
        >>> width("ab"), width("日本")
        (2, 4)
    """
    return sum(_columns(letter) for letter in text)


def shown(value: float | None) -> str:
    """Return a metric as people read it: four digits, whole numbers whole, and undefined as what it is.

    Example:
        >>> shown(0.98765), shown(370), shown(None)
        ('0.9877', '370', 'undefined')
    """
    if value is None:
        return "undefined"
    return str(value) if isinstance(value, int) else f"{value:.4f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], texts: int) -> str:
    """Return rows under their head, in columns: the first ``texts`` ones flush left, the others right.

    Example:
        >>> print(table(["name", "n"], [["a", "10"], ["b", "9"]], texts=1), end="")
        name   n
        a     10
        b      9
    """
    widths = [max(map(width, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for row in [head, *rows]:
        gaps = [" " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)]
        cells = [cell + gap for cell, gap in zip(row[:texts], gaps, strict=False)]
        cells += [gap + cell for cell, gap in zip(row[texts:], gaps[texts:], strict=True)]
        lines.append("  ".join(cells).rstrip() + "\n")
    return "".join(lines)


def _steers(letter: str) -> bool:
    return ord(letter) in _BIDI or unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")


def _escaped(letter: str) -> str:
    return ascii(letter)[1:-1]


def _columns(letter: str) -> int:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in ("W", "F") else 1
