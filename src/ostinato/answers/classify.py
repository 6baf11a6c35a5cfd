"""Sequence classification: from scores to labels with probabilities, and how good they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.curves import Bin, expected_calibration_error, reliability
from ostinato.answers.plain import plain
from ostinato.errors import ArgumentError, DataError
from ostinato.read.sequences import Sequences

Probabilities = NDArray[np.float64]
Targets = NDArray[np.int64]

CLIP = float(np.finfo(np.float64).eps)
"""log_loss takes no probability below this, so that one certain mistake costs 36 and not infinity."""

MATRIX_LIMIT = 1_000
"""Above so many classes no confusion matrix is made: it would hold millions of zeros."""


def softmax(scores: NDArray[Any]) -> Probabilities:
    """Return the probabilities of scores (…, C), in float64.

        p_c = exp(s_c - m) / sum_k exp(s_k - m),   m = max_k s_k

    Raises:
        ArgumentError: a score is not finite.

    Example:
        >>> softmax(np.array([1000.0, 1000.0])).tolist()
        [0.5, 0.5]
    """
    wide = np.asarray(scores, dtype=np.float64)
    if not np.isfinite(wide).all():
        raise ArgumentError(
            "a score is not a finite number: the model's weights or its input are out of range."
        )
    powers = np.exp(wide - wide.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


@dataclass(frozen=True)
class Classification:
    """A classifier's answer for N sequences.

    Args:
        probabilities: (N, C), each row a distribution over the labels.
        labels: the C labels, in the order of the columns.
        threshold: of two labels the probability from which on the second one is said; None: the more probable
            one is.

    Example:
        >>> answer = Classification.from_scores(np.array([[0.0, 2.0]]), ("rest", "walk"))
        >>> answer.best(), answer.probabilities.round(3).tolist()
        (['walk'], [[0.119, 0.881]])
    """

    probabilities: Probabilities
    labels: tuple[str, ...]
    threshold: float | None = None

    def __post_init__(self) -> None:
        _check_distribution(self.probabilities, len(self.labels))

    @classmethod
    def from_scores(
        cls, scores: NDArray[Any], labels: tuple[str, ...], threshold: float | None = None
    ) -> "Classification":
        """Return the answer that scores (N, C) before the softmax stand for."""
        return cls(softmax(scores), labels, threshold)

    def __len__(self) -> int:
        return len(self.probabilities)

    def indices(self) -> Targets:
        """Return each sequence's class, (N,): the most probable one, of equals the first, or by threshold."""
        return said(self.probabilities, self.threshold)

    def best(self) -> list[str]:
        """Return each sequence's label."""
        return [self.labels[index] for index in self.indices()]

    def confidence(self) -> NDArray[np.float64]:
        """Return the probability of each sequence's label, (N,)."""
        return np.asarray(self.probabilities[np.arange(len(self)), self.indices()])


def said(probabilities: Probabilities, threshold: float | None = None) -> Targets:
    """Return what is said of (…, C): the most probable class or, of two, the second from a threshold on."""
    if threshold is None:
        return np.asarray(probabilities.argmax(axis=-1), dtype=np.int64)
    return np.asarray(probabilities[..., 1] >= threshold, dtype=np.int64)


@dataclass(frozen=True)
class ClassScores:
    """How well one class is recognised. A number is None where the data leaves it undefined.

    Args:
        label: the class.
        support: sequences of this class.
        predicted: sequences that were given this label.
        precision: right ones among those predicted; undefined if there are none.
        recall: right ones among those of the class; undefined if there are none.
        f1: 2 TP / (predicted + support); undefined if both are 0.
        roc_auc: this class against all others; undefined if either side is empty.
        pr_auc: the same of precision over recall (average precision); undefined if there are none.
    """

    label: str
    support: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None
    roc_auc: float | None
    pr_auc: float | None = None

    def is_ignored(self) -> bool:
        """Return whether the data holds the class and no answer does."""
        return self.support > 0 and self.predicted == 0


@dataclass(frozen=True)
class Details:
    """All metrics of a labelled set.

    Args:
        scores: the flat metrics, as ``scores`` returns them.
        undefined: a sentence for everything that the data leaves undefined.
        classes: one entry a class.
        confusion: (C, C) counts, a row for each true and a column for each predicted class; None above
            ``MATRIX_LIMIT`` classes.
        calibration: how often answers of a given confidence were right.
    """

    scores: dict[str, float | None]
    undefined: tuple[str, ...]
    classes: tuple[ClassScores, ...]
    confusion: NDArray[np.int64] | None
    calibration: tuple[Bin, ...]


