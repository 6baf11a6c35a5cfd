"""Which epoch is the best: pure functions of the validation curve.

Nothing here remembers anything: early stopping and the kept epoch follow from the curve alone, so a run that
is resumed decides as the uninterrupted one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """One epoch's validation result; None where it was no finite number, or was not measured."""

    metric: float | None
    loss: float | None


Curve = list[Point]


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """Return the mean of several folds' curves, over the epochs that all of them have.

    An epoch in which some fold has no number has none in the mean.

    Example:
        >>> mean_curve([[Point(0.5, 1.0), Point(0.7, 0.8)], [Point(0.7, 2.0)]])
        [Point(metric=0.6, loss=1.5)]
    """
    return [
        Point(_mean([point.metric for point in points]), _mean([point.loss for point in points]))
        for points in zip(*curves, strict=False)
    ]


def smooth(curve: Curve) -> Curve:
    """Return the centred mean of three epochs (two at the ends), over those that have a number.

    A mean over few sequences still jumps by a sequence or two from epoch to epoch; a plateau is a better
    place to stop than a spike.

    Example:
        >>> [point.metric for point in smooth([Point(0.0, None), Point(1.0, None), Point(0.5, None)])]
        [0.5, 0.5, 0.75]
    """
    return [
        Point(_around(curve, epoch, "metric"), _around(curve, epoch, "loss")) for epoch in range(len(curve))
    ]


def best_epoch(curve: Curve, *, maximize: bool) -> int | None:
    """Return the position of the best epoch, or None where no epoch has a number.

    Among equal metrics the lower loss wins, since with few validation sequences the metric saturates while
    the loss still tells; among equal losses too, the first.

    Example:
        >>> best_epoch([Point(0.9, 0.5), Point(0.9, 0.3), Point(None, 0.1)], maximize=True)
        1
    """
    sign = -1.0 if maximize else 1.0
    ranked = [
        (sign * point.metric, math.inf if point.loss is None else point.loss, epoch)
        for epoch, point in enumerate(curve)
        if point.metric is not None
    ]
    return min(ranked)[2] if ranked else None


def is_over(curve: Curve, *, maximize: bool, patience: int) -> bool:
    """Return whether ``patience`` epochs have passed since the best one (0: never).

    Example:
        >>> is_over([Point(0.9, None), Point(0.8, None), Point(0.7, None)], maximize=True, patience=2)
        True
    """
    if not patience:
        return False
    best = best_epoch(curve, maximize=maximize)
    return len(curve) - (0 if best is None else best + 1) >= patience


def _around(curve: Curve, epoch: int, name: str) -> float | None:
    if getattr(curve[epoch], name) is None:
        return None
    near = [getattr(point, name) for point in curve[max(0, epoch - 1) : epoch + 2]]
    return _mean([value for value in near if value is not None])


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known and len(known) == len(values) else None
