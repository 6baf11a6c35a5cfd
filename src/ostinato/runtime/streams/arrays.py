"""What callers pass as numbers, as arrays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError


def numeric(name: str, values: Any) -> NDArray[np.float32]:
    """Return values as float32, if they are numbers; texts and truth values are refused, not converted."""
    array = array_of(name, values)
    if array.dtype.kind not in "iuf":
        raise DataError(f"{name} is of type {array.dtype}; expected an array of numbers.")
    with np.errstate(over="ignore"):
        return array.astype(np.float32)


def array_of(name: str, values: Any) -> NDArray[Any]:
    """Return values as one array, whatever it holds."""
    try:
        return np.asarray(values)
    except ValueError as error:
        raise DataError(f"{name}: {checks.shown(str(error), 120)}; expected one array of numbers.") from error