def targets_of(sequences: Sequences, labels: Sequence[str]) -> Targets:
    """Return each sequence's label as its number among ``labels``, (N,).

    Raises:
        DataError: the data has no labels, or a label that is not among these; it names the place.
    """
    if sequences.labels is None:
        raise DataError("the data has no labels; name their column with --label.")
    numbers = {label: number for number, label in enumerate(labels)}
    for index, label in enumerate(sequences.labels):
        if label not in numbers:
            place = sequences.places[index] if sequences.places else f"sequence {sequences.ids[index]!r}"
            raise DataError(
                f"{plain(place)}: label {checks.shown(label)} is not one of the model's {len(labels)} labels "
                f"({_some(labels)}); correct it, or train a model with it."
            )
    return np.array([numbers[label] for label in sequences.labels], dtype=np.int64)


def scores(probabilities: NDArray[Any], targets: Targets, labels: Sequence[str]) -> dict[str, float | None]:
    """Return the flat metrics of a labelled set; None where one is undefined.

    ``sequences`` (their number), ``accuracy``, ``precision``, ``recall`` and ``f1``, each as ``_macro`` (the
    mean over classes) and ``_weighted`` (by support), ``log_loss`` (natural logarithm, probabilities of at
    least ``CLIP``), ``roc_auc`` (binary: of the second label; else the mean over one class against the
    rest), ``pr_auc`` (the same of precision over recall: average precision, for which chance is the class's
    part of the data) and ``calibration_error`` (see ``curves.expected_calibration_error``). In a mean of
    precisions a class that is there but never predicted counts as 0, as in scikit-learn, or ignoring a class
    would raise it; a class that the data lacks is left out of the means of what is undefined for it.

    Args:
        probabilities: (N, C), N at least 1.
        targets: (N,) the true classes.
        labels: the C labels.

    Example:
        >>> found = scores(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 0]), ("no", "yes"))
        >>> found["accuracy"], found["f1_macro"], found["roc_auc"]
        (0.5, 0.3333333333333333, None)
    """
    return details(probabilities, targets, labels).scores


def details(
    probabilities: NDArray[Any], targets: Targets, labels: Sequence[str], threshold: float | None = None
) -> Details:
    """Return all metrics of a labelled set: the flat ones, by class, confusion and calibration.

    With a threshold all that is about what is said goes by it; areas, loss and calibration do not.
    """
    wide = _checked(probabilities, targets, len(labels))
    predicted = said(wide, threshold)
    classes = _by_class(wide, predicted, targets, labels)
    right = predicted == targets
    bins = reliability(wide.max(axis=1), wide.argmax(axis=1) == targets)
    flat = {
        "sequences": len(targets),
        "accuracy": float(right.mean()),
        **_means(classes),
        "log_loss": _log_loss(wide, targets),
        "roc_auc": classes[1].roc_auc if len(labels) == 2 else _mean(classes, "roc_auc"),
        "pr_auc": classes[1].pr_auc if len(labels) == 2 else _mean(classes, "pr_auc"),
        "calibration_error": expected_calibration_error(bins),
    }
    confusion = _confusion(predicted, targets, len(labels)) if len(labels) <= MATRIX_LIMIT else None
    return Details(flat, tuple(_undefined(classes)), classes, confusion, bins)


