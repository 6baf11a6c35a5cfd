"""What each column of a table is for: what the caller said, and the rest from the table itself.

A table has one of three shapes:

- long: one row a step; ``sequence`` names the column that says which rows belong together;
- lists: one row a sequence, the steps in columns of lists;
- text: one row a sequence, its words in a column of text.
"""

from dataclasses import dataclass

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read.table import Table, listed
from ostinato.spec.preprocessing import Columns


@dataclass(frozen=True)
class Long:
    """A long table: the columns that are read; ``inputs`` hold numbers."""

    label: str | None
    sequence: str
    time: str | None
    inputs: tuple[str, ...]
    static: tuple[str, ...] = ()
    target: str | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lists:
    """One row a sequence: the columns that are read; ``inputs`` hold lists of numbers."""

    label: str | None
    sequence: str | None
    inputs: tuple[str, ...]
    static: tuple[str, ...] = ()
    target: str | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Text:
    """One row a sequence: the columns that are read; ``text`` holds the words."""

    label: str | None
    sequence: str | None
    text: str
    target: str | None = None
    labels: tuple[str, ...] = ()


def resolve(table: Table, columns: Columns, labelled: bool) -> Long | Lists | Text:
    """Return what each column is for.

    Raises:
        ArgumentError: one column is given two roles, or two roles exclude each other.
        DataError: a named column is not there, or the table can be read in several ways.
    """
    _check_columns(columns)
    target = _target(table, columns, labelled)
    labels = _labels(table, columns, labelled)
    label = _label(table, columns, labelled and columns.target is None and not columns.labels)
    sequence = None if columns.sequence is None else table.require(columns.sequence, "sequence")
    time = None if columns.time is None else table.require(columns.time, "time")
    if columns.text is not None:
        return Text(label, sequence, table.require(columns.text, "text"), target, labels)
    named = tuple(table.require(name, "input") for name in columns.inputs or ())
    static = tuple(table.require(name, "static") for name in columns.static)
    known = {columns.label, columns.target, sequence, time, *static, *columns.labels}
    rest = [name for name in table.names if name not in known]
    lists = [name for name in named or rest if table.kind(name) == "list"]
    if lists and time is None:
        return Lists(label, sequence, _all_lists(table, named, lists), static, target, labels)
    if sequence is not None:
        return Long(label, sequence, time, named or _numeric(table, rest), static, target, labels)
    if named:
        raise DataError(
            f"{table.name}: column {checks.shown(named[0])} holds one value a row; "
            "name the column that says which rows form one sequence (--sequence)."
        )
    return Text(label, None, _only_text(table, rest), target, labels)


def resolved(columns: Columns, roles: Long | Lists | Text) -> Columns:
    """Return the columns with every input or the text named, as a model must know them."""
    if isinstance(roles, Text):
        return columns.model_copy(update={"text": roles.text})
    return columns.model_copy(update={"inputs": roles.inputs})


def _check_columns(columns: Columns) -> None:
    """Check what can be wrong without looking at the table."""
    single = [columns.label, columns.target, columns.sequence, columns.time, columns.text]
    names = [name for name in single if name is not None] + [
        *(columns.inputs or ()),
        *columns.static,
        *columns.labels,
    ]
    for name in names:
        if names.count(name) > 1:
            raise ArgumentError(f"column {checks.shown(name)} is given two roles; a column has one.")
    if columns.text is not None and columns.inputs is not None:
        raise ArgumentError(
            "text and inputs are both given; a model reads a text (--text) or numbers (--inputs)."
        )
    if columns.text is not None and columns.per_step:
        raise ArgumentError("text and per_step are both given; a text is told one number, not one a word.")
    if columns.text is not None and columns.static:
        raise ArgumentError("text and static are both given; descriptors stand beside numbers, not texts.")
    if columns.time is not None and columns.sequence is None:
        raise ArgumentError("time is given without sequence; name the id column, too (--sequence).")
    if columns.inputs is not None and not columns.inputs:
        raise ArgumentError(
            "inputs is empty; name at least one column, or leave it out for every numeric one."
        )


def _label(table: Table, columns: Columns, labelled: bool) -> str | None:
    if columns.label is None and labelled:
        raise DataError(
            f"{table.name}: which column holds the label? Name it (--label); the columns are "
            f"{listed(table.names)}."
        )
    if columns.label is None or (columns.label not in table.names and not labelled):
        return None
    return table.require(columns.label, "label")


def _target(table: Table, columns: Columns, labelled: bool) -> str | None:
    if columns.target is None or (columns.target not in table.names and not labelled):
        return None
    return table.require(columns.target, "target")


def _labels(table: Table, columns: Columns, labelled: bool) -> tuple[str, ...]:
    """Return the columns of several labels: all of them, or none where a file without them will do."""
    if not labelled and not all(name in table.names for name in columns.labels):
        return ()
    return tuple(table.require(name, "label") for name in columns.labels)


def _all_lists(table: Table, named: tuple[str, ...], lists: list[str]) -> tuple[str, ...]:
    """Return the list columns; where columns were named, each must be one."""
    for name in named:
        if name not in lists:
            raise DataError(
                f"{table.name}: column {checks.shown(name)} holds one value a row, column "
                f"{checks.shown(lists[0])} "
                "a list; inputs must be all of one sort (--inputs)."
            )
    return tuple(lists)


def _numeric(table: Table, rest: list[str]) -> tuple[str, ...]:
    """Return every column that holds numbers; one with words among them counts, and is refused later."""
    numeric = tuple(name for name in rest if table.kind(name) in ("number", "mixed"))
    if not numeric:
        raise DataError(
            f"{table.name}: none of the columns {listed(rest)} holds numbers; name them (--inputs), "
            "or the one that holds text (--text)."
        )
    return numeric


def _only_text(table: Table, rest: list[str]) -> str:
    """Return the one column of words of a table that has no sequences of numbers."""
    words = [name for name in rest if table.kind(name) == "text" or _mostly_words(table, name)]
    if len(words) == 1 and len(rest) > 1 and not _has_blanks(table, words[0]):
        raise DataError(
            f"{table.name}: {checks.shown(words[0])} holds single words beside columns of numbers; say "
            f"whether they name one sequence's rows (--sequence {words[0]}) or are texts (--text {words[0]})."
        )
    if len(words) == 1:
        return words[0]
    if words:
        raise DataError(
            f"{table.name}: several columns hold text ({listed(words)}); name the one to read (--text), "
            "or for series the column that says which rows form one sequence (--sequence) and --inputs."
        )
    if not rest:
        raise DataError(f"{table.name}: has no column beside the label; what should be read from it?")
    raise DataError(
        f"{table.name}: holds one number a cell; name the column that says which rows form one sequence "
        f"(--sequence), one of {listed(rest)}."
    )


def _has_blanks(table: Table, name: str) -> bool:
    """Return whether a column's cells hold several words, as texts do and ids do not."""
    return any(" " in text for text in table.texts(name) if text is not None)


def _mostly_words(table: Table, name: str) -> bool:
    return table.kind(name) == "mixed" and table.mostly_words(name)
