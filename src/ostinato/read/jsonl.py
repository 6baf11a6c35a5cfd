"""JSON Lines: one object a line, read strictly: no key twice, no NaN, no infinity.

A record is a whole sequence, ``{"label": "walk", "values": [[0.1, 0.2], [0.3, 0.4]]}`` or
``{"label": "yes", "text": "…"}``, or one step of a long table, ``{"id": "u1", "label": "walk", "x": 0.1}``.
"""

import json
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read import numerals, times
from ostinato.read.limits import Limits
from ostinato.read.source import Source, load_text
from ostinato.read.strict_json import decode_line, json_shown
from ostinato.read.table import Kind, Nested, Table

_NUMBERS = {int, float}


class RecordTable(Table):
    """A table of JSON values; a key that a record lacks is a missing value.

    Args:
        source: the file.
        limits: for the sizes.
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        self.source = source
        self.lines, records = _records(source)
        names = list(dict.fromkeys(key for record in records for key in record))
        super().__init__(source.name, names, len(records), limits)
        self.columns: dict[str, list[Any]] = {
            name: [record.get(name) for record in records] for name in names
        }

    def place(self, row: int) -> str:
        return self.source.line(self.lines[row])

    def kind(self, column: str) -> Kind:
        types = {type(value) for value in self.columns[column]} - {type(None)}
        if types <= _NUMBERS:
            return "number"
        if list in types:  # a value among lists is refused when they are read
            return "list"
        if types == {str}:
            return "text"
        return "mixed" if types <= _NUMBERS | {str} else "other"

    def mostly_words(self, column: str) -> bool:
        types = [type(value) for value in self.columns[column]]
        return types.count(str) > len(types) - types.count(str) - types.count(type(None))

    def texts(self, column: str) -> list[str | None]:
        texts: list[str | None] = []
        for row, value in enumerate(self.columns[column]):
            if isinstance(value, list | dict):
                raise DataError(f"{self.cell(row, column)}: {checks.shown(value)}; expected a text.")
            texts.append(value if value is None or isinstance(value, str) else json.dumps(value))
        return texts

    def numbers(self, column: str) -> NDArray[np.float64]:
        return np.array([_float(value) for value in self.columns[column]], dtype=np.float64)

    def times(self, column: str) -> NDArray[Any]:
        return times.points(self.texts(column), lambda row: self.cell(row, column))

    def tick(self, column: str) -> float:
        return times.tick(self.texts(column)[0])

    def absent(self, column: str) -> NDArray[np.bool_]:
        return np.array([value is None for value in self.columns[column]])

    def nested(self, column: str) -> Nested:
        values = self.columns[column]
        for row, value in enumerate(values):
            if not isinstance(value, list):
                raise DataError(f"{self.cell(row, column)}: {json_shown(value)}; expected a list of numbers.")
        flat = not any(isinstance(step, list) for value in values for step in value[:1])
        steps = [step for value in values for step in value]
        lengths = np.array([len(value) for value in values], dtype=np.int64)
        if flat:
            return Nested(_floats(steps)[:, None], lengths, True, _absent(steps)[:, None])
        width = self._width(column)
        numbers = [number for step in steps for number in step]
        absent = _absent(numbers).reshape(-1, width)
        return Nested(_floats(numbers).reshape(-1, width), lengths, False, absent)

    def explain(self, column: str, row: int, step: int | None = None, feature: int = 0) -> str:
        value = self.columns[column][row]
        if step is not None:
            value = value[step]
        if isinstance(value, list):
            value = value[feature] if self._is_step_of_lists(column) else value
        if value is None:
            return numerals.number_fault(None)
        return f"{json_shown(value)} {numerals.TOO_LARGE if type(value) in _NUMBERS else 'is not a number'}"

    def _is_step_of_lists(self, column: str) -> bool:
        first = next((value[0] for value in self.columns[column] if isinstance(value, list) and value), None)
        return isinstance(first, list)

    def _width(self, column: str) -> int:
        """Return the number of features, which every step of every sequence must have."""
        width = next(len(value[0]) for value in self.columns[column] if value and isinstance(value[0], list))
        for row, value in enumerate(self.columns[column]):
            for step, numbers in enumerate(value, start=1):
                if not isinstance(numbers, list) or len(numbers) != width or not numbers:
                    raise DataError(
                        f"{self.cell(row, column)}, step {step}: {json_shown(numbers)}; expected a list of "
                        f"{max(width, 1)} numbers, as many as in every step."
                    )
        return width


def read_jsonl(path: str | os.PathLike[str], limits: Limits) -> RecordTable:
    """Read a JSON Lines file; one that ends in ``.gz`` is decompressed.

    Raises:
        DataError: a line is no JSON object, or there is none; with the line.
    """
    return RecordTable(load_text(path, limits, limits.line_bytes), limits)


def _records(source: Source) -> tuple[list[int], list[dict[str, Any]]]:
    """Return the lines that hold records, counted from 1, and the records; blank lines hold none."""
    lines = source.lines()
    return [number for number, _ in lines], [_record(source, number, line) for number, line in lines]


def _record(source: Source, number: int, line: str) -> dict[str, Any]:
    record = decode_line(source, number, line)
    if not isinstance(record, dict):
        raise DataError(f"{source.line(number)}: {json_shown(record)}; expected one object a line, as {{…}}.")
    return record


def _float(value: Any) -> float:
    if type(value) not in _NUMBERS:
        return float("nan")
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _floats(values: list[Any]) -> NDArray[np.float64]:
    if set(map(type, values)) == {float}:
        return np.array(values, dtype=np.float64)
    return np.array([_float(value) for value in values], dtype=np.float64)


def _absent(values: list[Any]) -> NDArray[np.bool_]:
    return np.array([value is None for value in values], dtype=bool)
