"""Event tables: one row a measurement (who, when, what, how much), as they come from hospitals.

Rows may stand in any order. All that was measured of one sequence at one time is one step; where a parameter
was measured more than once at a time, its mean counts. With a span of time, steps are the spans in which
something was measured. A parameter that is a descriptor is no channel: its first value is taken.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError, DataError, OstinatoWarning
from ostinato.read.finite import check_lengths, narrow
from ostinato.read.labels import ids_of
from ostinato.read.limits import Limits
from ostinato.read.outcomes import Outcomes, outcomes_of
from ostinato.read.sequences import Sequences, Times, Values
from ostinato.read.table import Table, listed
from ostinato.spec.preprocessing import Columns

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Events:
    """Measurements, one an entry.

    Args:
        name: the file's or folder's name.
        ids: which sequence each is of.
        times: when each was.
        parameters: what was measured.
        values: how much; NaN where nothing is said, which counts as not measured.
        place: where an entry stands, for messages.
    """

    name: str
    ids: list[str]
    times: Times
    parameters: list[str]
    values: NDArray[np.float64]
    place: Callable[[int], str]


def read_events(
    table: Table, outcomes: Table | None, columns: Columns, *, labelled: bool, limits: Limits
) -> Sequences:
    """Read an event table.

    Args:
        table: the measurements; ``columns`` names who (``sequence``), ``time``, ``parameter`` and ``value``.
        outcomes: a table of one row a sequence, with what is to be told and descriptors; None: what is to be
            told stands in the event table itself.
        columns: what each column is for.
        labelled: whether every sequence must have what is to be told.
        limits: how much is taken.

    Raises:
        ArgumentError: a column is not named, or nothing may be missing.
        DataError: a value is no number, a sequence has no measurement, or the two tables do not fit.
    """
    named = {role: getattr(columns, role) for role in ("sequence", "time", "parameter", "value")}
    for role, name in named.items():
        if name is None:
            raise ArgumentError(
                f"an event table needs --{role}: the column of it; the columns are {listed(table.names)}."
            )
    who, when, what, value = (table.require(name, role) for role, name in named.items())
    events = Events(
        table.name,
        ids_of(table, who),
        table.clock(when),
        [parameter or "" for parameter in table.texts(what)],
        _values(table, value),
        table.place,
    )
    told = outcomes_of(
        table if outcomes is None else outcomes, columns, labelled, single=outcomes is not None
    )
    _warn_of_unknown(events, columns.static, () if told is None else told.static)
    return assembled(events, told, columns, labelled=labelled, limits=limits)


def assembled(
    events: Events, outcomes: Outcomes | None, columns: Columns, *, labelled: bool, limits: Limits
) -> Sequences:
    """Return the sequences that measurements form; errors as for ``read_events``.

    Args:
        events: the measurements.
        outcomes: what is to be told and descriptors, by id; None where there is nothing of it.
        columns: ``inputs`` are the parameters that are read, None for all but the descriptors; ``every`` is
            the span of a step.
        labelled: whether every sequence must have what is to be told.
        limits: how much is taken.
    """
    if not columns.missing:
        raise ArgumentError(
            f"{events.name}: in an event table not everything is measured at every time; say what becomes of "
            "that (--missing forward-fill, mask or decay)."
        )
    ids = list(dict.fromkeys(events.ids)) if outcomes is None else _in_order(events, outcomes, labelled)
    described = () if outcomes is None else outcomes.static
    channels = columns.inputs or _channels(events, columns.static)
    grid = _grid(events, ids, channels, columns.every)
    static = [_first(events, ids, name) for name in columns.static if name not in described]
    check_lengths(
        grid.lengths, lambda index: f"{events.name}, id {checks.shown(ids[index])}", limits, "measurements"
    )
    return Sequences(
        kind="series",
        values=np.split(grid.values, np.cumsum(grid.lengths)[:-1]),
        ids=ids,
        labels=None if outcomes is None else outcomes.labels_of(ids),
        channels=channels,
        places=[f"{events.name}, id {checks.shown(name)}" for name in ids],
        columns=columns.model_copy(update={"inputs": channels}),
        times=np.split(grid.times, np.cumsum(grid.lengths)[:-1]),
        static=_static(columns, outcomes, ids, static),
        targets=None if outcomes is None else outcomes.targets_of(ids),
        flags=None if outcomes is None else outcomes.flags_of(ids),
    )


def _warn_of_unknown(events: Events, static: tuple[str, ...], described: tuple[str, ...]) -> None:
    """Warn of a descriptor that nothing is said of: it may well stand in a table that was not given."""
    if nowhere := [name for name in static if name not in {*described, *events.parameters}]:
        warnings.warn(
            f"{events.name}: nothing is said of the descriptor {checks.shown(nowhere[0])}, which counts as "
            "missing; if it stands in a table of its own, give that, too (--outcomes).",
            OstinatoWarning,
            stacklevel=2,
        )


@dataclass(frozen=True)
class Grid:
    """What was measured at all steps: values (N, I) with NaN between, times (N,), lengths (sequences,)."""

    values: Values
    times: Times
    lengths: Integers


def _grid(events: Events, ids: list[str], channels: tuple[str, ...], every: float | None) -> Grid:
    """Return a step for every sequence and time at which a channel was measured, means in its cells."""
    who, what = {name: i for i, name in enumerate(ids)}, {name: i for i, name in enumerate(channels)}
    sequence = np.array([who.get(name, -1) for name in events.ids], dtype=np.int64)
    channel = np.array([what.get(name, -1) for name in events.parameters], dtype=np.int64)
    kept = np.flatnonzero((sequence >= 0) & (channel >= 0) & np.isfinite(events.values))
    times = events.times if every is None else np.floor(events.times / every) * every
    order = kept[np.lexsort((times[kept], sequence[kept]))]
    sequence, channel, times, values = sequence[order], channel[order], times[order], events.values[order]
    new = np.append(True, (np.diff(sequence) != 0) | (np.diff(times) != 0))[: len(times)]
    step = np.cumsum(new) - 1
    sums, counts = np.zeros((2, int(new.sum()), len(channels)))
    np.add.at(sums, (step, channel), values)
    np.add.at(counts, (step, channel), 1)
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    return Grid(narrow(means), times[new], np.bincount(sequence[new], minlength=len(ids)).astype(np.int64))


def _values(table: Table, column: str) -> NDArray[np.float64]:
    """Return how much was measured, NaN where nothing is said."""
    values = table.numbers(column)
    bad = ~np.isfinite(values) & ~table.absent(column)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"{table.cell(row, column)}: {table.explain(column, row)}.")
    return values


def _channels(events: Events, static: tuple[str, ...]) -> tuple[str, ...]:
    """Return all parameters of which something was measured, but descriptors, sorted by name."""
    found = {name for name, known in zip(events.parameters, np.isfinite(events.values), strict=True) if known}
    if not (channels := tuple(sorted(found - {*static, ""}))):
        raise DataError(f"{events.name}: nothing was measured; expected rows with a parameter and a value.")
    return channels


def _in_order(events: Events, outcomes: Outcomes, labelled: bool) -> list[str]:
    """Return the ids of the outcomes, each of which must have measurements, and the other way round."""
    measured, told = dict.fromkeys(events.ids), dict.fromkeys(outcomes.ids)
    if without := [name for name in told if name not in measured]:
        raise DataError(
            f"{outcomes.name}: id {checks.shown(without[0])} has no measurement in {events.name} "
            f"({len(without)} such ids); remove it."
        )
    if labelled and (without := [name for name in measured if name not in told]):
        raise DataError(
            f"{events.name}: id {checks.shown(without[0])} has no row in {outcomes.name} ({len(without)} "
            "such ids); add it, or remove its measurements."
        )
    return list(told) if labelled else list(dict.fromkeys([*told, *measured]))


def _first(events: Events, ids: list[str], parameter: str) -> NDArray[np.float64]:
    """Return each sequence's first value of a parameter, NaN where it has none."""
    rows = np.array([name == parameter for name in events.parameters]) & np.isfinite(events.values)
    found: dict[str, float] = {}
    for row in np.flatnonzero(rows)[np.argsort(-events.times[rows], kind="stable")]:
        found[events.ids[row]] = float(events.values[row])
    return np.array([found.get(name, np.nan) for name in ids])


def _static(
    columns: Columns, outcomes: Outcomes | None, ids: list[str], measured: list[NDArray[np.float64]]
) -> Values | None:
    """Return all descriptors in the order of their names, (N, S)."""
    if not columns.static:
        return None
    own = iter(measured)
    known = () if outcomes is None else outcomes.static
    parts = [
        outcomes.static_of(name, ids) if outcomes is not None and name in known else next(own)
        for name in columns.static
    ]
    return narrow(np.stack(parts, axis=1))
