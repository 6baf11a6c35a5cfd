"""Scaling of numeric channels, fitted on the training part alone."""

from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.sequences import Sequences, Values
from ostinato.spec.preprocessing import Series

Statistics = NDArray[np.float64]


def fit_series(sequences: Sequences, method: Literal["standard", "minmax", "none"]) -> Series:
    """Return the scaling of every channel, from all steps of these sequences.

        standard   center = mean, spread = standard deviation (divided by the number of steps)
        minmax     center = lowest, spread = highest - lowest
        none       center = 0, spread = 1

    A constant channel has spread 1. Statistics are taken in float64 and in two passes.

    Args:
        sequences: numeric sequences with named channels.
        method: one of the three above.

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
    if not np.isfinite(rows).all():
        raise DataError("a training sequence holds NaN or infinity; expected finite numbers alone.")
    center, spread = {"standard": _standard, "minmax": _minmax, "none": _none}[method](rows)
    spread = np.where(rows.min(axis=0) == rows.max(axis=0), 1.0, spread)
    return Series(
        channels=sequences.channels,
        scale=method,
        center=tuple(center.tolist()),
        spread=tuple(spread.tolist()),
    )


def apply_series(series: Series, values: list[Values]) -> list[Values]:
    """Return the sequences scaled: ``(x - center) / spread``, each (T, I) float32.

    Raises:
        DataError: a sequence is not (T, I) for this I, or a scaled value does not fit in float32.
    """
    return [scale_rows(series, rows, f"sequence {number}") for number, rows in enumerate(values, start=1)]


def scale_rows(series: Series, rows: Values, name: str = "the sequence") -> Values:
    """Return one sequence's rows (T, I) scaled, in float32; ``name`` is for messages."""
    expected = len(series.channels)
    if rows.ndim != 2 or rows.shape[1] != expected or rows.shape[0] == 0:
        raise DataError(
            f"{name} has shape {rows.shape}; expected (T, {expected}) with T at least 1, one column for each "
            f"channel: {checks.shown(', '.join(series.channels))}."
        )
    with np.errstate(over="ignore"):
        scaled = ((rows.astype(np.float64) - series.center) / series.spread).astype(np.float32)
    if not np.isfinite(scaled).all():
        _refuse(series, rows, scaled, name)
    return scaled


def _refuse(series: Series, rows: Values, scaled: Values, name: str) -> None:
    step, channel = np.argwhere(~np.isfinite(scaled))[0].tolist()
    raise DataError(
        f"{name}, step {step + 1}, channel {checks.shown(series.channels[channel])} is "
        f"{rows[step, channel]}; expected a finite number near those that the model was trained on."
    )


def _standard(rows: Statistics) -> tuple[Statistics, Statistics]:
    center = rows.mean(axis=0)
    return center, np.sqrt(np.square(rows - center).mean(axis=0))


def _minmax(rows: Statistics) -> tuple[Statistics, Statistics]:
    lowest = rows.min(axis=0)
    return lowest, rows.max(axis=0) - lowest


def _none(rows: Statistics) -> tuple[Statistics, Statistics]:
    return np.zeros(rows.shape[1]), np.ones(rows.shape[1])
