"""JSON as data from strangers: bounded in size, depth and count before a parser sees it.

Python's parser keeps the last of two equal keys, takes NaN, turns 1e400 into infinity and needs up to
twenty times the text's memory; all of that is refused here.
"""

import json
import math
from collections import Counter
from typing import Any

import numpy as np

from ostinato import checks
from ostinato.errors import ModelFileError

MAX_DEPTH = 32
LIMITS = {"lists and objects": (b"[{", 50_000), "keys": (b":", 100_000), "commas": (b",", 300_000)}
MAX_TEXT = 4096  # characters of one string
MAX_DIGITS = 32

_IS_MARK = np.zeros(256, bool)
_IS_MARK[list(b"[]{}:,")] = True


def parse(path: object, data: bytes) -> Any:
    """Return the value of a JSON text; ``path`` is named in errors.

    Raises:
        ModelFileError: it is not UTF-8 or not JSON, is too deep or too large, names a key twice, or holds a
            number that is not finite or a text of more than 4096 characters.
    """
    _check_structure(path, data)
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_finite,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except (ValueError, RecursionError) as error:
        raise damaged(path, str(error)) from None
    _check_texts(path, value)
    return value


def damaged(path: object, found: str) -> ModelFileError:
    """Return the error for a JSON text that cannot be used."""
    return ModelFileError(path, "invalid JSON", f"{found}; get the model again from where it was saved.")


def _check_structure(path: object, data: bytes) -> None:
    marks = _marks(data)
    for name, (signs, limit) in LIMITS.items():
        if (count := sum(marks.count(sign) for sign in signs)) > limit:
            raise damaged(path, f"it has {count} {name}; at most {limit} are read")
    depth = 0
    for bracket in marks.translate(None, delete=b":,"):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise damaged(path, f"lists and objects stand more than {MAX_DEPTH} deep in each other")


def _marks(data: bytes) -> bytes:
    """Return the brackets, colons and commas that stand outside of strings.

    Up to a backslash outside of a string, where a parser stops, strings begin and end as a parser sees it.
    """
    letters = np.frombuffer(data.replace(b"\\\\", b"").replace(b'\\"', b""), np.uint8)
    inside = np.logical_xor.accumulate(letters == ord('"'))
    return letters[_IS_MARK[letters] & ~inside].tobytes()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        name, times = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {checks.shown(name)} stands {times} times")
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:MAX_DIGITS]} is no finite number")
    return number


def _bounded(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a whole number has {len(text)} digits; at most {MAX_DIGITS} are read")
    return int(text)


def _check_texts(path: object, value: Any) -> None:
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise damaged(path, f"a text has {len(value)} characters; at most {MAX_TEXT} are read")
    if isinstance(value, dict):
        for key, item in value.items():
            _check_texts(path, key)
            _check_texts(path, item)
    elif isinstance(value, list):
        for item in value:
            _check_texts(path, item)
