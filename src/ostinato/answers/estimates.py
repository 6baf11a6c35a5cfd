"""Numbers that a regression model told, as files: CSV, JSON Lines, Parquet."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ostinato import checks
from ostinato.answers.files import write_file
from ostinato.answers.regress import Estimates
from ostinato.answers.write import harmless
from ostinato.errors import ArgumentError

Row = tuple[str | int | float, ...]


def columns(answer: Estimates) -> list[str]:
    """Return the columns of the file: ``id``, ``step`` where there is a number a step, and the number's name.

    The name is ``prediction`` where the number is called as another column.
    """
    named = answer.name if answer.name not in ("id", "step") else "prediction"
    return ["id", "step", named] if answer.per_step else ["id", named]


def write(path: Path, ids: Sequence[str], answer: Estimates) -> None:
    """Write one row a sequence, or one a step, to a file whose ending names the format.

    Raises:
        ArgumentError: the ending is unknown, the numbers differ, or the file cannot be written.
        MissingExtraError: Parquet without pyarrow.
    """
    formats: dict[str, Callable[[Sequence[str], Estimates], bytes]] = {
        ".csv": lambda ids, answer: to_csv(ids, answer).encode(),
        ".jsonl": lambda ids, answer: to_json_lines(ids, answer).encode(),
        ".parquet": to_parquet,
    }
    ending = path.suffix.lower()
    if ending not in formats:
        raise ArgumentError(f"{path} ends in {ending or 'nothing'!r}; choose one of {', '.join(formats)}.")
    write_file(path, formats[ending](ids, answer))


def to_csv(ids: Sequence[str], answer: Estimates) -> str:
    """Return the numbers as CSV with a header row; steps are counted from 1.

    Example:
        >>> import numpy as np
        >>> print(to_csv(["u1"], Estimates([np.array([3.5, 2.5])], "life", per_step=True)), end="")
        id,step,life
        u1,1,3.5
        u1,2,2.5
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(harmless, columns(answer)))
    for name, *numbers in _rows(ids, answer):
        writer.writerow([harmless(str(name)), *map(repr, numbers)])
    return out.getvalue()


def to_json_lines(ids: Sequence[str], answer: Estimates) -> str:
    """Return the numbers as JSON Lines: one object a row, with the columns as keys."""
    names = columns(answer)
    rows = (dict(zip(names, row, strict=True)) for row in _rows(ids, answer))
    return "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows)


def to_parquet(ids: Sequence[str], answer: Estimates) -> bytes:
    """Return the numbers as a Parquet file: id is text, step a whole number, the number float64."""
    arrow = checks.extra("pyarrow", "tables", "writing Parquet files")
    parquet = checks.extra("pyarrow.parquet", "tables", "writing Parquet files")
    parts = zip(*_rows(ids, answer), strict=True)
    table = arrow.Table.from_arrays([arrow.array(list(part)) for part in parts], names=columns(answer))
    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


def _rows(ids: Sequence[str], answer: Estimates) -> Iterator[Row]:
    if len(ids) != len(answer):
        raise ArgumentError(f"{len(ids)} ids are given for {len(answer)} predictions; expected one each.")
    for name, values in zip(ids, answer.values, strict=True):
        for step, value in enumerate(values.tolist(), start=1):
            yield (name, step, value) if answer.per_step else (name, value)
