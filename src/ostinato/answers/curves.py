"""How answers behave over all confidences and thresholds: calibration and the ROC curve."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks

BINS = 10
"""Confidence is divided into so many intervals of equal width."""

POINTS = 200
"""A ROC curve is drawn through at most so many points."""


@dataclass(frozen=True)
class Bin:
    """The answers whose confidence lies in one interval.

    Args:
        low, high: the interval, low < confidence ≤ high.
        count: the number of answers.
        confidence, accuracy: their mean confidence and the part that was right; None where count is 0.
    """

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True)
class RocCurve:
    """The true and false positive rates of one class against the rest, from the strictest threshold on."""

    label: str
    auc: float
    false_positive: tuple[float, ...]
    true_positive: tuple[float, ...]


def reliability(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], bins: int = BINS
) -> tuple[Bin, ...]:
    """Return the answers by confidence (Guo et al. 2017, section 2, arXiv:1706.04599).

    Args:
        confidence: (N,) the probability of each answer, in (0, 1].
        right: (N,) whether it was the true class.
        bins: the number of intervals.

    Example:
        >>> reliability(np.array([0.75, 1.0]), np.array([True, False]), bins=2)[1]
        Bin(low=0.5, high=1.0, count=2, confidence=0.875, accuracy=0.5)
    """
    edges = np.linspace(0.0, 1.0, bins + 1)
    places = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    return tuple(
        _bin(edges[i], edges[i + 1], confidence[places == i], right[places == i]) for i in range(bins)
    )


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Return how far confidence and accuracy lie apart: ``sum_m |B_m| / N · |acc(B_m) - conf(B_m)|``.

    Example:
        >>> expected_calibration_error([Bin(0.5, 1.0, 2, 0.85, 0.5)])
        0.35
    """
    total = sum(bin.count for bin in bins)
    gaps = (
        bin.count * abs(bin.accuracy - bin.confidence)
        for bin in bins
        if bin.accuracy is not None and bin.confidence is not None
    )
    return sum(gaps) / total


def roc_curve(positive: NDArray[np.bool_], score: NDArray[Any], label: str) -> RocCurve | None:
    """Return the ROC curve of one class, or None where all or no sequences are of it.

    Args:
        positive: (N,) whether each sequence is of the class.
        score: (N,) the class's probability.
        label: the class's label. The curve is thinned to ``POINTS`` points; its area is that of all.
    """
    if positive.all() or not positive.any():
        return None
    metrics = checks.extra("sklearn.metrics", "report", "a ROC curve")
    false_positive, true_positive, _ = metrics.roc_curve(positive, score)
    area = float(metrics.auc(false_positive, true_positive))
    kept = np.unique(np.linspace(0, len(false_positive) - 1, POINTS).round().astype(int))
    return RocCurve(label, area, tuple(false_positive[kept].tolist()), tuple(true_positive[kept].tolist()))


def best_threshold(positive: NDArray[np.bool_], score: NDArray[Any], by: str) -> float | None:
    """Return the score from which on to say that something is positive; None where all or nothing is.

    Args:
        positive: (N,) what is positive.
        score: (N,).
        by: what is highest there: ``"f1"``, or ``"youden"``, the true less the false positive rate (Youden
            1950).

    Example:
        >>> best_threshold(np.array([False, True, True]), np.array([0.1, 0.3, 0.4]), "f1")
        0.3
    """
    if positive.all() or not positive.any():
        return None
    metrics = checks.extra("sklearn.metrics", "report", "tuning a threshold")
    if checks.choice("threshold", by, ("f1", "youden")) == "f1":
        precision, recall, thresholds = metrics.precision_recall_curve(positive, score)
        worth = 2 * precision[:-1] * recall[:-1] / np.maximum(precision[:-1] + recall[:-1], 1e-12)
    else:
        false_positive, true_positive, thresholds = metrics.roc_curve(positive, score)
        worth = np.where(np.isfinite(thresholds), true_positive - false_positive, -np.inf)
    return float(thresholds[int(np.argmax(worth))])


def _bin(low: float, high: float, confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> Bin:
    if len(confidence) == 0:
        return Bin(float(low), float(high), 0, None, None)
    return Bin(float(low), float(high), len(confidence), float(confidence.mean()), float(right.mean()))
