"""Long tables: one row a step, a column that says which rows form one sequence."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read import targets
from ostinato.read.finite import check_lengths, check_observed, matrix
from ostinato.read.labels import checked_labels, ids_of
from ostinato.read.limits import Limits
from ostinato.read.roles import Long, resolved
from ostinato.read.sequences import Sequences, Targets, Values
from ostinato.read.table import Table
from ostinato.spec.preprocessing import Columns

Integers = NDArray[np.int64]


def read_long(table: Table, roles: Long, columns: Columns, *, labelled: bool, limits: Limits) -> Sequences:
    """Group the rows of a long table.

    Sequences come in the order of their first rows. Without a time column the rows of a sequence must follow
    each other, and their order is the file's; with one they may stand apart, and time must rise.

    Raises:
        DataError: rows of a sequence stand apart or out of order, have different labels, or hold a value that
            is not a finite number.
    """
    rows = ids_of(table, roles.sequence)
    codes, ids = number(rows)
    order = np.arange(len(codes)) if roles.time is None else np.argsort(codes, kind="stable")
    if roles.time is None:
        _check_contiguous(table, codes, rows)
    else:
        _check_rising(table, roles.time, codes, order)
    lengths = np.bincount(codes).astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    firsts = order[starts]
    places = [table.place(int(row)) for row in firsts]
    check_lengths(lengths, places.__getitem__, limits)
    values = np.split(matrix(table, roles.inputs, columns.missing)[order], starts[1:])
    check_observed(values, places.__getitem__)
    return Sequences(
        kind="series",
        values=values,
        ids=ids,
        labels=_labels(table, roles.label, codes, firsts, rows, labelled=labelled),
        channels=roles.inputs,
        places=places,
        columns=resolved(columns, roles),
        times=None if roles.time is None else np.split(table.clock(roles.time)[order], starts[1:]),
        targets=_targets(table, roles.target, columns.per_step, order, starts, codes, firsts),
        flags=targets.flags(table, roles.labels, codes, firsts),
        static=_static(table, roles.static, columns.missing, codes, firsts, rows),
    )


def number(values: Sequence[Hashable]) -> tuple[Integers, list[str]]:
    """Return each value's number, in the order of first appearance, and the different values.

    Example:
        >>> codes, names = number(["b", "a", "b"])
        >>> codes.tolist(), names
        ([0, 1, 0], ['b', 'a'])
    """
    known: dict[Hashable, int] = {}
    codes = np.array([known.setdefault(value, len(known)) for value in values], dtype=np.int64)
    return codes, [str(value) for value in known]


def _check_contiguous(table: Table, codes: Integers, rows: list[str]) -> None:
    runs = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1])
    highest = np.maximum.accumulate(codes[runs])
    back = np.flatnonzero(codes[runs][1:] <= highest[:-1])  # numbers rise with first appearance
    if len(back):
        row = int(runs[back[0] + 1])
        raise DataError(
            f"{table.place(row)}: sequence {checks.shown(rows[row])} goes on here after another one began; "
            "sort the rows by sequence, or name the column that orders them (--time)."
        )


def _check_rising(table: Table, column: str, codes: Integers, order: Integers) -> None:
    times, sorted_codes = table.times(column)[order], codes[order]
    wrong = np.flatnonzero((sorted_codes[1:] == sorted_codes[:-1]) & (times[1:] <= times[:-1]))
    if not len(wrong):
        return
    before, row = int(order[wrong[0]]), int(order[wrong[0] + 1])
    same = bool(times[wrong[0]] == times[wrong[0] + 1])
    told = table.out_of_order(column, before, row, same=same)
    raise DataError(f"{told}, of the same sequence; sort the rows by time, and let no two have one time.")


def _labels(
    table: Table, column: str | None, codes: Integers, firsts: Integers, rows: list[str], *, labelled: bool
) -> list[str] | None:
    """Return each sequence's label, which all its rows must have."""
    if column is None:
        return None
    texts = table.texts(column)
    label_codes, _ = number(texts)
    other = np.flatnonzero(label_codes != label_codes[firsts][codes])
    if len(other):
        row = int(other[0])
        first = int(firsts[codes[row]])
        raise DataError(
            f"{table.cell(row, column)}: {_shown(texts[row])}, but sequence {checks.shown(rows[row])} has "
            f"{_shown(texts[first])} in {table.place(first)}; a sequence has one label."
        )
    return checked_labels(
        [texts[row] for row in firsts], lambda i: table.cell(int(firsts[i]), column), labelled
    )


def _targets(
    table: Table,
    name: str | None,
    per_step: bool,
    order: Integers,
    starts: Integers,
    codes: Integers,
    firsts: Integers,
) -> list[Targets] | None:
    """Return the numbers to tell, one a step or one a sequence."""
    if name is None:
        return None
    if not per_step:
        return targets.of_sequences(table, name, codes, firsts)
    return targets.of_steps(table, name, order, starts, lambda sequence: table.place(int(firsts[sequence])))


def _static(
    table: Table, names: tuple[str, ...], missing: bool, codes: Integers, firsts: Integers, rows: list[str]
) -> Values | None:
    """Return each sequence's descriptors (N, S), which all its rows must have."""
    if not names:
        return None
    every = matrix(table, names, missing)
    found = every[firsts]
    same = (every == found[codes]) | (np.isnan(every) & np.isnan(found[codes]))
    if not same.all():
        row, column = (int(place) for place in np.argwhere(~same)[0])
        raise DataError(
            f"{table.cell(row, names[column])}: {every[row, column]:g}, but sequence "
            f"{checks.shown(rows[row])} has {found[codes[row], column]:g} in "
            f"{table.place(int(firsts[codes[row]]))}; a descriptor is the same in all rows of a sequence "
            "(leave it out of --static if it changes)."
        )
    return found


def _shown(label: str | None) -> str:
    return "no label" if label is None else f"label {checks.shown(label)}"
