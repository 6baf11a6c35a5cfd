"""Conformal intervals: how far a forecaster errs on what it was not trained on."""

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.outlook import LEVELS, ends, levels
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.windows import Laid
from ostinato.runtime.forecasting import Teller
from ostinato.spec.windows import Calibration


def calibration(teller: Teller, laid: Laid, series: Integers, origins: Integers) -> tuple[Calibration, ...]:
    """Return how far the errors of the validation part reach, by step ahead and target, for every level.

    Of n errors the one is taken that so many lie below as split-conformal prediction asks: the
    ceil((n + 1) level)-th (Vovk et al. 2005), the largest where there are too few.

    Args:
        teller: the trained network.
        laid, series, origins: the windows of the validation part.
    """
    outlook = teller.outlook
    wanted = LEVELS if outlook.says == "point" else levels(outlook)
    errors: dict[float, NDArray[np.float64]] = {}
    said, truth = teller.said(laid, series, origins), laid.targets(series, origins)
    for level in wanted:
        low, high = ends(outlook, said, level)
        errors[level] = np.maximum(low - truth, truth - high) / said.scale[:, None]
    return tuple(Calibration(level=level, reach=_reach(errors[level], level)) for level in wanted)


def _reach(errors: NDArray[np.float64], level: float) -> tuple[float, ...]:
    """Return the quantile of errors (n, H, C) that split-conformal prediction asks for, (H * C,)."""
    cells = errors.reshape(len(errors), -1)
    found = []
    for column in cells.T:
        known = np.sort(column[np.isfinite(column)])
        rank = int(np.ceil((len(known) + 1) * level))
        found.append(float(known[min(rank, len(known)) - 1]) if len(known) else 0.0)
    return tuple(found)
