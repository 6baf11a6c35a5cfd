"""Predictions of classifiers as rows to be written, and as a table for the terminal."""

from collections.abc import Iterator, Sequence

from ostinato.answers.classify import Classification
from ostinato.answers.plain import plain, table
from ostinato.answers.rows import Rows, check_as_many


def columns(labels: Sequence[str]) -> list[str]:
    """Return the columns of a prediction file: ``id``, ``label`` and ``probability_LABEL`` for every label.

    Example:
        >>> columns(("no", "yes"))
        ['id', 'label', 'probability_no', 'probability_yes']
    """
    return ["id", "label", *(f"probability_{label}" for label in labels)]


def rows(ids: Sequence[str], answer: Classification) -> Rows:
    """Return one row a sequence, to be written.

    Args:
        ids: the N sequences' names.
        answer: their classification.

    Raises:
        ArgumentError: they are not as many.
    """
    return Rows(columns(answer.labels), [(name, label, *risk) for name, label, risk in _rows(ids, answer)])


def to_table(ids: Sequence[str], answer: Classification, most_classes: int = 6) -> str:
    """Return the predictions as a table for the terminal.

    With more classes than ``most_classes`` only the probability of the label itself is shown.

    Example:
        >>> import numpy as np
        >>> answer = Classification.from_scores(np.array([[0.0, 2.0]]), ("rest", "walk"))
        >>> print(to_table(["a1"], answer), end="")
        id  label    rest    walk
        a1  walk   0.1192  0.8808
    """
    every = len(answer.labels) <= most_classes
    heads = [plain(label, 12) for label in answer.labels] if every else ["probability"]
    rows = []
    for name, label, probabilities in _rows(ids, answer):
        shown = probabilities if every else [max(probabilities)]
        rows.append([plain(name, 32), plain(label, 24), *(f"{p:.4f}" for p in shown)])
    return table(["id", "label", *heads], rows, texts=2)


def _rows(ids: Sequence[str], answer: Classification) -> Iterator[tuple[str, str, list[float]]]:
    check_as_many(ids, len(answer))
    return zip(ids, answer.best(), answer.probabilities.tolist(), strict=True)
