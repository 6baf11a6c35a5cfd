"""Weights as safetensors bytes: what is read is checked before anything is allocated for it.

The safetensors library refuses overlaps, holes and trailing bytes; it does not refuse a header of 100 MB, a
name that stands twice or holds control characters, or a shape of a thousand sizes. That is done here, first.
"""

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ostinato import checks
from ostinato.archive import strict_json
from ostinato.errors import ModelFileError

HEADER_LIMIT = 4 * 2**20  # bytes
MAX_TENSORS = 10_000
MAX_NDIM = 8
MAX_ELEMENTS = 2**40
NAMED = 10  # names that a message lists

FLOATS = frozenset({"F32", "F64"})
INT8 = frozenset({"I8"})
NUMBERS = FLOATS | {"I64", "I32", "U8", "BOOL"}

Shape = tuple[int, ...]
Tensors = dict[str, NDArray[Any]]

_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,128}")


def encode(path: object, tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """Return arrays as safetensors bytes; equal arrays give equal bytes. ``path`` is named in errors."""
    _check_names(path, list(tensors))
    try:
        return bytes(save({name: np.asarray(array, order="C") for name, array in tensors.items()}))
    except (SafetensorError, TypeError, ValueError, KeyError) as error:
        raise invalid(path, f"they cannot be written: {error}") from error


def decode(
    path: object, data: bytes, *, shapes: Mapping[str, Shape] | None = None, dtypes: Collection[str] = FLOATS
) -> Tensors:
    """Return the arrays in safetensors bytes.

    Args:
        path: what errors name.
        data: a whole safetensors file.
        shapes: the shape of every array by name, as the reader's own description has it; nothing may be
            missing or extra. None: any.
        dtypes: the types that may stand there, as safetensors names them.

    Raises:
        ModelFileError: the bytes are no valid file, or hold other arrays than were asked for.
    """
    header = _header(path, data)
    _check_names(path, list(header))
    for name, description in header.items():
        _check_description(path, name, description, dtypes)
    if shapes is not None:
        _check_shapes(path, {name: tuple(header[name]["shape"]) for name in header}, shapes)
    try:
        return dict(load(data))
    except (SafetensorError, TypeError, ValueError, KeyError, OverflowError) as error:
        raise invalid(path, str(error)) from None


def nonfinite(tensors: Mapping[str, NDArray[Any]]) -> list[str]:
    """Return the names of the arrays that hold a NaN or an infinity."""
    return [name for name, array in tensors.items() if not _is_finite(array)]


def listed(names: list[str]) -> str:
    """Return names for a message: the first ten, escaped, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(checks.shown(name)[1:-1] for name in names[:NAMED]) + more


def invalid(path: object, found: str) -> ModelFileError:
    """Return the error for weights that cannot be used."""
    return ModelFileError(path, "invalid weights", f"{found}; get the model again from where it was saved.")


def _header(path: object, data: bytes) -> dict[str, Any]:
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > len(data) - 8:
        raise invalid(path, f"{len(data)} bytes hold no safetensors header, which says it has {length}")
    if length > HEADER_LIMIT:
        raise invalid(path, f"the header has {length} bytes; at most {HEADER_LIMIT} are read")
    if data[8:9] != b"{":
        raise invalid(path, "the header is no JSON object")
    header = strict_json.parse(path, data[8 : 8 + length])
    if not isinstance(header, dict):
        raise invalid(path, "the header is no JSON object")
    return header


def _check_names(path: object, names: list[str]) -> None:
    if len(names) > MAX_TENSORS:
        raise invalid(path, f"{len(names)} tensors; at most {MAX_TENSORS} are read")
    if strange := [name for name in names if not _NAME.fullmatch(name)]:
        rule = "a name has 1 to 128 letters, digits, dots, dashes and underscores"
        raise invalid(path, f"tensors are named {listed(strange)}; {rule}")


def _check_description(path: object, name: str, description: Any, dtypes: Collection[str]) -> None:
    if not isinstance(description, dict) or set(description) != {"dtype", "shape", "data_offsets"}:
        raise invalid(path, f"{name} is not described by dtype, shape and data_offsets alone")
    dtype, shape, offsets = description["dtype"], description["shape"], description["data_offsets"]
    if not isinstance(dtype, str) or dtype not in dtypes:
        expected = f"expected {' or '.join(sorted(dtypes))}, to which it must be converted before it is saved"
        raise ModelFileError(path, "wrong weights", f"{name} is of type {checks.shown(dtype)}; {expected}.")
    if not _are_sizes(shape) or len(shape) > MAX_NDIM or math.prod(max(n, 1) for n in shape) > MAX_ELEMENTS:
        expected = f"at most {MAX_NDIM} sizes and {MAX_ELEMENTS} numbers"
        raise invalid(path, f"{name} has the shape {checks.shown(shape)}; expected {expected}")
    if not _are_sizes(offsets) or len(offsets) != 2:
        raise invalid(path, f"{name} has the offsets {checks.shown(offsets)}; expected two whole numbers")


def _are_sizes(value: Any) -> bool:
    return isinstance(value, list) and all(type(size) is int and size >= 0 for size in value)


def _check_shapes(path: object, found: Mapping[str, Shape], expected: Mapping[str, Shape]) -> None:
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    wrong = [
        f"{name} {found[name]}, expected {shape}"
        for name, shape in expected.items()
        if found.get(name, shape) != shape
    ]
    parts = {"missing": missing, "not known": extra, "of the wrong shape": wrong}
    if said := "; ".join(f"{word}: {listed(names)}" for word, names in parts.items() if names):
        hint = f"{said}; the weights are not those of this model's network."
        raise ModelFileError(path, "wrong weights", hint)


def _is_finite(array: NDArray[Any]) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())
