"""CSV and TSV: UTF-8 text, a first line of column names, one separator, quotes as in RFC 4180.

Every column is read as text and becomes numbers only where it is used as numbers, so that an id ``01234`` or
a label ``NA`` stays what it is.
"""

import csv
import io
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read import numerals, times
from ostinato.read.layout import Layout, scan
from ostinato.read.limits import Limits
from ostinato.read.source import Source, load_text
from ostinato.read.table import Kind, Nested, Table

_PURPOSE = "reading CSV"


class TextTable(Table):
    """A table in which every cell is text.

    Args:
        source: the file.
        separator: one character.
        limits: for the sizes.
        names: of the columns, where the file has no line of them.
    """

    def __init__(
        self, source: Source, separator: str, limits: Limits, names: Sequence[str] | None = None
    ) -> None:
        layout = scan(source, separator)
        _check_row_bytes(source, layout, limits)
        head = int(names is None)
        given = _header(source, layout, separator) if names is None else list(names)
        _check_fields(
            source, layout, len(given), "the header has" if names is None else "the names (--names) are"
        )
        self.source = source
        self.lines = layout.lines[head:]
        self._numbers: dict[str, NDArray[np.float64]] = {}
        super().__init__(source.name, given, len(self.lines), limits)
        self.columns = _parse(source, layout, separator, given, head)

    def place(self, row: int) -> str:
        return self.source.line(int(self.lines[row]))

    def kind(self, column: str) -> Kind:
        values = self.numbers(column)
        if np.isfinite(values).all():
            return "number"
        meant, words = self._counts(column)
        if not words:
            return "number"
        return "mixed" if meant else "text"

    def mostly_words(self, column: str) -> bool:
        meant, words = self._counts(column)
        return words > meant

    def texts(self, column: str) -> list[str | None]:
        texts: list[str | None] = self.columns[column].to_pylist()
        return texts

    def numbers(self, column: str) -> NDArray[np.float64]:
        if column not in self._numbers:
            self._numbers[column] = _numbers(self.columns[column])
        return self._numbers[column]

    def times(self, column: str) -> NDArray[Any]:
        return times.points(self.texts(column), lambda row: self.cell(row, column))

    def tick(self, column: str) -> float:
        return times.tick(self.columns[column][0].as_py())

    def absent(self, column: str) -> NDArray[np.bool_]:
        absent = ~np.isfinite(self.numbers(column))
        bad = np.flatnonzero(absent)
        absent[bad] = [numerals.missing(cell) for cell in self.columns[column].take(bad).to_pylist()]
        return absent

    def nested(self, column: str) -> Nested:
        raise DataError(f"{self.name}: column {checks.shown(column)} holds text; a CSV file has no lists.")

    def explain(self, column: str, row: int, step: int | None = None, feature: int = 0) -> str:
        return numerals.fault(self.columns[column][row].as_py())

    def _counts(self, column: str) -> tuple[int, int]:
        """Return how many cells are meant as numbers, and how many as words."""
        bad = np.flatnonzero(~np.isfinite(self.numbers(column)))
        cells = [cell for cell in self.columns[column].take(bad).to_pylist() if not numerals.missing(cell)]
        words = sum(not numerals.meant(cell) for cell in cells)
        return self.rows - len(bad) + len(cells) - words, words


def read_csv(path: str | os.PathLike[str], separator: str, limits: Limits) -> TextTable:
    """Read a CSV or TSV file.

    Args:
        path: the file; decompressed where its name ends in ``.gz``.
        separator: what stands between two fields.
        limits: for the sizes.

    Raises:
        DataError: the file is not readable text, a row has too few or too many fields, a quote is wrong, two
            columns have one name, or there is no row; with the line.
    """
    return TextTable(load_text(path, limits, limits.row_bytes), separator, limits)


def _check_row_bytes(source: Source, layout: Layout, limits: Limits) -> None:
    if not len(layout.starts):
        raise DataError(f"{source.name}: is empty; expected a line of column names and rows.")
    sizes = layout.ends - layout.starts
    longest = int(np.argmax(sizes))
    if sizes[longest] > limits.row_bytes:
        raise DataError(
            f"{source.line(int(layout.lines[longest]))}: the row has {int(sizes[longest]):,} bytes, above "
            "the limit "
            f"of {limits.row_bytes:,}; is a quote opened here and closed much later?"
        )


def _header(source: Source, layout: Layout, separator: str) -> list[str]:
    """Return the column names, exactly as they are written."""
    text = source.data[layout.starts[0] : layout.ends[0]].decode()
    names = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    _check_separator(source, names, separator)
    return names


def _check_separator(source: Source, names: list[str], separator: str) -> None:
    if len(names) > 1:
        return
    for other, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars"), (",", "commas")):
        if other != separator and other in names[0]:
            expected = names[0].count(other) + 1
            raise DataError(
                f"{source.line(1)}: 1 column found, expected {expected}: {checks.shown(names[0])} is "
                "separated by "
                f"{word}, not by {checks.shown(separator)}; save it as .csv with commas, or as .tsv with "
                "tabs."
            )


def _check_fields(source: Source, layout: Layout, expected: int, told: str) -> None:
    wrong = np.flatnonzero(layout.fields != expected)
    if len(wrong):
        row = int(wrong[0])
        raise DataError(
            f"{source.line(int(layout.lines[row]))}: {layout.fields[row]} fields, but {told} {expected} "
            f"({len(wrong):,} such rows in all); quote a field that has the separator in it."
        )
    if expected == 1 and len(layout.blank):
        raise DataError(
            f'{source.line(int(layout.blank[0]))}: the line is empty; write "" for an empty text.'
        )


def _parse(source: Source, layout: Layout, separator: str, names: list[str], head: int) -> dict[str, Any]:
    """Return the columns as Arrow strings; ``head`` is the first of the rows that is none of names."""
    arrow = checks.extra("pyarrow", "tables", _PURPOSE)
    reader = checks.extra("pyarrow.csv", "tables", _PURPOSE)
    keys = [str(index) for index in range(len(names))]
    longest = int((layout.ends - layout.starts).max())
    try:
        table = reader.read_csv(
            source.reader(int(layout.starts[head])),
            read_options=reader.ReadOptions(column_names=keys, block_size=max(2**22, 2 * longest + 4)),
            parse_options=reader.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=reader.ConvertOptions(
                column_types=dict.fromkeys(keys, arrow.string()), null_values=[], strings_can_be_null=False
            ),
        )
    except arrow.ArrowException as error:
        raise DataError(f"{source.name}: cannot be read as a table ({_one_line(error)}).") from error
    if table.num_rows != (rows := len(layout.starts) - head):
        raise DataError(f"{source.name}: {rows} rows by its lines, {table.num_rows} by its fields.")
    return {name: table.column(index) for index, name in enumerate(names)}


def _numbers(column: Any) -> NDArray[np.float64]:
    """Return the cells as float64, NaN where one is no number (in the fast case all are)."""
    arrow = checks.extra("pyarrow", "tables", _PURPOSE)
    compute = checks.extra("pyarrow.compute", "tables", _PURPOSE)
    try:
        values = compute.cast(column, arrow.float64())
    except arrow.ArrowInvalid:
        good = compute.match_substring_regex(column, numerals.NUMBER)
        cells = compute.if_else(good, compute.utf8_trim(column, characters=" \t"), None)
        values = compute.cast(cells, arrow.float64())
    numbers: NDArray[np.float64] = values.to_numpy()
    return numbers


def _one_line(error: Exception) -> str:
    return checks.shown(str(error), limit=200)
