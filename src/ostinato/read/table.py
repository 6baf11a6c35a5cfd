"""A table of any origin, as the readers of this package see it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read import numerals
from ostinato.read.limits import Limits

Kind = Literal["number", "text", "mixed", "list", "other"]
"""Of a column: all numbers; no numbers; both; lists of numbers; anything else."""


@dataclass(frozen=True)
class Nested:
    """A column of lists, one a row, end to end.

    Args:
        values: (sum of lengths, I) float64.
        lengths: (rows,) steps of each row.
        flat: whether the lists held numbers, not lists of numbers (then I is 1).
        absent: (sum of lengths, I) where a value is missing, not wrong.
    """

    values: NDArray[np.float64]
    lengths: NDArray[np.int64]
    flat: bool
    absent: NDArray[np.bool_]


class Table(ABC):
    """Named columns of equal length, with the place of every row for messages.

    Args:
        name: the file's name, or what the table is.
        names: the columns, in order; refused where one is nameless or two are alike.
        rows: how many there are; refused where there is none.
        limits: for the number of rows and columns.
    """

    def __init__(self, name: str, names: list[str], rows: int, limits: Limits) -> None:
        self.name = name
        self.names = names
        self.rows = rows
        self._check_names()
        if rows == 0:
            raise DataError(f"{name}: has no rows.")
        for what, count, limit in (("rows", rows, limits.rows), ("columns", len(names), limits.columns)):
            if count > limit:
                raise DataError(f"{name}: has {count:,} {what}, above the limit of {limit:,}; split it.")

    def _check_names(self) -> None:
        seen: set[str] = set()
        for number, name in enumerate(self.names, start=1):
            if not name.strip():
                raise DataError(
                    f"{self.name}: column {number} has no name; name it, or remove it (a row index?)."
                )
            if name in seen:
                raise DataError(f"{self.name}: two columns are called {checks.shown(name)}; rename one.")
            seen.add(name)

    def require(self, column: str, role: str) -> str:
        """Return a column's name, or say that the table has none of that name.

        Args:
            column: its name.
            role: what it is for, such as ``"label"``.
        """
        if column in self.names:
            return column
        close = get_close_matches(column, self.names, n=1)
        hint = f"; did you mean {checks.shown(close[0])}?" if close else "."
        if all(numerals.meant(name) for name in self.names):
            hint = ": are these values? The first line must name the columns."
        raise DataError(
            f"{self.name}: has no column {checks.shown(column)} ({role}); its columns are "
            f"{listed(self.names)}{hint}"
        )

    def cell(self, row: int, column: str) -> str:
        """Return the place of one cell, for messages."""
        return f"{self.place(row)}, column {checks.shown(column)}"

    def out_of_order(self, column: str, before: int, row: int, *, same: bool) -> str:
        """Return, for messages, that a row's time is no later than that of the row before it."""
        texts, relation = self.texts(column), "the same as" if same else "before"
        value, earlier = checks.shown(texts[row]), checks.shown(texts[before])
        return f"{self.cell(row, column)}: {value} is {relation} {earlier} in {self.place(before)}"

    @abstractmethod
    def place(self, row: int) -> str:
        """Return the place of a row (counted from 0 here), for messages."""

    @abstractmethod
    def kind(self, column: str) -> Kind:
        """Return what a column holds."""

    @abstractmethod
    def mostly_words(self, column: str) -> bool:
        """Return whether a column of numbers and words holds more words."""

    @abstractmethod
    def texts(self, column: str) -> list[str | None]:
        """Return a column as text, exactly as it is written; None where a value is missing."""

    @abstractmethod
    def numbers(self, column: str) -> NDArray[np.float64]:
        """Return a column as numbers, (rows,); not finite where :meth:`explain` says why."""

    @abstractmethod
    def times(self, column: str) -> NDArray[Any]:
        """Return a column as points in time that can be compared, (rows,)."""

    @abstractmethod
    def tick(self, column: str) -> float:
        """Return how many seconds a unit of :meth:`times` is; of times that are plain numbers, 1."""

    def clock(self, column: str) -> NDArray[np.float64]:
        """Return a column as times, (rows,): numbers as they are written, of time stamps seconds."""
        return np.asarray(self.times(column), dtype=np.float64) * self.tick(column)

    @abstractmethod
    def absent(self, column: str) -> NDArray[np.bool_]:
        """Return in which rows of a column of numbers the value is missing, not wrong, (rows,)."""

    @abstractmethod
    def nested(self, column: str) -> Nested:
        """Return a column of lists; values are not finite where :meth:`explain` says why."""

    @abstractmethod
    def explain(self, column: str, row: int, step: int | None = None, feature: int = 0) -> str:
        """Return "value reason" of a cell, or of an element of a list, that is not a finite number."""


def listed(names: list[str], limit: int = 12) -> str:
    """Return names for a message: quoted, escaped, not too many.

    Example:
        >>> listed(["a", "b"])
        "'a', 'b'"
    """
    shown = ", ".join(checks.shown(name) for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"