def interval(right: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a proportion (Wilson 1927): where the true one plausibly lies.

    Example:
        >>> low, high = interval(97, 100)
        >>> round(low, 3), round(high, 3)
        (0.915, 0.99)
    """
    z = 1.959963984540054  # the 97.5 % point of the normal distribution
    middle = (right + z * z / 2) / (total + z * z)
    half = z / (total + z * z) * (right * (total - right) / total + z * z / 4) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def _check_distribution(probabilities: NDArray[Any], classes: int) -> None:
    checks.shape("probabilities", probabilities, ("N", classes))
    if classes < 2:
        raise ArgumentError(f"labels has {classes} entries; a classification needs at least 2.")
    sums = np.asarray(probabilities, dtype=np.float64).sum(axis=1)
    if not (np.isfinite(sums).all() and (probabilities >= 0).all() and (abs(sums - 1) < 1e-4).all()):
        raise ArgumentError("probabilities has a row that is no distribution; expected rows that sum to 1.")


def _checked(probabilities: NDArray[Any], targets: Targets, classes: int) -> Probabilities:
    """Return checked probabilities in float64."""
    _check_distribution(probabilities, classes)
    checks.shape("targets", targets, (len(probabilities),))
    if len(targets) == 0:
        raise ArgumentError("there is no sequence to score; expected at least one.")
    if targets.min() < 0 or targets.max() >= classes:
        raise ArgumentError(
            f"targets reach from {targets.min()} to {targets.max()}; expected 0 to {classes - 1}."
        )
    return np.asarray(probabilities, dtype=np.float64)


def _by_class(
    probabilities: Probabilities, predicted: Targets, targets: Targets, labels: Sequence[str]
) -> tuple[ClassScores, ...]:
    metrics = checks.extra("sklearn.metrics", "report", "scoring")
    numbers = range(len(labels))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        targets, predicted, labels=numbers, zero_division=np.nan
    )
    answered = np.bincount(predicted, minlength=len(labels))
    return tuple(
        ClassScores(
            label=labels[c],
            support=int(support[c]),
            predicted=int(answered[c]),
            precision=_defined(precision[c]),
            recall=_defined(recall[c]),
            f1=_defined(f1[c]),
            roc_auc=roc_auc(targets == c, probabilities[:, c]),
            pr_auc=pr_auc(targets == c, probabilities[:, c]),
        )
        for c in numbers
    )


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def pr_auc(positive: NDArray[np.bool_], score: Probabilities) -> float | None:
    """Return the average precision, None where nothing is positive.

    Example:
        >>> pr_auc(np.array([True, False, True]), np.array([0.9, 0.5, 0.4]))
        0.8333333333333333
    """
    if not positive.any():
        return None
    return float(
        checks.extra("sklearn.metrics", "report", "scoring").average_precision_score(positive, score)
    )


def roc_auc(positive: NDArray[np.bool_], score: Probabilities) -> float | None:
    """Return the area under the ROC curve, None where everything or nothing is positive."""
    if positive.all() or not positive.any():
        return None
    return float(checks.extra("sklearn.metrics", "report", "scoring").roc_auc_score(positive, score))


def _means(classes: tuple[ClassScores, ...]) -> dict[str, float | None]:
    names = ("precision", "recall", "f1")
    macro = {f"{name}_macro": _mean(classes, name) for name in names}
    return macro | {f"{name}_weighted": _mean(classes, name, by_support=True) for name in names}


def _mean(classes: tuple[ClassScores, ...], name: str, by_support: bool = False) -> float | None:
    values = [0.0 if name == "precision" and one.is_ignored() else getattr(one, name) for one in classes]
    weights = [one.support if by_support else 1 for one in classes]
    kept = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None]
    total = sum(weight for _, weight in kept)
    return sum(value * weight for value, weight in kept) / total if total else None


def _log_loss(probabilities: Probabilities, targets: Targets) -> float:
    chosen = probabilities[np.arange(len(targets)), targets]
    return float(-np.log(np.clip(chosen, CLIP, 1.0)).mean())


def _confusion(predicted: Targets, targets: Targets, classes: int) -> NDArray[np.int64]:
    counts = np.bincount(targets * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def _undefined(classes: tuple[ClassScores, ...]) -> list[str]:
    """Return a sentence for each kind of undefined metric."""
    unsaid = [one.label for one in classes if one.is_ignored()]
    unseen = [one.label for one in classes if one.support == 0]
    neither = [one.label for one in classes if one.predicted == one.support == 0]
    flat = [one.label for one in classes if one.roc_auc is None]
    sentences = []
    if unsaid:
        sentences.append(f"precision of {_some(unsaid)}: never predicted; 0 in the means.")
    if unseen:
        sentences.append(f"recall of {_some(unseen)}: no sequence in the data; left out of the means.")
    if neither:
        where = "neither in the data nor predicted; left out of the means."
        sentences.append(f"precision and f1 of {_some(neither)}: {where}")
    if len(flat) == len(classes):
        sentences.append("roc_auc: all sequences in the data are of one class.")
    elif flat:
        sentences.append(f"roc_auc of {_some(flat)}: no sequence in the data; left out of the mean.")
    return sentences


def _some(labels: Sequence[str], most: int = 5) -> str:
    named = ", ".join(checks.shown(label, 30) for label in labels[:most])
    return named if len(labels) <= most else f"{named} and {len(labels) - most} more"
