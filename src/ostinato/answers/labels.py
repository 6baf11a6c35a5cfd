"""Several labels at once, each by itself: probabilities, what is said, and how good it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.classify import pr_auc, roc_auc
from ostinato.answers.curves import expected_calibration_error, reliability
from ostinato.answers.rows import Rows, check_as_many
from ostinato.errors import ArgumentError, DataError
from ostinato.read.sequences import Sequences

Probabilities = NDArray[np.float64]
Flags = NDArray[np.bool_]

CLIP = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class LabelAnswer:
    """What is said of N sequences.

    Args:
        probabilities: (N, L), each number by itself.
        labels: the L labels.
        thresholds: from which probability on each is said.

    Example:
        >>> answer = LabelAnswer(np.array([[0.9, 0.2]]), ("sepsis", "stroke"), (0.5, 0.1))
        >>> answer.said()
        [('sepsis', 'stroke')]
    """

    probabilities: Probabilities
    labels: tuple[str, ...]
    thresholds: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.probabilities)

    def flags(self) -> Flags:
        """Return which labels are said, (N, L)."""
        return np.asarray(self.probabilities >= np.array(self.thresholds))

    def said(self) -> list[tuple[str, ...]]:
        """Return the labels that are said of each sequence."""
        return [
            tuple(label for label, flag in zip(self.labels, row, strict=True) if flag) for row in self.flags()
        ]


@dataclass(frozen=True)
class LabelScores:
    """How well one label is told. A number is None where the data leaves it undefined.

    Args:
        label: the label.
        support, predicted: how many sequences have it, and of how many it is said.
        precision, recall, f1: of what is said.
        roc_auc, pr_auc, calibration_error: of the probabilities, whatever is said.
    """

    label: str
    support: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None
    roc_auc: float | None
    pr_auc: float | None
    calibration_error: float


def flags_of(sequences: Sequences, labels: Sequence[str]) -> Flags:
    """Return which of these labels each sequence has, (N, L).

    Raises:
        DataError: the data has no such labels.
    """
    if sequences.flags is None:
        raise DataError(
            "the data does not say which labels each sequence has; name their columns (--labels)."
        )
    if sequences.columns.labels != tuple(labels):
        given = ", ".join(sequences.columns.labels)
        raise DataError(f"the data tells the labels {checks.shown(given)}; expected {', '.join(labels)}.")
    return sequences.flags


def sigmoid(scores: NDArray[Any]) -> Probabilities:
    """Return the probabilities of scores, in float64: 1 / (1 + exp(-s)).

    Example:
        >>> sigmoid(np.array([0.0, -1000.0])).tolist()
        [0.5, 0.0]
    """
    wide = np.asarray(scores, dtype=np.float64)
    if not np.isfinite(wide).all():
        raise ArgumentError(
            "a score is not a finite number: the model's weights or its input are out of range."
        )
    return np.asarray(0.5 * (1 + np.tanh(0.5 * wide)))


def by_label(answer: LabelAnswer, true: Flags) -> tuple[LabelScores, ...]:
    """Return how well each label is told.

    Args:
        answer: what is said of N sequences.
        true: (N, L).
    """
    said = answer.flags()
    return tuple(
        _one(label, answer.probabilities[:, column], said[:, column], true[:, column])
        for column, label in enumerate(answer.labels)
    )


def scores(answer: LabelAnswer, true: Flags) -> dict[str, float | None]:
    """Return the flat metrics.

    ``sequences``, ``accuracy`` of single labels, ``exact`` (all labels of a sequence right), ``f1_macro``,
    ``roc_auc``, ``pr_auc`` and ``calibration_error`` (means over the labels for which they are defined) and
    ``log_loss`` (the mean over sequences and labels).

    Example:
        >>> answer = LabelAnswer(np.array([[0.9, 0.4], [0.2, 0.6]]), ("a", "b"), (0.5, 0.5))
        >>> found = scores(answer, np.array([[True, True], [False, True]]))
        >>> found["accuracy"], found["exact"], found["roc_auc"]
        (0.75, 0.5, 1.0)
    """
    found, right = by_label(answer, true), answer.flags() == true
    chosen = np.where(true, answer.probabilities, 1 - answer.probabilities)
    means = {name: _mean([getattr(one, name) for one in found]) for name in ("f1", "roc_auc", "pr_auc")}
    return {
        "sequences": len(answer),
        "accuracy": float(right.mean()),
        "exact": float(right.all(axis=1).mean()),
        "f1_macro": means["f1"],
        "roc_auc": means["roc_auc"],
        "pr_auc": means["pr_auc"],
        "log_loss": float(-np.log(np.clip(chosen, CLIP, 1)).mean()),
        "calibration_error": _mean([one.calibration_error for one in found]),
    }


def rows(ids: Sequence[str], answer: LabelAnswer) -> Rows:
    """Return a row a sequence: ``id``, 1 or 0 for each label, and ``probability_LABEL`` for each.

    Raises:
        ArgumentError: there are not as many names as sequences.
    """
    check_as_many(ids, len(answer))
    columns = ["id", *answer.labels, *(f"probability_{label}" for label in answer.labels)]
    said = zip(ids, answer.flags().astype(int).tolist(), answer.probabilities.tolist(), strict=True)
    return Rows(columns, [(name, *flags, *risk) for name, flags, risk in said])


def _one(label: str, risk: Probabilities, said: Flags, true: Flags) -> LabelScores:
    hits, support, predicted = int((said & true).sum()), int(true.sum()), int(said.sum())
    return LabelScores(
        label=label,
        support=support,
        predicted=predicted,
        precision=hits / predicted if predicted else None,
        recall=hits / support if support else None,
        f1=2 * hits / (support + predicted) if support + predicted else None,
        roc_auc=roc_auc(true, risk),
        pr_auc=pr_auc(true, risk),
        calibration_error=expected_calibration_error(reliability(risk, true)),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
