"""Log-probabilities in float64: their sums, their largest, and what is refused before a search begins."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ROUNDING = 1e-3
"""How far above 0 rounding may lift a log-probability; what is higher is none."""


def log_sum_exp(values: Floats, axis: int) -> Floats:
    """Return ``log(sum(exp(values)))`` along an axis, without overflow; -inf where every value is -inf.

    Example:
        >>> log_sum_exp(np.array([1000.0, 1000.0]), axis=0).round(3).tolist()
        1000.693
    """
    highest = values.max(axis=axis, keepdims=True)
    highest = np.where(np.isneginf(highest), 0.0, highest)
    with np.errstate(divide="ignore"):  # log 0 is -inf, which is meant
        logs = np.log(np.exp(values - highest).sum(axis=axis, keepdims=True))
    summed: Floats = np.squeeze(highest + logs, axis)
    return summed


def log_softmax(scores: NDArray[Any]) -> Floats:
    """Return the log-probabilities (…, V) that scores (…, V) stand for.

    Example:
        >>> log_softmax(np.array([0.0, 0.0])).round(3).tolist()
        [-0.693, -0.693]
    """
    wide = numbers("scores", scores)
    return wide - log_sum_exp(wide, axis=-1)[..., None]


def largest(values: NDArray[Any], count: int) -> Integers:
    """Return where the ``count`` largest of values (N,) stand, the largest first; -inf is left out.

    Of equals the earlier ones are taken, and in their order.

    Example:
        >>> largest(np.array([1.0, 3.0, -np.inf, 3.0]), 2).tolist()
        [1, 3]
    """
    count = min(count, len(values))
    lowest = np.partition(values, len(values) - count)[len(values) - count]
    candidates = np.flatnonzero((values >= lowest) & (values > -np.inf))
    return candidates[np.argsort(-values[candidates], kind="stable")[:count]]


def numbers(name: str, values: Any, shape: Sequence[int | str] | None = None) -> Floats:
    """Return values in float64, if they have this shape and hold neither NaN nor +inf; -inf may be there."""
    array = np.asarray(values)
    if shape is not None:
        checks.shape(name, array, shape)
    if array.dtype.kind not in "fiu":
        raise ArgumentError(f"{name} is of type {array.dtype}; expected an array of numbers.")
    wide: Floats = array.astype(np.float64, copy=False)
    if not (wide < np.inf).all():
        raise ArgumentError(
            f"{name} holds NaN or +infinity; expected finite numbers, or -infinity for what cannot be."
        )
    return wide


def check_log_probabilities(values: NDArray[Any]) -> None:
    """Refuse numbers that can be no log-probabilities."""
    if values.size and not (highest := values.max()) <= ROUNDING:  # NaN is not, either
        raise ArgumentError(
            f"log_probabilities holds {highest:.4g}; expected nothing above 0: pass log_softmax(scores)."
        )
