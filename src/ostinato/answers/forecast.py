"""Forecasts beside what came: errors, coverage, and the simple methods that every forecast must beat."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.outlook import Forecasts, Numbers
from ostinato.preprocess.windows import carried_on

SIMPLE = ("last value", "seasonal naive", "linear")
"""What a model is set beside on the same windows."""


@dataclass(frozen=True)
class Errors:
    """How far forecasts were from what came, over all steps of all windows.

    Args:
        mae, mse: of absolute and of squared errors, the mean.
        smape: the mean of 200 |y - f| / (|y| + |f|), in percent; two zeros count as 0.
        mase: the mean absolute error over that of the seasonal naive method within the history before the
            first window (Hyndman & Koehler 2006); None where that is 0 or there is too little history.
    """

    mae: float
    mse: float
    smape: float
    mase: float | None

    @property
    def rmse(self) -> float:
        """Return the root of the mean squared error."""
        return float(np.sqrt(self.mse))

    @classmethod
    def of(cls, truth: Numbers, point: Numbers, in_sample: Numbers) -> "Errors":
        """Compare forecasts (B, H, C) with what came; NaN there is missing and does not count.

        Args:
            truth, point: (B, H, C).
            in_sample: (B, C), the seasonal naive method's error within each window's series.

        Example:
            >>> found = Errors.of(np.array([[[2.0]]]), np.array([[[1.0]]]), np.array([[0.5]]))
            >>> found.mae, round(found.smape, 2), found.mase
            (1.0, 66.67, 2.0)
        """
        there = np.isfinite(truth)
        errors = np.abs(np.where(there, truth - point, 0.0))
        sizes = np.abs(np.where(there, truth, 0.0)) + np.abs(np.where(there, point, 0.0))
        relative = np.divide(200 * errors, sizes, out=np.zeros_like(errors), where=sizes > 0)
        count = max(1, int(there.sum()))
        known = (np.isfinite(in_sample) & (in_sample > 0))[:, None] & there
        scaled = np.divide(errors, in_sample[:, None], out=np.zeros_like(errors), where=known)
        return cls(
            mae=float(errors.sum() / count),
            mse=float(np.square(errors).sum() / count),
            smape=float(relative.sum() / count),
            mase=float(scaled.sum() / known.sum()) if known.any() else None,
        )

    def named(self) -> dict[str, float | None]:
        """Return all of them by name."""
        return {
            "mae": self.mae,
            "rmse": self.rmse,
            "mse": self.mse,
            "smape": self.smape,
            "mase": self.mase,
        }


@dataclass(frozen=True)
class Backtest:
    """Forecasts from many origins, each beside what came then.

    Args:
        series, origins: (B,) which series, and the last row that was known.
        truth: (B, H, C), NaN where missing.
        found: the model's forecasts.
        simple: those of the simple methods, (B, H, C) by name.
        in_sample: (B, C), the seasonal naive method's mean absolute error in the history.
        target: (B,) which target, where targets are told apart; else 0.
    """

    series: NDArray[np.int64]
    origins: NDArray[np.int64]
    truth: Numbers
    found: Forecasts
    simple: Mapping[str, Numbers]
    in_sample: Numbers
    target: NDArray[np.int64]

    def errors(self) -> dict[str, Errors]:
        """Return the errors of the model and of every simple method, by name."""
        every = {"model": self.found.point, **self.simple}
        return {name: Errors.of(self.truth, point, self.in_sample) for name, point in every.items()}

    def by_step(self) -> dict[str, Numbers]:
        """Return the mean absolute error at each step ahead, (H,) by name."""
        every = {"model": self.found.point, **self.simple}
        count = np.maximum(np.isfinite(self.truth).sum(axis=(0, 2)), 1)
        return {
            name: np.nansum(np.abs(self.truth - point), axis=(0, 2)) / count for name, point in every.items()
        }

    def coverage(self) -> dict[float, float]:
        """Return the part of values that lay inside the interval, by its level."""
        there = np.isfinite(self.truth)
        return {
            level: float(((self.truth >= low) & (self.truth <= high))[there].mean())
            for level, (low, high) in self.found.intervals.items()
        }

    def width(self) -> dict[float, float]:
        """Return the mean width of each interval, by its level."""
        return {level: float((high - low).mean()) for level, (low, high) in self.found.intervals.items()}

    def quantile_loss(self) -> float | None:
        """Return the mean pinball loss over the quantiles, or the ends of the intervals; None without any.

        max(q (y - f), (q - 1) (y - f))
        """
        known = dict(self.found.quantiles)
        if not known:
            for level, (low, high) in self.found.intervals.items():
                known |= {(1 - level) / 2: low, (1 + level) / 2: high}
        if not known:
            return None
        there = np.isfinite(self.truth)
        losses = [
            np.maximum(q * (self.truth - f), (q - 1) * (self.truth - f))[there].mean()
            for q, f in known.items()
        ]
        return float(np.mean(losses))

    def verdict(self) -> str:
        """Return in one line whether the model beats the simple methods.

        By the mean absolute error; of several series or targets, whose units may differ, by MASE.
        """
        found = self.errors()
        scaled = {name: one.mase for name, one in found.items() if one.mase is not None}
        several = len(np.unique(np.stack([self.series, self.target]), axis=1).T) > 1
        by_scale = several and len(scaled) == len(found)
        errors = scaled if by_scale else {name: one.mae for name, one in found.items()}
        what, own = "MASE" if by_scale else "MAE", errors.pop("model")
        best = min(errors, key=lambda name: errors[name])
        change = 100 * (own / errors[best] - 1) if errors[best] > 0 else 0.0
        if abs(change) < 1:
            return (
                f"The model is no better than the simple methods: as good as {best} ({change:+.1f} % {what})."
            )
        if change > 0:
            return f"The model does not beat the simple methods: {best} is better ({change:+.1f} % {what})."
        return (
            f"The model beats every simple method: {-change:.1f} % less {what} than {best}, the best of them."
        )


def last_value(level: Numbers, horizon: int) -> Numbers:
    """Return the last value, again and again, (B, H, C)."""
    return np.repeat(level[:, None], horizon, axis=1)


def seasonal_naive(context: Numbers, season: int, horizon: int) -> Numbers:
    """Return the last season, again and again, (B, H, C).

    Args:
        context: (B, M, C); a missing value is that of a season before or, without one, the last value.
        season: steps.
        horizon: H.

    Example:
        >>> context = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1)
        >>> seasonal_naive(context, 2, 5)[0, :, 0].tolist()
        [2.0, 3.0, 2.0, 3.0, 2.0]
    """
    batch, steps, width = context.shape
    blank = np.full((batch, width), np.nan)
    last = carried_on(context, blank)[:, -1]
    if season > steps:
        return last_value(last, horizon)
    kept = steps // season * season
    rounds = context[:, steps - kept :].reshape(batch, -1, season, width)
    cells = rounds.swapaxes(1, 2).reshape(batch * season, -1, width)
    filled = carried_on(cells, np.repeat(blank, season, axis=0))[:, -1].reshape(batch, season, width)
    filled = np.where(np.isnan(filled), last[:, None], filled)
    return np.asarray(filled[:, np.arange(horizon) % season])


def in_sample_error(values: Numbers, season: int) -> Numbers:
    """Return the seasonal naive method's mean absolute error within a history (T, C), (C,); NaN if too short.

    Example:
        >>> in_sample_error(np.array([[1.0], [2.0], [4.0]]), 1).tolist()
        [1.5]
    """
    if len(values) <= season:
        return np.full(values.shape[1], np.nan)
    errors = np.abs(values[season:] - values[:-season])
    there = np.isfinite(errors)
    count = there.sum(axis=0)
    total = np.where(there, errors, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
