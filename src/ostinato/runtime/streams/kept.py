"""One stream's state as bytes: everything that a stream is but its model.

    magic        8 bytes   89 4F 53 54 53 54 0D 0A
    version      u32       1
    flags        u32       bit 0: the stream has ended
    model        32 bytes  the fingerprint of the model (``Model.fingerprint``)
    steps        u64       how many steps the network has heard
    held bytes   u32       how many bytes are held back, and then those: text that is not whole yet
    array bytes  u64       how many bytes the arrays have, and then those, in the order that the model gives
    checksum     32 bytes  SHA-256 of all that stands before

Numbers are little-endian. Names, shapes and types of the arrays are the model's, so none stands here, and
nothing is allocated by what the bytes say. The checksum finds damage, not malice: a state that comes from
a stranger is bounded and finite all the same, but it may be one that no input leads to.
"""

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ostinato import checks
from ostinato.errors import StreamError
from ostinato.runtime.base import Array, State

MAGIC: Final = b"\x89OSTST\r\n"
VERSION: Final = 1
ENDED: Final = 1
MOST_HELD: Final = 2**20
"""Bytes that may be held back at most."""

_HEAD = struct.Struct("<8sII32sQI")
_SIZE = struct.Struct("<Q")
_CHECKSUM = 32


@dataclass(frozen=True)
class Kept:
    """What a stream keeps.

    Args:
        steps: how many steps the network has heard.
        ended: whether ``finish`` was called.
        held: what is held back of a text, in UTF-8.
        arrays: by name, as the model has them, without an axis for streams.
    """

    steps: int
    ended: bool
    held: bytes
    arrays: State


def to_bytes(fingerprint: bytes, kept: Kept) -> bytes:
    """Return a state as bytes.

    Args:
        fingerprint: 32 bytes that stand for the model.
        kept: the state.

    Example:
        >>> arrays = {"recurrent.h": np.array([0.5, -0.5], np.float32)}
        >>> data = to_bytes(bytes(32), Kept(steps=3, ended=False, held=b"", arrays=arrays))
        >>> from_bytes(bytes(32), arrays, data).arrays["recurrent.h"].tolist()
        [0.5, -0.5]
    """
    flags = ENDED if kept.ended else 0
    head = _HEAD.pack(MAGIC, VERSION, flags, fingerprint, kept.steps, len(kept.held))
    body = b"".join(array.astype(_stored(array), copy=False).tobytes() for array in kept.arrays.values())
    whole = b"".join((head, kept.held, _SIZE.pack(len(body)), body))
    return whole + hashlib.sha256(whole).digest()


def from_bytes(fingerprint: bytes, form: Mapping[str, Array], data: Any) -> Kept:
    """Return the state that ``to_bytes`` wrote.

    Args:
        fingerprint: 32 bytes that stand for the model.
        form: the model's arrays by name: theirs are the shapes and types.
        data: the bytes.

    Raises:
        StreamError: these are no such bytes, or damaged, of another version or of another model.
    """
    whole = _checked(data)
    _, _, flags, model, steps, held = _HEAD.unpack_from(whole)
    if model != fingerprint:
        raise StreamError(
            f"the state is of another model ({model.hex()[:12]}…); this one is {fingerprint.hex()[:12]}…: "
            "restore it with the model that it was taken from."
        )
    place = _HEAD.size + held
    body = whole[place + _SIZE.size :]
    expected = sum(array.nbytes for array in form.values())
    declared = _SIZE.unpack(whole[place : place + _SIZE.size])[0] if len(whole) >= place + _SIZE.size else -1
    if flags > ENDED or held > MOST_HELD or not declared == len(body) == expected or steps >= 2**63:
        raise StreamError("the state's sizes are not those of this model; take the state anew.")
    return Kept(steps, bool(flags), whole[_HEAD.size : place], _arrays(form, body))


def _checked(data: Any) -> bytes:
    """Return the bytes before the checksum, which holds."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise StreamError(f"state is {checks.shown(data)}; expected the bytes that a stream's state() gave.")
    whole = bytes(data)
    if len(whole) < _HEAD.size + _SIZE.size + _CHECKSUM or whole[:8] != MAGIC:
        raise StreamError(
            f"these {len(whole)} bytes are no stream's state, or its beginning or end is lost; "
            "expected the bytes that a stream's state() gave."
        )
    content, checksum = whole[:-_CHECKSUM], whole[-_CHECKSUM:]
    if hashlib.sha256(content).digest() != checksum:
        raise StreamError("the state was damaged after it was taken: its checksum differs; take another.")
    version = _HEAD.unpack_from(content)[1]
    if version != VERSION:
        raise StreamError(
            f"the state is of version {version}, and this Ostinato reads version {VERSION}; "
            f"{'update Ostinato' if version > VERSION else 'start a new stream'}."
        )
    return content


def _arrays(form: Mapping[str, Array], body: bytes) -> State:
    arrays: State = {}
    place = 0
    for name, array in form.items():
        stored = _stored(array)
        found = np.frombuffer(body, stored, count=array.size, offset=place).reshape(array.shape)
        place += array.nbytes
        arrays[name] = found.astype(array.dtype)
        if (array.dtype.kind == "i" and (found < 0).any()) or not np.isfinite(found).all():
            raise StreamError(f"the state's {name} holds what no stream has: a count below 0, or no number.")
    return arrays


def _stored(array: Array) -> np.dtype[Any]:
    return array.dtype.newbyteorder("<")
