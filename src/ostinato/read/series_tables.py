"""Tables with time stamps as series: one a table, many below each other, or one a row."""

import os

import numpy as np

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read import numerals, times
from ostinato.read.files import load_table
from ostinato.read.frames import frame_table
from ostinato.read.grid import Times
from ostinato.read.labels import ids_of
from ostinato.read.limits import Limits
from ostinato.read.long import number
from ostinato.read.panel import Numbers, Panel
from ostinato.read.regular import Regular, regular
from ostinato.read.table import Table, listed
from ostinato.spec.windows import Frequency, SeriesColumns

_DEFAULT = Limits()
_TRUTH = {"true": 1.0, "false": 0.0}


def read_panel(
    path: str | os.PathLike[str],
    roles: SeriesColumns,
    *,
    frequency: Frequency | None = None,
    resample: bool = False,
    targets: bool = True,
    limits: Limits = _DEFAULT,
) -> Panel:
    """Read series from a table (.csv, .tsv, .jsonl, .parquet, .arrow and their like).

    With ``roles.time`` a row is a step, of the series that ``roles.series`` names; rows of a series stand in
    the order of time. With targets named and no time, rows are steps in the file's order. With neither, a row
    is a whole series (the M4 form): its name in ``roles.series``, its values behind it, blank at the end.

    Args:
        path: the file.
        roles: what each column is for.
        frequency: the step of time; None: the one that most rows have.
        resample: take the mean of what lies in a step, instead of refusing times that are not even.
        targets: whether the columns of targets and of what is known up to now must be there; if not, they are
            missing throughout.
        limits: how much is taken.

    Raises:
        ArgumentError: a column has two roles.
        DataError: a column is not there, a value is no number, or times do not rise evenly; with its place.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "sales.csv"
        >>> _ = path.write_text("day,sold\\n2024-01-01,3\\n2024-01-02,\\n2024-01-03,5\\n")
        >>> panel = read_panel(path, SeriesColumns(time="day"))
        >>> panel.targets, panel.values[0].tolist(), panel.frequency.count
        (('sold',), [[3.0], [nan], [5.0]], 86400000000)
    """
    return panel_of(load_table(path, limits), roles, frequency, resample, targets)


def panel_from_frame(
    frame: object,
    roles: SeriesColumns,
    *,
    frequency: Frequency | None = None,
    resample: bool = False,
    targets: bool = True,
    limits: Limits = _DEFAULT,
) -> Panel:
    """Read series from a frame; arguments and errors as for ``read_panel``.

    Where no role is given and the columns are ``unique_id``, ``ds`` and ``y``, they are series, time and
    target.
    """
    table = frame_table(frame, limits)
    if roles.time is None and roles.targets is None and {"unique_id", "ds", "y"} <= {*table.names}:
        roles = roles.model_copy(update={"series": "unique_id", "time": "ds", "targets": ("y",)})
    return panel_of(table, roles, frequency, resample, targets)


def panel_of(
    table: Table,
    roles: SeriesColumns,
    frequency: Frequency | None = None,
    resample: bool = False,
    targets: bool = True,
) -> Panel:
    """Return the series of a table; arguments and errors as for ``read_panel``."""
    _check_roles(table, roles)
    if roles.time is None and not (roles.targets or roles.past or roles.known):
        return _rows(table, roles)
    roles = roles.model_copy(update={"targets": _targets(table, roles)})
    codes, ids = _series(table, roles)
    order = np.argsort(codes, kind="stable")
    bounds = np.cumsum(np.bincount(codes))[:-1]
    every, values = _times(table, roles, codes), _values(table, roles, require=targets)
    rows = np.split(order, bounds)
    if roles.time is not None:
        _check_rising(table, roles.time, every, rows)
    found = regular(
        Regular([every[r] for r in rows], [values[r] for r in rows], rows),
        frequency,
        stamps=_stamped(table, roles),
        resample=resample,
        place=lambda row: table.place(row) if roles.time is None else table.cell(row, roles.time),
    )
    return Panel(
        ids=ids,
        starts=found.starts,
        values=found.values,
        roles=roles,
        frequency=found.frequency,
        static=_static(table, roles, rows),
        places=[table.place(int(r[0])) for r in rows],
    )


def _check_roles(table: Table, roles: SeriesColumns) -> None:
    named = [name for name in (roles.series, roles.time) if name is not None]
    named += [*(roles.targets or ()), *roles.past, *roles.known, *roles.static]
    for name in named:
        if named.count(name) > 1:
            raise ArgumentError(f"column {checks.shown(name)} is given two roles; a column has one.")
    required = [("series", roles.series), ("time", roles.time)] + [("static", name) for name in roles.static]
    for role, required_name in required:
        if required_name is not None:
            table.require(required_name, role)


def _targets(table: Table, roles: SeriesColumns) -> tuple[str, ...]:
    if roles.targets:
        return roles.targets
    taken = {roles.series, roles.time, *roles.past, *roles.known, *roles.static}
    rest = [name for name in table.names if name not in taken]
    found = tuple(name for name in rest if table.kind(name) == "number")
    if not found:
        raise DataError(
            f"{table.name}: none of the columns {listed(rest) or 'left over'} holds numbers alone; name what "
            "is to be foretold (--target)."
        )
    return found


