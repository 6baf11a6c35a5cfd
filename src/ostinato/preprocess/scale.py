"""Scaling of numeric channels, fitted on the training part alone."""

from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.sequences import Sequences, Times, Values
from ostinato.spec.preprocessing import Missing, Series, Static

Statistics = NDArray[np.float64]


def fit_series(
    sequences: Sequences, method: Literal["standard", "minmax", "none"], missing: Missing = "forbid"
) -> Series:
    """Return the scaling of every channel, from all values of these sequences that are there.

        standard   center = mean, spread = standard deviation (divided by the number of steps)
        minmax     center = lowest, spread = highest - lowest
        none       center = 0, spread = 1

    A constant channel has spread 1. Statistics are taken in float64 and in two passes.

    Args:
        sequences: numeric sequences with named channels.
        method: one of the three above.
        missing: what becomes of values that are missing; unless they are forbidden, NaN is one.

    Raises:
        DataError: a value is infinite, or missing where none may be, or a channel has no value at all.

    Example:
        >>> rows = np.array([[1.0], [3.0]], np.float32)
        >>> series = fit_series(Sequences("series", [rows], ["a"], channels=("x",)), "standard")
        >>> series.center, series.spread
        ((2.0,), (1.0,))
    """
    checks.choice("scale", method, ["standard", "minmax", "none"])
    if sequences.kind != "series" or not sequences.values:
        raise DataError("scaling is fitted on numeric sequences; none were given.")
    rows = np.concatenate(cast(list[Values], sequences.values)).astype(np.float64)
    if np.isinf(rows).any() or (missing == "forbid" and np.isnan(rows).any()):
        raise DataError("a training sequence holds NaN or infinity; expected finite numbers alone.")
    _check_observed(sequences.channels, rows)
    center, spread = {"standard": _standard, "minmax": _minmax, "none": _none}[method](rows)
    spread = np.where(np.nanmin(rows, axis=0) == np.nanmax(rows, axis=0), 1.0, spread)
    masked = missing in ("mask", "decay")
    return Series(
        channels=sequences.channels,
        scale=method,
        center=tuple(center.tolist()),
        spread=tuple(spread.tolist()),
        missing=missing,
        mean=None if missing == "forbid" else tuple(np.nanmean(rows, axis=0).tolist()),
        unit=_unit(sequences.times) if masked and sequences.times is not None else None,
        static=_fit_static(sequences),
    )


def scale_rows(series: Series, rows: Values, name: str = "the sequence") -> Values:
    """Return one sequence's rows (T, I) scaled, in float32; ``name`` is for messages.

    What is missing stays NaN where it may be missing.
    """
    expected = len(series.channels)
    if rows.ndim != 2 or rows.shape[1] != expected or rows.shape[0] == 0:
        raise DataError(
            f"{name} has shape {rows.shape}; expected (T, {expected}) with T at least 1, one column for each "
            f"channel: {checks.shown(', '.join(series.channels))}."
        )
    with np.errstate(over="ignore"):
        scaled = ((rows.astype(np.float64) - series.center) / series.spread).astype(np.float32)
    unusable = ~np.isfinite(scaled)
    if series.missing != "forbid":
        unusable &= ~np.isnan(rows)
    if unusable.any():
        _refuse(series, rows, unusable, name)
    return scaled


def _refuse(series: Series, rows: Values, unusable: NDArray[np.bool_], name: str) -> None:
    step, channel = np.argwhere(unusable)[0].tolist()
    raise DataError(
        f"{name}, step {step + 1}, channel {checks.shown(series.channels[channel])} is "
        f"{rows[step, channel]}; expected a finite number near those that the model was trained on."
    )


def _check_observed(channels: tuple[str, ...], rows: Statistics) -> None:
    """Refuse a channel of which nothing was ever observed: nothing can be learnt of it."""
    empty = np.flatnonzero(np.isnan(rows).all(axis=0))
    if len(empty):
        raise DataError(
            f"channel {checks.shown(channels[int(empty[0])])} has no value in the training data "
            f"({len(empty)} such channels); leave it out: name the others (--inputs, of descriptors "
            "--static)."
        )


def _unit(times: list[Times]) -> float:
    """Return the mean time between two steps; 1 where there is none."""
    gaps = np.concatenate([np.diff(moments) for moments in times])
    return float(gaps.mean()) if gaps.sum() > 0 else 1.0


def _fit_static(sequences: Sequences) -> Static | None:
    """Return mean and standard deviation of every descriptor, or None where there are none.

    Raises:
        DataError: one is missing in all sequences.
    """
    if sequences.static is None:
        return None
    rows, names = sequences.static.astype(np.float64), sequences.columns.static
    _check_observed(names, rows)
    center, spread = _standard(rows)
    spread = np.where(np.nanmin(rows, axis=0) == np.nanmax(rows, axis=0), 1.0, spread)
    return Static(names=names, center=tuple(center.tolist()), spread=tuple(spread.tolist()))


def _standard(rows: Statistics) -> tuple[Statistics, Statistics]:
    center = np.nanmean(rows, axis=0)
    return center, np.sqrt(np.nanmean(np.square(rows - center), axis=0))


def _minmax(rows: Statistics) -> tuple[Statistics, Statistics]:
    lowest = np.nanmin(rows, axis=0)
    return lowest, np.nanmax(rows, axis=0) - lowest


def _none(rows: Statistics) -> tuple[Statistics, Statistics]:
    return np.zeros(rows.shape[1]), np.ones(rows.shape[1])
