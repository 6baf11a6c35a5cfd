"""The sequence parameters of a request, which say whose stream it is for: Triton's, and ``sequence_step``."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ostinato import checks
from ostinato.errors import ServeError
from ostinato.serve.streams.asks import Id

_ID = re.compile(r"[A-Za-z0-9._:\-]{1,128}")
MOST = 2**64 - 1


class Place(NamedTuple):
    """Where a request stands in a stream.

    Args:
        id: the stream.
        start, end: whether it is the first, and the last.
        number: which it is; None: the client does not count.
    """

    id: Id
    start: bool
    end: bool
    number: int | None


def place_of(parameters: Mapping[str, Any]) -> Place | None:
    """Return where a request stands; None: it is of no stream.

    Raises:
        ServeError: a parameter is not as Triton has it.

    Example:
        >>> place_of({"sequence_id": 42, "sequence_start": True})
        Place(id=42, start=True, end=False, number=None)
    """
    start, end = (_flag(parameters, name) for name in ("sequence_start", "sequence_end"))
    number = _number(parameters)
    identity = parameters.get("sequence_id", 0)
    if (type(identity) is int and identity == 0) or identity == "":
        if start or end or number is not None:
            raise ServeError(400, "sequence_start, sequence_end and sequence_step need a sequence_id.")
        return None
    return Place(checked_id(identity), start, end, number)


def checked_id(value: Any) -> Id:
    """Return what may name a stream: a whole number from 1 to 2^64 - 1, or a text."""
    if type(value) is int and 0 < value <= MOST:
        return value
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise ServeError(
        400,
        f"sequence_id is {checks.shown(value)}; expected a whole number from 1 to 2^64 - 1, or up to 128 "
        "letters, digits and . _ : -",
    )


def _flag(parameters: Mapping[str, Any], name: str) -> bool:
    value = parameters.get(name, False)
    if not isinstance(value, bool):
        raise ServeError(400, f"{name} is {checks.shown(value)}; expected true or false.")
    return value


def _number(parameters: Mapping[str, Any]) -> int | None:
    value = parameters.get("sequence_step")
    if value is not None and not (type(value) is int and 0 < value < 2**62):
        raise ServeError(400, f"sequence_step is {checks.shown(value)}; expected a whole number from 1.")
    return value
