"""Rows of answers as files: CSV, JSON Lines, Parquet."""

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ostinato import checks
from ostinato.answers.files import write_file
from ostinato.errors import ArgumentError

Cell = str | int | float

ENDINGS = (".csv", ".jsonl", ".parquet")
"""How the names of files end that rows are written to."""

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


@dataclass(frozen=True)
class Rows:
    """Rows of one kind of answer, ready to be written.

    Args:
        columns: their names.
        rows: a cell for each column: text, or a finite number.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def write(self, path: Path) -> None:
        """Write a file whose ending names the format.

        The file appears whole or not at all; one that stood there is replaced.

        Raises:
            ArgumentError: the ending is unknown, or the file cannot be written.
            MissingExtraError: Parquet without pyarrow.
        """
        formats: dict[str, Callable[[], bytes]] = {
            ".csv": lambda: self.to_csv().encode(),
            ".jsonl": lambda: self.to_json_lines().encode(),
            ".parquet": self.to_parquet,
        }
        ending = path.suffix.lower()
        if ending not in formats:
            raise ArgumentError(
                f"{path} ends in {ending or 'nothing'!r}; choose one of {', '.join(formats)}."
            )
        write_file(path, formats[ending]())

    def to_csv(self) -> str:
        """Return CSV with a header row.

        A text that a spreadsheet would take for a formula gets an apostrophe before it; numbers such as -1
        stay.

        Example:
            >>> print(Rows(["id", "life"], [("u1", 3.5), ("=b", 2.5)]).to_csv(), end="")
            id,life
            u1,3.5
            '=b,2.5
        """
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerows(map(_written, row) for row in (self.columns, *self.rows))
        return out.getvalue()

    def to_json_lines(self) -> str:
        """Return JSON Lines: one object a row, with the columns as keys."""
        objects = (dict(zip(self.columns, row, strict=True)) for row in self.rows)
        return "".join(json.dumps(one, allow_nan=False) + "\n" for one in objects)

    def to_parquet(self) -> bytes:
        """Return a Parquet file: text is text, whole numbers int64, other numbers float64."""
        arrow = checks.extra("pyarrow", "tables", "writing Parquet files")
        parquet = checks.extra("pyarrow.parquet", "tables", "writing Parquet files")
        arrays = [arrow.array(list(column)) for column in zip(*self.rows, strict=True)]
        out = io.BytesIO()
        parquet.write_table(arrow.Table.from_arrays(arrays, names=[*self.columns]), out)
        return out.getvalue()


def check_as_many(ids: Sequence[str], count: int) -> None:
    """Refuse names of sequences that are not as many as their answers."""
    if len(ids) != count:
        raise ArgumentError(f"{len(ids)} ids are given for {count} predictions; expected one each.")


def _written(cell: Cell) -> str:
    if not isinstance(cell, str):
        return repr(cell)
    return "'" + cell if cell.startswith(FORMULA) and not NUMBER.fullmatch(cell) else cell
