"""How belief in the second of two classes moves, step by step, by what is true."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST = 5
"""A mean over fewer sequences than this is no curve: longer steps than so many reach are left out."""

POINTS = 200
"""A curve has at most so many points."""


@dataclass(frozen=True)
class RiskCurve:
    """The probability of the second class after every step, over the sequences of one class.

    Args:
        label: the true class.
        steps: counted from 1; at each those sequences count that last so long.
        mean, low, high: the mean and the middle half, one number a step.
    """

    label: str
    steps: tuple[int, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def risk_curves(
    courses: Sequence[NDArray[Any]], targets: NDArray[np.int64], labels: Sequence[str]
) -> tuple[RiskCurve, ...]:
    """Return a curve for each true class; nothing unless there are two classes.

    Args:
        courses: (T, 2) the probabilities after every step of each sequence.
        targets: (N,) the true classes.
        labels: the labels.

    Example:
        >>> rising = [np.array([[0.8, 0.2], [0.1, 0.9]])] * 5
        >>> risk_curves(rising, np.ones(5, int), ("well", "ill"))[0].mean
        (0.2, 0.9)
    """
    if len(labels) != 2:
        return ()
    curves = (
        _curve([courses[i][:, 1] for i in np.flatnonzero(targets == c).tolist()], labels[c]) for c in (0, 1)
    )
    return tuple(curve for curve in curves if curve is not None)


def _curve(courses: list[NDArray[Any]], label: str) -> RiskCurve | None:
    lengths = sorted((len(course) for course in courses), reverse=True)
    if len(lengths) < LEAST:
        return None
    places = np.unique(np.linspace(0, lengths[LEAST - 1] - 1, POINTS).round().astype(int)).tolist()
    columns = [np.array([course[step] for course in courses if len(course) > step]) for step in places]
    return RiskCurve(
        label,
        tuple(step + 1 for step in places),
        tuple(round(float(column.mean()), 6) for column in columns),
        tuple(round(float(np.quantile(column, 0.25)), 6) for column in columns),
        tuple(round(float(np.quantile(column, 0.75)), 6) for column in columns),
    )
