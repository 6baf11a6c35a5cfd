"""Numbers to tell, one a sequence or one a step: finite, and there."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import DataError
from ostinato.read.sequences import Targets
from ostinato.read.table import Nested, Table

Integers = NDArray[np.int64]


def column(table: Table, name: str, missing: bool = False) -> Targets:
    """Return a column of numbers in float64, (rows,), NaN where one is missing and may be.

    Raises:
        DataError: one is no finite number.
    """
    values = table.numbers(name)
    bad = ~np.isfinite(values)
    if missing:
        bad &= ~table.absent(name)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"{table.cell(row, name)}: the target {table.explain(name, row)}.")
    return values


def flags(
    table: Table, names: tuple[str, ...], codes: Integers, firsts: Integers
) -> NDArray[np.bool_] | None:
    """Return which labels each sequence has, (N, L): columns of 0 and 1, the same in all rows of a sequence.

    Args:
        table: the table.
        names: the columns; none: None is returned.
        codes: (rows,) the sequence of each row.
        firsts: the first row of each sequence.
    """
    if not names:
        return None
    parts = [np.concatenate(of_sequences(table, name, codes, firsts)) for name in names]
    for name, part in zip(names, parts, strict=True):
        if (bad := ~np.isin(part, (0, 1))).any():
            row = int(firsts[int(np.argmax(bad))])
            raise DataError(f"{table.cell(row, name)}: {part[bad][0]:g} is no label; expected 0 or 1.")
    return np.stack(parts, axis=1) > 0


def of_steps(
    table: Table, name: str, order: Integers, starts: Integers, place: Callable[[int], str]
) -> list[Targets]:
    """Return one target a step of each sequence of a long table; some may be missing, not all of a sequence.

    Args:
        table: the table.
        name: the column.
        order: (rows,) the rows, sequence after sequence.
        starts: where each sequence begins among them.
        place: where each sequence stands.
    """
    targets = np.split(column(table, name, missing=True)[order], starts[1:])
    check_told(targets, place)
    return targets


def of_sequences(table: Table, name: str, codes: Integers, firsts: Integers) -> list[Targets]:
    """Return one target a sequence of a long table, which all its rows must have.

    Args:
        table: the table.
        name: the column.
        codes: (rows,) the sequence of each row.
        firsts: the first row of each sequence.
    """
    values = column(table, name)
    other = np.flatnonzero(values != values[firsts][codes])
    if len(other):
        row = int(other[0])
        first = int(firsts[codes[row]])
        raise DataError(
            f"{table.cell(row, name)}: the target is {values[row]:g}, but {values[first]:g} in "
            f"{table.place(first)}, of the same sequence; a sequence has one (if a step has: --per-step)."
        )
    return list(values[firsts][:, None])


def of_lists(table: Table, name: str, lengths: Integers) -> list[Targets]:
    """Return one target a step from a column of lists, as long as the sequences are."""
    nested: Nested = table.nested(name)
    wrong = np.flatnonzero(nested.lengths != lengths)
    if len(wrong) or not nested.flat:
        row = int(wrong[0]) if len(wrong) else 0
        raise DataError(
            f"{table.cell(row, name)}: the targets are a list of {nested.lengths[row]}; expected "
            f"{lengths[row]} numbers, one a step."
        )
    values = nested.values[:, 0]
    if (bad := ~np.isfinite(values) & ~nested.absent[:, 0]).any():
        row = int(np.searchsorted(np.cumsum(lengths), int(np.argmax(bad)), side="right"))
        raise DataError(f"{table.cell(row, name)}: a target is not a finite number; correct it.")
    targets = np.split(values, np.cumsum(lengths)[:-1])
    check_told(targets, table.place)
    return targets


def check_told(targets: list[Targets], place: Callable[[int], str]) -> None:
    """Check that every sequence has a target at some step."""
    empty = [number for number, one in enumerate(targets) if np.isnan(one).all()]
    if empty:
        raise DataError(
            f"{place(empty[0])}: the sequence has no target at any step ({len(empty)} such sequences); "
            "remove it."
        )
