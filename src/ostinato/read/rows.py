"""Tables of one row a sequence: its steps in lists, or its words in a text."""

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read import targets
from ostinato.read.finite import check_lengths, check_observed, matrix, nested_matrix
from ostinato.read.labels import check_unique, checked_labels, ids_of
from ostinato.read.limits import Limits
from ostinato.read.roles import Lists, Text, resolved
from ostinato.read.sequences import Sequences, Targets
from ostinato.read.table import Nested, Table
from ostinato.spec.preprocessing import Columns


def read_lists(table: Table, roles: Lists, columns: Columns, *, labelled: bool, limits: Limits) -> Sequences:
    """Read series from columns of lists.

    A list of numbers is one channel, called as its column; a list of lists, one inner list a step, is
    several, called ``COLUMN_1``, ``COLUMN_2`` … Several columns stand side by side and must be equally long.

    Raises:
        DataError: two lists of a row differ in length, or a value is not a finite number.
    """
    blocks = {name: table.nested(name) for name in roles.inputs}
    lengths = _common_lengths(table, blocks)
    check_lengths(lengths, table.place, limits)
    values = np.split(nested_matrix(table, blocks, columns.missing), np.cumsum(lengths)[:-1])
    check_observed(values, table.place)
    return Sequences(
        kind="series",
        values=values,
        ids=row_ids(table, roles.sequence),
        labels=row_labels(table, roles.label, labelled),
        channels=_channels(table, blocks),
        places=[table.place(row) for row in range(table.rows)],
        columns=resolved(columns, roles),
        static=matrix(table, roles.static, columns.missing) if roles.static else None,
        targets=_targets(table, roles.target, lengths if columns.per_step else None),
        flags=_flags(table, roles.labels),
    )


def read_texts(table: Table, roles: Text, columns: Columns, *, labelled: bool, limits: Limits) -> Sequences:
    """Read texts from a column.

    Raises:
        DataError: one is missing, blank or too long.
    """
    texts = table.texts(roles.text)
    blank = [row for row, text in enumerate(texts) if text is None or not text.strip()]
    if blank:
        raise DataError(
            f"{table.cell(blank[0], roles.text)}: the text is blank; {len(blank)} of {len(texts)} are: "
            "fill them in or remove their rows."
        )
    values = [text for text in texts if text is not None]
    check_lengths(np.array([len(text) for text in values]), table.place, limits, unit="characters")
    return Sequences(
        kind="text",
        values=values,
        ids=row_ids(table, roles.sequence),
        labels=row_labels(table, roles.label, labelled),
        places=[table.place(row) for row in range(table.rows)],
        columns=resolved(columns, roles),
        targets=_targets(table, roles.target, None),
        flags=_flags(table, roles.labels),
    )


def _common_lengths(table: Table, blocks: dict[str, Nested]) -> NDArray[np.int64]:
    first, *others = blocks
    lengths = blocks[first].lengths
    for name in others:
        other = blocks[name].lengths
        different = np.flatnonzero(other != lengths)
        if len(different):
            row = int(different[0])
            raise DataError(
                f"{table.cell(row, name)}: a list of {other[row]}, but column {checks.shown(first)} has "
                f"{lengths[row]}; the channels of a sequence must be equally long."
            )
    return lengths


def _channels(table: Table, blocks: dict[str, Nested]) -> tuple[str, ...]:
    names: list[str] = []
    for name, block in blocks.items():
        size = block.values.shape[1]
        names += [name] if block.flat else [f"{name}_{channel}" for channel in range(1, size + 1)]
    if len(set(names)) < len(names):
        raise DataError(f"{table.name}: the lists of two columns give channels of one name; rename a column.")
    return tuple(names)


def _targets(table: Table, name: str | None, lengths: NDArray[np.int64] | None) -> list[Targets] | None:
    """Return the numbers to tell: one a row or, where there are lengths, one a step."""
    if name is None:
        return None
    if lengths is not None:
        return targets.of_lists(table, name, lengths)
    return list(targets.column(table, name)[:, None])


def _flags(table: Table, names: tuple[str, ...]) -> NDArray[np.bool_] | None:
    """Return which labels each row has."""
    rows = np.arange(table.rows)
    return targets.flags(table, names, rows, rows)


def row_ids(table: Table, column: str | None) -> list[str]:
    """Return each row's name, of a column or its number."""
    if column is None:
        return [str(row) for row in range(1, table.rows + 1)]
    ids = ids_of(table, column)
    check_unique(ids, table.place)
    return ids


def row_labels(table: Table, column: str | None, labelled: bool) -> list[str] | None:
    """Return each row's label; None where no column holds them, or it is blank and may be."""
    if column is None:
        return None
    return checked_labels(table.texts(column), lambda row: table.cell(row, column), labelled)
