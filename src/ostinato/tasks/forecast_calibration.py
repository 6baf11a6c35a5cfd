"""Conformal intervals: how far a forecaster errs on what it was not trained on."""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from ostinato.answers.outlook import LEVELS, Chance, Numbers, ends, levels, student
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.windows import Laid
from ostinato.runtime.forecasting import Teller
from ostinato.spec.windows import Calibration

FEW = 30
"""Of fewer independent errors than these the ones on the training part are a floor: see ``calibration``."""


class Told(NamedTuple):
    """Windows of series whose next steps are known: which series, and the last row before them, (B,) each."""

    laid: Laid
    series: Integers
    origins: Integers


class Errors(NamedTuple):
    """How far a model erred, at one level, in units of each window's scale.

    Args:
        beyond: (B, H, C), how far what came lay outside what the model says; below 0 inside; NaN: missing.
        half: (B, H, C), half the width of what the model says; 0 of points.
        share: (B,), what each window counts.
    """

    beyond: Numbers
    half: Numbers
    share: Numbers


def calibration(teller: Teller, held: Told, trained: Told) -> tuple[Calibration, ...]:
    """Return how far intervals reach beyond what the model says, by step ahead and target, for every level.

        reach_h = f_h (q_h + w_h) - w_h

    Here q_h is the quantile of the errors h steps ahead as split-conformal prediction takes it (Vovk et al.
    2005), and w_h half the mean width of what the model says, 0 of points. Every series counts alike, however
    many windows it has: what will be foretold may be any of them (Dunn et al. 2023, arXiv:1809.07441). Few
    windows show too little of what may come, so that f_h widens them: see ``widened``. They are also what the
    epoch was chosen by, and may err little by luck; nothing errs less on what comes than on what it was
    trained on, so that intervals made of few windows reach as far as the errors there at least.

    Args:
        teller: the trained network.
        held: the windows of the validation part.
        trained: those of the training part.
    """
    wanted = LEVELS if teller.outlook.says == "point" else levels(teller.outlook)
    alone = independent(held.series, held.origins, teller.spec.horizon)
    few = (alone < FEW)[:, None]
    found = []
    for level, errors in _errors(teller, held, wanted).items():
        found.append(_reach(errors, level, widened(alone, level)))
    if few.any():
        floors = [_reach(one, level) for level, one in _errors(teller, trained, wanted).items()]
        found = [np.where(few, np.maximum(*both), both[0]) for both in zip(found, floors, strict=True)]
    reaches = [tuple(reach.ravel().tolist()) for reach in found]
    return tuple(Calibration(level=one, reach=reach) for one, reach in zip(wanted, reaches, strict=True))


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


def _errors(teller: Teller, told: Told, wanted: tuple[float, ...]) -> dict[float, Errors]:
    """Return the errors by level."""
    said, truth = teller.said(*told), told.laid.targets(told.series, told.origins)
    scale, share = said.scale[:, None], 1 / np.bincount(told.series)[told.series]
    found = {}
    for level in wanted:
        low, high = ends(teller.outlook, said, level)
        beyond = np.maximum(low - truth, truth - high) / scale
        found[level] = Errors(beyond, (high - low) / 2 / scale, share)
    return found


def _reach(errors: Errors, level: float, factor: Numbers | None = None) -> Numbers:
    """Return how far to reach, (H, C): of a step that no window knows, 0."""
    found = np.zeros(errors.beyond.shape[1:])
    for step, target in np.ndindex(*found.shape):
        beyond, half = errors.beyond[:, step, target], errors.half[:, step, target]
        there = np.isfinite(beyond)
        if there.any():
            share, times = errors.share[there], 1.0 if factor is None else factor[step]
            width = float(np.average(half[there], weights=share))
            found[step, target] = times * (_quantile(beyond[there], share, level) + width) - width
    return found


def _quantile(values: Numbers, share: Numbers, level: float) -> float:
    """Return the smallest value that so large a share of all lies at or below."""
    order = np.argsort(values)
    below = np.cumsum(share[order]) / share.sum()
    return float(values[order[int((below < level - 1e-9).sum())]])
