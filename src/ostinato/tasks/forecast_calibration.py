"""Conformal intervals: how far a forecaster errs on what it was not trained on."""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from ostinato.answers.outlook import LEVELS, Chance, Numbers, ends, levels, student
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.windows import Laid
from ostinato.runtime.forecasting import Teller
from ostinato.spec.windows import Calibration


class Errors(NamedTuple):
    """What validation showed at one level, in units of each window's scale.

    Args:
        beyond: (B, H, C), how far what came lay outside what the model says; below 0 inside; NaN: missing.
        half: (B, H, C), half the width of what the model says; 0 of points.
    """

    beyond: Numbers
    half: Numbers


def calibration(teller: Teller, laid: Laid, series: Integers, origins: Integers) -> tuple[Calibration, ...]:
    """Return how far intervals reach beyond what the model says, by step ahead and target, for every level.

        reach_h = f_h (q_h + w_h) - w_h

    Here q_h is the quantile of the errors h steps ahead as split-conformal prediction takes it (Vovk et al.
    2005), and w_h half the mean width of what the model says, 0 of points. Every series counts alike, however
    many windows it has: what will be foretold may be any of them (Dunn et al. 2023, arXiv:1809.07441). Few
    windows show too little of what may come, so that f_h widens them: see ``widened``.

    Args:
        teller: the trained network.
        laid, series, origins: the windows of the validation part.
    """
    outlook = teller.outlook
    wanted = LEVELS if outlook.says == "point" else levels(outlook)
    said, truth = teller.said(laid, series, origins), laid.targets(series, origins)
    scale, share = said.scale[:, None], 1 / np.bincount(series)[series]
    alone = independent(series, origins, truth.shape[1])
    found = []
    for level in wanted:
        low, high = ends(outlook, said, level)
        errors = Errors(np.maximum(low - truth, truth - high) / scale, (high - low) / 2 / scale)
        found.append(Calibration(level=level, reach=_reach(errors, share, level, widened(alone, level))))
    return tuple(found)


def independent(series: Integers, origins: Integers, horizon: int) -> Numbers:
    """Return how many errors of each step ahead tell something of their own, (H,).

    Errors h steps ahead from origins less than h apart share what they did not foresee (of the best forecast
    they are a moving average of h - 1 terms): origins h apart count.

    Example:
        >>> independent(np.zeros(9, int), np.arange(9), 4).tolist()
        [9.0, 5.0, 3.6666666666666665, 3.0]
    """
    spans = np.array([np.ptp(origins[series == one]) for one in np.unique(series)])
    return np.array([float((1 + spans / step).sum()) for step in range(1, horizon + 1)])


def widened(count: Numbers, level: float) -> Numbers:
    """Return by how much so few independent errors must be widened to hold a level: Student's t over normal.

    Example:
        >>> widened(np.array([3.0, 1e9]), 0.8).round(2).tolist()
        [1.28, 1.0]
    """
    tail = (1 + level) / 2
    normal = NormalDist().inv_cdf(tail)
    return student(count, Chance(tail, normal)) / normal


def _reach(errors: Errors, share: Numbers, level: float, factor: Numbers) -> tuple[float, ...]:
    """Return how far to reach, (H * C,): of a step that no window knows, 0."""
    found = np.zeros(errors.beyond.shape[1:])
    for step, target in np.ndindex(*found.shape):
        beyond, half = errors.beyond[:, step, target], errors.half[:, step, target]
        there = np.isfinite(beyond)
        if there.any():
            width = float(np.average(half[there], weights=share[there]))
            reached = _quantile(beyond[there], share[there], level) + width
            found[step, target] = factor[step] * reached - width
    return tuple(found.ravel().tolist())


def _quantile(values: Numbers, share: Numbers, level: float) -> float:
    """Return the smallest value that so large a share of all lies at or below."""
    order = np.argsort(values)
    below = np.cumsum(share[order]) / share.sum()
    return float(values[order[int((below < level - 1e-9).sum())]])
