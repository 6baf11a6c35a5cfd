"""The elements of a tensor in JSON: a flat or a nested list, with nothing converted; null is NaN."""

import math
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ServeError
from ostinato.serve.tensors import BYTES, DTYPES, Tensor

_KINDS: dict[str, set[type]] = {
    "b": {bool},
    "i": {int},
    "u": {int},
    "f": {int, float, type(None)},
    "O": {str},
}


def from_json(name: str, datatype: str, shape: tuple[int, ...], data: list[Any]) -> NDArray[Any]:
    """Return the array of an input whose elements are JSON.

    Args:
        name: what it is called, for messages.
        datatype: what it is said to hold.
        shape: what shape it is said to have.
        data: its elements, flat or nested, in rows.

    Raises:
        ServeError: the elements are of another type, shape or range.

    Example:
        >>> from_json("x", "INT8", (2, 1), [[1], [-2]]).tolist()
        [[1], [-2]]
    """
    if datatype == "FP16":
        raise ServeError(400, f"input '{name}' is FP16, which JSON cannot hold exactly; send it in binary.")
    flat, nested = _flattened(name, data)
    if nested not in ((), shape) or len(flat) != math.prod(shape):
        found = [*nested] if nested else [len(flat)]
        raise ServeError(
            400, f"input '{name}' has data of shape {found}; its shape is said to be {[*shape]}."
        )
    dtype = np.dtype(object) if datatype == BYTES else DTYPES[datatype]
    if foreign := {*map(type, flat)} - _KINDS[dtype.kind]:
        wrong = next(value for value in flat if type(value) in foreign)
        raise ServeError(400, f"input '{name}' holds {checks.shown(wrong)}, which is no {datatype}.")
    return _cast(name, datatype, dtype, flat).reshape(shape)


def to_json(tensor: Tensor) -> Any:
    """Return a tensor's elements, flat, as JSON can hold them.

    Raises:
        ServeError: one is not finite: the model failed.
    """
    flat = tensor.array.reshape(-1)
    if tensor.datatype == BYTES:
        return [value.decode("utf-8") for value in flat.tolist()]
    if flat.dtype.kind == "f" and not np.isfinite(flat).all():
        raise ServeError(500, f"output '{tensor.name}' is not finite: the model failed.")
    return np.ascontiguousarray(flat)


def _flattened(name: str, data: list[Any]) -> tuple[list[Any], tuple[int, ...]]:
    """Return the elements of a nested list, and its shape; () of one that is flat."""
    sizes = [len(data)]
    while data and isinstance(data[0], list):
        if {*map(type, data)} != {list} or len({*map(len, data)}) > 1:
            raise ServeError(400, f"input '{name}' has ragged data: its rows differ in length.")
        sizes.append(len(data[0]))
        data = [*chain.from_iterable(data)]
    return data, tuple(sizes) if len(sizes) > 1 else ()


def _cast(name: str, datatype: str, dtype: np.dtype[Any], flat: list[Any]) -> NDArray[Any]:
    """Return elements as an array, if all fit its type."""
    if dtype.kind == "O":
        array = np.empty(len(flat), object)
        array[:] = [value.encode() for value in flat]
        return array
    if dtype.kind in "iu":
        bounds = np.iinfo(dtype)
        for value in (min(flat, default=0), max(flat, default=0)):
            if not bounds.min <= value <= bounds.max:
                raise ServeError(400, f"input '{name}' holds {value}, which is out of {datatype}'s range.")
        return np.array(flat, dtype)
    with np.errstate(over="ignore"):
        array = np.array(flat, np.float64 if dtype.kind == "f" else dtype).astype(dtype)
    if dtype.kind == "f" and np.isinf(array).any():
        raise ServeError(400, f"input '{name}' holds a number that is out of {datatype}'s range.")
    return array
