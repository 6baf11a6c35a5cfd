"""JSON from strangers: bounded before a parser sees it, and nothing in it reinterpreted."""

import re
from typing import Any

import numpy as np
import orjson

from ostinato.errors import ServeError

_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_DIGITS = bytes(ord("0") if byte in b"0123456789" else ord(" ") for byte in range(256))
_LONG_NUMBER = b"0" * 400
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_RISES = np.zeros(256, np.int32)
_RISES[list(b"[{")], _RISES[list(b"]}")] = 1, -1


def parse(data: bytes, depth: int) -> Any:
    """Return the value of a JSON text.

    Args:
        data: the text.
        depth: lists and objects within each other at most.

    Raises:
        ServeError: it is no JSON in UTF-8; is too deep; names a key twice; or holds NaN, an infinity or a
            number beyond what floats hold.

    Example:
        >>> parse(b'{"a": [1, 2.5]}', 64)
        {'a': [1, 2.5]}
    """
    bare = _TEXT.sub(b"", data)
    heights = _RISES[np.frombuffer(bare.translate(None, delete=_NOT_BRACKETS), np.uint8)].cumsum()
    if len(heights) and heights.max() > depth:
        raise ServeError(400, f"the JSON is {heights.max()} levels deep; at most {depth} are read.")
    if (place := bare.translate(_DIGITS).find(_LONG_NUMBER)) >= 0:
        number = bare[place : place + 20].decode()
        raise ServeError(400, f"the JSON holds a number of 400 digits or more: {number}…")
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ServeError(400, f"the body is no JSON: {error}.") from None
    if _keys(value) != bare.count(b":"):
        raise ServeError(400, "the JSON names a key twice in an object; expected every key once.")
    return value


def json_object(data: bytes, depth: int) -> dict[str, Any]:
    """Return the object of a JSON text; errors as for ``parse``."""
    value = parse(data, depth)
    if not isinstance(value, dict):
        raise ServeError(400, "the body is no JSON object; expected {…}.")
    return value


def dumps(value: Any) -> bytes:
    """Return a value as JSON; NumPy's arrays too. Numbers in it are finite, or they would become null."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)


def _keys(value: Any) -> int:
    """Return how many keys the objects in a value have."""
    if isinstance(value, dict):
        return len(value) + sum(map(_keys, value.values()))
    if isinstance(value, list) and not {*map(type, value)} <= {int, float, bool, str, type(None)}:
        return sum(map(_keys, value))
    return 0