def _series(table: Table, roles: SeriesColumns) -> tuple[Times, list[str]]:
    """Return each row's series, by number, and their names."""
    if roles.series is None:
        return np.zeros(table.rows, np.int64), ["series"]
    return number(ids_of(table, roles.series))


def _stamped(table: Table, roles: SeriesColumns) -> bool:
    return roles.time is not None and not times.are_numbers(table.texts(roles.time)[:1])


def _times(table: Table, roles: SeriesColumns, codes: Times) -> Times:
    """Return the time of every row: microseconds, whole numbers, or the row's number within its series."""
    if roles.time is None:
        order = np.argsort(codes, kind="stable")
        counts = np.bincount(codes)
        within = np.empty(len(codes), np.int64)
        within[order] = np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts)
        return within
    column = roles.time
    found = times.points(table.texts(column), lambda row: table.cell(row, column))
    if found.dtype != np.int64:
        raise DataError(
            f"{table.name}: column {checks.shown(column)} holds fractions; times must be whole numbers or "
            "time stamps."
        )
    return found


def _check_rising(table: Table, column: str, every: Times, rows: list[Times]) -> None:
    for group in rows:
        wrong = np.flatnonzero(np.diff(every[group]) <= 0)
        if len(wrong):
            before, row = int(group[wrong[0]]), int(group[wrong[0] + 1])
            told = table.out_of_order(column, before, row, same=bool(every[row] == every[before]))
            raise DataError(
                f"{told}, of the same series; sort the rows by time, and name the column that tells series "
                "apart (--series) if there are several."
            )


def _values(table: Table, roles: SeriesColumns, *, require: bool) -> Numbers:
    """Return the numeric columns side by side, (rows, V), NaN where missing."""
    columns = []
    named = {"target": roles.targets or (), "past": roles.past, "known future": roles.known}
    for role, name in [(role, name) for role, names in named.items() for name in names]:
        wanted = require or name in roles.known  # ahead, nothing else can be known
        if not wanted and name not in table.names:
            columns.append(np.full(table.rows, np.nan))
        else:
            columns.append(_numbers(table, table.require(name, role)))
    return np.stack(columns, axis=1)


def _numbers(table: Table, column: str) -> Numbers:
    """Return a column as numbers, NaN where a value is missing; true and false are 1 and 0."""
    if table.kind(column) != "number":
        texts = [None if text is None else text.strip().lower() for text in table.texts(column)]
        if {*texts} <= {*_TRUTH, None, ""}:
            return np.array([_TRUTH.get(text or "", np.nan) for text in texts])
    values = table.numbers(column).copy()
    if len(bad := np.flatnonzero(~np.isfinite(values))):
        texts = table.texts(column)
        for row in bad.tolist():
            if not numerals.missing(texts[row] or ""):
                raise DataError(f"{table.cell(row, column)}: {table.explain(column, row)}.")
    return values


def _static(table: Table, roles: SeriesColumns, rows: list[Times]) -> list[tuple[str, ...]]:
    """Return each series' descriptors, which must be the same in all its rows."""
    found = []
    columns = {name: table.texts(name) for name in roles.static}
    for group in rows:
        words = []
        for name, texts in columns.items():
            first = texts[int(group[0])]
            for row in group.tolist():
                if texts[row] is None or texts[row] != first:
                    raise DataError(
                        f"{table.cell(row, name)}: {checks.shown(texts[row] or '')}, and its series begins "
                        f"with {checks.shown(first or '')}; a static column holds one value a series."
                    )
            words.append(str(first))
        found.append(tuple(words))
    return found if roles.static else []


def _rows(table: Table, roles: SeriesColumns) -> Panel:
    """Return a panel of which every row is a series, blank behind its end."""
    columns = [name for name in table.names if name != roles.series and name not in roles.static]
    if not columns:
        raise DataError(f"{table.name}: has no column of values.")
    if roles.series is None and len(columns) == 1:
        return panel_of(table, roles.model_copy(update={"targets": (columns[0],)}))
    if roles.series is None:
        raise DataError(
            f"{table.name}: what does a row hold? Name the column of the time (--time); or, where every row "
            "is a whole series, the column of its name (--series)."
        )
    values = np.stack([_numbers(table, name) for name in columns], axis=1)
    series = roles.series
    ids = ids_of(table, series)
    if len({*ids}) < len(ids):
        twice = next(name for name in ids if ids.count(name) > 1)
        raise DataError(f"{table.name}: two rows are called {checks.shown(twice)}; every row is a series.")
    there = np.isfinite(values)
    for row in np.flatnonzero(~there.any(axis=1)).tolist():
        raise DataError(f"{table.place(row)}: series {checks.shown(ids[row])} has no value.")
    lengths = values.shape[1] - there[:, ::-1].argmax(axis=1)
    return Panel(
        ids=ids,
        starts=np.zeros(len(ids), np.int64),
        values=[row[:length, None] for row, length in zip(values, lengths, strict=True)],
        roles=roles.model_copy(update={"targets": ("value",)}),
        static=[tuple(table.texts(name)[row] or "" for name in roles.static) for row in range(len(ids))]
        if roles.static
        else [],
        places=[table.place(row) for row in range(len(ids))],
    )
