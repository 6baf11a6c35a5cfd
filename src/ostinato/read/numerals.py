"""Numbers written as text: what counts as one, and why something else does not.

Accepted: an optional sign, decimal digits with at most one point, an optional exponent; spaces around are
allowed. Everything else is refused with its reason, because a guess (is ``1,234`` 1.234 or 1234?) may be
wrong.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ostinato import checks

NUMBER = r"^[ \t]*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t]*$"
"""One number, in the syntax that Python's re and Arrow's RE2 share."""

TOO_LARGE = "is too large for a 32-bit float (highest 3.4e38)"
MISSING = "is a missing value; fill it in, remove the sequence, or say what becomes of it (--missing)"

_NUMBER = re.compile(NUMBER)
_MISSING = re.compile(r"\s*(nan|na|n/a|null|none|nil|\?|-+|)\s*", re.IGNORECASE)
_ALMOST = (  # written by someone who meant a number
    (re.compile(r"\s*[+-]?inf(inity)?\s*", re.IGNORECASE), "is infinite; a value must be finite"),
    (
        re.compile(r"\s*[+-]?\d{1,3}(,\d{3})+(\.\d*)?\s*"),
        "has a comma; write thousands without, decimals with a point",
    ),
    (re.compile(r"\s*[+-]?[\d.]*,\d+([eE][+-]?\d+)?\s*"), "has a decimal comma; write a point"),
    (re.compile(r"\s*[+-]?\d+(_\d+)+(\.\d*)?\s*"), "has an underscore; write the digits alone"),
    (re.compile(r"\s*[+-]?0[xX][0-9a-fA-F]+\s*"), "is hexadecimal; write it in decimal"),
)


def missing(text: str) -> bool:
    """Return whether a cell is blank or one of the usual words for a missing value."""
    return _MISSING.fullmatch(text) is not None


def meant(text: str) -> bool:
    """Return whether a cell is a number, or almost one, such as ``1,5``.

    Example:
        >>> [meant(text) for text in ("1.5", "1,5", "0x1F", "-inf", "Wien", "NA")]
        [True, True, True, True, False, False]
    """
    return _NUMBER.match(text) is not None or any(pattern.fullmatch(text) for pattern, _ in _ALMOST)


def fault(text: str) -> str:
    """Return the cell, quoted and cut, and why it is no usable number.

    Example:
        >>> fault("1,5")
        "'1,5' has a decimal comma; write a point"
    """
    if missing(text):
        why = MISSING
    elif _NUMBER.match(text):
        why = TOO_LARGE
    else:
        why = next((why for pattern, why in _ALMOST if pattern.fullmatch(text)), "is not a number")
    return f"{checks.shown(text)} {why}"


def number_fault(value: float | None) -> str:
    """Return the same for a value that was a number, or nothing, from the start."""
    if value is None:
        return f"no value {MISSING}"
    if np.isnan(value):
        return f"NaN {MISSING}"
    return f"{value} is infinite; a value must be finite" if np.isinf(value) else f"{value} {TOO_LARGE}"


def floats(cells: Sequence[str]) -> NDArray[np.float64]:
    """Return the cells' numbers; NaN or an infinity where `fault` says why there is none.

    Example:
        >>> floats(["1", " 2.5", "1_0"]).tolist()
        [1.0, 2.5, nan]
    """
    try:
        values = np.array([float(cell) for cell in cells], dtype=np.float64)
    except ValueError:
        return _floats_one_by_one(cells)
    # Python's float also takes underscores and digits of other scripts
    plain = all(cell.isascii() and "_" not in cell for cell in cells)
    return values if plain else _floats_one_by_one(cells)


def _floats_one_by_one(cells: Sequence[str]) -> NDArray[np.float64]:
    return np.array([float(cell) if _NUMBER.match(cell) else np.nan for cell in cells], dtype=np.float64)
