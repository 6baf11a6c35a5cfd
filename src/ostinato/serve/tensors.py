"""A named array of the Open Inference Protocol, with its datatype."""

import math
import struct
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from ostinato.errors import DataError

BYTES: Final = "BYTES"

DTYPES: Final[dict[str, np.dtype[Any]]] = {
    "BOOL": np.dtype(np.bool_),
    "UINT8": np.dtype("u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}
"""The datatypes with elements of one size; those of ``BYTES`` have any."""


_LENGTH = struct.Struct("<I")


class Tensor(NamedTuple):
    """One input or output.

    Args:
        name: what the model calls it.
        datatype: a key of ``DTYPES``, or ``BYTES``.
        array: of that type; of ``BYTES`` an array of objects, each ``bytes``.
    """

    name: str
    datatype: str
    array: NDArray[Any]


class Form(NamedTuple):
    """What a model says of one input or output.

    Args:
        name: what it is called.
        datatype: as a tensor's.
        shape: -1 where any length will do.
        optional: whether a request may come without it.
        missing: whether NaN may stand where a value is missing.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    optional: bool = False
    missing: bool = False


def text_form(name: str) -> Form:
    """Return the form of any number of texts."""
    return Form(name, BYTES, (-1,))


def texts(name: str, values: list[str]) -> Tensor:
    """Return texts (N,) as a tensor of their bytes in UTF-8.

    Example:
        >>> texts("label", ["go"]).array.tolist()
        [b'go']
    """
    array = np.empty(len(values), object)
    array[:] = [value.encode() for value in values]
    return Tensor(name, BYTES, array)


def floats(name: str, values: NDArray[Any]) -> Tensor:
    """Return numbers as a tensor of FP32."""
    return Tensor(name, "FP32", np.ascontiguousarray(values, np.dtype("<f4")))


def numbers(name: str, values: NDArray[Any]) -> Tensor:
    """Return numbers as a tensor of FP64."""
    return Tensor(name, "FP64", np.ascontiguousarray(values, np.dtype("<f8")))


def to_bytes(tensor: Tensor) -> bytes:
    """Return a tensor's elements, row after row, little-endian; each of BYTES after its length as a u32."""
    if tensor.datatype != BYTES:
        return np.ascontiguousarray(tensor.array, DTYPES[tensor.datatype]).tobytes()
    parts = []
    for value in tensor.array.reshape(-1).tolist():
        parts += [_LENGTH.pack(len(value)), value]
    return b"".join(parts)


def from_bytes(datatype: str, shape: tuple[int, ...], data: bytes | memoryview) -> NDArray[Any]:
    """Return the array that ``to_bytes`` wrote.

    Raises:
        DataError: the bytes are too few or too many for the shape, or a truth value is neither 0 nor 1.
    """
    count = math.prod(shape)
    if datatype == BYTES:
        return _objects(count, bytes(data)).reshape(shape)
    dtype = DTYPES[datatype]
    if len(data) != count * dtype.itemsize:
        raise DataError(
            f"{len(data)} bytes for {datatype} of shape {[*shape]}; expected {count * dtype.itemsize}."
        )
    if datatype == "BOOL" and any(byte > 1 for byte in bytes(data)):
        raise DataError("a BOOL is neither 0 nor 1.")
    return np.frombuffer(data, dtype).reshape(shape)


def pack(outputs: tuple[Tensor, ...]) -> bytes:
    """Return an answer as bytes, to be kept."""
    described = [[one.name, one.datatype, [*one.array.shape]] for one in outputs]
    head = orjson.dumps(described)
    bodies = [to_bytes(one) for one in outputs]
    return b"".join([_LENGTH.pack(len(head)), head, *(_LENGTH.pack(len(body)) + body for body in bodies)])


def unpack(data: bytes) -> tuple[Tensor, ...]:
    """Return the answer that ``pack`` wrote."""
    (size,) = _LENGTH.unpack_from(data)
    place, outputs = _LENGTH.size + size, []
    for name, datatype, shape in orjson.loads(data[_LENGTH.size : place]):
        (size,) = _LENGTH.unpack_from(data, place)
        place += _LENGTH.size + size
        outputs.append(Tensor(name, datatype, from_bytes(datatype, tuple(shape), data[place - size : place])))
    return tuple(outputs)


def _objects(count: int, data: bytes) -> NDArray[Any]:
    """Return so many elements of BYTES."""
    if count > len(data) // _LENGTH.size:  # before anything is allocated for them
        raise DataError(f"{len(data)} bytes for {count} elements of BYTES; each has at least 4.")
    values, place = [], 0
    for number in range(1, count + 1):
        if place + _LENGTH.size > len(data):
            raise DataError(
                f"element {number} of BYTES begins at byte {place} of {len(data)}: they are cut off."
            )
        (size,) = _LENGTH.unpack_from(data, place)
        place += _LENGTH.size + size
        if place > len(data):
            raise DataError(
                f"element {number} of BYTES ends at byte {place} of {len(data)}: they are cut off."
            )
        values.append(data[place - size : place])
    if place != len(data):
        raise DataError(f"{len(data)} bytes for {count} elements of BYTES; they end at byte {place}.")
    array = np.empty(count, object)
    array[:] = values
    return array
