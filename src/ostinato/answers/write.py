"""Predictions as files and as text: CSV, JSON Lines, Parquet, a table for the terminal."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ostinato import checks
from ostinato.answers.classify import Classification
from ostinato.answers.files import write_file
from ostinato.answers.plain import plain, table
from ostinato.errors import ArgumentError

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def columns(labels: Sequence[str]) -> list[str]:
    """Return the columns of a prediction file: ``id``, ``label`` and ``probability_LABEL`` for every label.

    Example:
        >>> columns(("no", "yes"))
        ['id', 'label', 'probability_no', 'probability_yes']
    """
    return ["id", "label", *(f"probability_{label}" for label in labels)]


def write(path: Path, ids: Sequence[str], answer: Classification) -> None:
    """Write one row a sequence to a file whose ending names the format: .csv, .jsonl or .parquet.

    The file appears whole or not at all; one that stood there is replaced.

    Args:
        path: the file.
        ids: the N sequences' names.
        answer: their classification.

    Raises:
        ArgumentError: the ending is unknown, the numbers differ, or the file cannot be written.
        MissingExtraError: Parquet without pyarrow.
    """
    formats: dict[str, Callable[[Sequence[str], Classification], bytes]] = {
        ".csv": lambda ids, answer: to_csv(ids, answer).encode(),
        ".jsonl": lambda ids, answer: to_json_lines(ids, answer).encode(),
        ".parquet": to_parquet,
    }
    ending = path.suffix.lower()
    if ending not in formats:
        raise ArgumentError(f"{path} ends in {ending or 'nothing'!r}; choose one of {', '.join(formats)}.")
    write_file(path, formats[ending](ids, answer))


def to_csv(ids: Sequence[str], answer: Classification) -> str:
    """Return the predictions as CSV with a header row.

    A text that a spreadsheet would take for a formula gets an apostrophe before it; numbers such as -1 stay.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(harmless, columns(answer.labels)))
    for name, label, probabilities in _rows(ids, answer):
        writer.writerow([harmless(name), harmless(label), *map(repr, probabilities)])
    return out.getvalue()


def to_json_lines(ids: Sequence[str], answer: Classification) -> str:
    """Return the predictions as JSON Lines: one object a sequence, with the columns as keys."""
    names = columns(answer.labels)
    rows = (
        json.dumps(dict(zip(names, (name, label, *probabilities), strict=True)), allow_nan=False)
        for name, label, probabilities in _rows(ids, answer)
    )
    return "".join(row + "\n" for row in rows)


def to_parquet(ids: Sequence[str], answer: Classification) -> bytes:
    """Return the predictions as a Parquet file: id and label are text, probabilities float64."""
    arrow = checks.extra("pyarrow", "tables", "writing Parquet files")
    parquet = checks.extra("pyarrow.parquet", "tables", "writing Parquet files")
    _check_length(ids, answer)
    arrays = [arrow.array(list(ids), arrow.string()), arrow.array(answer.best(), arrow.string())]
    arrays += [arrow.array(answer.probabilities[:, c]) for c in range(len(answer.labels))]
    out = io.BytesIO()
    parquet.write_table(arrow.Table.from_arrays(arrays, names=columns(answer.labels)), out)
    return out.getvalue()


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
    _check_length(ids, answer)
    return zip(ids, answer.best(), answer.probabilities.tolist(), strict=True)


def _check_length(ids: Sequence[str], answer: Classification) -> None:
    if len(ids) != len(answer):
        raise ArgumentError(f"{len(ids)} ids are given for {len(answer)} predictions; expected one each.")


def harmless(cell: str) -> str:
    """Return a cell with an apostrophe before it where a spreadsheet would take it for a formula."""
    if cell.startswith(FORMULA) and not NUMBER.fullmatch(cell):
        return "'" + cell
    return cell
