"""Tables of one row a sequence that stand beside its measurements: what is to be told, and descriptors."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.labels import check_unique, checked_labels, ids_of
from ostinato.read.sequences import Targets
from ostinato.read.table import Table
from ostinato.read.targets import column, flags
from ostinato.spec.preprocessing import Columns


@dataclass(frozen=True)
class Outcomes:
    """What is told of sequences, by their ids.

    Args:
        name: the file's name.
        ids: the sequences.
        labels, targets: one each, or None.
        flags: which of several labels each has, (n, L), or None.
        described: descriptors by name, one number a sequence, NaN where it is missing.
    """

    name: str
    ids: list[str]
    labels: list[str] | None
    targets: Targets | None
    described: dict[str, NDArray[np.float64]]
    flags: NDArray[np.bool_] | None = None

    @property
    def static(self) -> tuple[str, ...]:
        """Return the names of the descriptors."""
        return tuple(self.described)

    def labels_of(self, ids: list[str]) -> list[str] | None:
        """Return the labels of these sequences, None where some have none."""
        rows = self._rows(ids)
        return None if self.labels is None or (rows < 0).any() else [self.labels[row] for row in rows]

    def targets_of(self, ids: list[str]) -> list[Targets] | None:
        """Return the numbers to tell of these sequences, None where some have none."""
        rows = self._rows(ids)
        return None if self.targets is None or (rows < 0).any() else list(self.targets[rows][:, None])

    def flags_of(self, ids: list[str]) -> NDArray[np.bool_] | None:
        """Return which of several labels these sequences have, None where that is not told of some."""
        rows = self._rows(ids)
        return None if self.flags is None or (rows < 0).any() else self.flags[rows]

    def static_of(self, name: str, ids: list[str]) -> NDArray[np.float64]:
        """Return a descriptor of these sequences, NaN where it is not known."""
        rows = self._rows(ids)
        return np.where(rows < 0, np.nan, self.described[name][rows])

    def _rows(self, ids: list[str]) -> NDArray[np.int64]:
        known = {name: row for row, name in enumerate(self.ids)}
        return np.array([known.get(name, -1) for name in ids], dtype=np.int64)


def outcomes_of(table: Table, columns: Columns, labelled: bool, *, single: bool) -> Outcomes | None:
    """Return what a table tells of each sequence; None where it need not tell anything, and does not.

    Args:
        table: one row a sequence or, unless ``single``, several with the same.
        columns: ``sequence`` names the id's column; ``label``, ``target`` and ``static`` what is told.
        labelled: whether label or target must be there.
        single: whether an id may stand once only.

    Raises:
        DataError: a column is not there, an id stands twice, or two rows of an id differ.
    """
    who = table.require(columns.sequence or "", "sequence")
    label, target = (_there(table, name, labelled) for name in (columns.label, columns.target))
    several = [name for name in columns.labels if labelled or name in table.names]
    if columns.label is None and columns.target is None and not several and labelled:
        raise DataError(f"{table.name}: which column holds the label? Name it (--label).")
    ids = ids_of(table, who)
    if single:
        check_unique(ids, table.place)
    firsts = np.sort([*{name: row for row, name in reversed([*enumerate(ids)])}.values()])
    for name in filter(None, (label, target)):
        _check_same(table, name, ids)
    described = [name for name in columns.static if name in table.names]
    return Outcomes(
        table.name,
        [ids[row] for row in firsts],
        None if label is None else _labels(table, label, firsts, labelled),
        None if target is None else column(table, target)[firsts],
        {name: column(table, name, missing=True)[firsts] for name in described},
        _flags(table, tuple(several), ids, firsts) if len(several) == len(columns.labels) else None,
    )


def _there(table: Table, name: str | None, labelled: bool) -> str | None:
    if name is None or (name not in table.names and not labelled):
        return None
    return table.require(name, "label or target")


def _labels(table: Table, name: str, firsts: NDArray[np.int64], labelled: bool) -> list[str] | None:
    texts = table.texts(name)
    return checked_labels(
        [texts[row] for row in firsts], lambda i: table.cell(int(firsts[i]), name), labelled
    )


def _flags(
    table: Table, names: tuple[str, ...], ids: list[str], firsts: NDArray[np.int64]
) -> NDArray[np.bool_] | None:
    place = {ids[row]: number for number, row in enumerate(firsts.tolist())}
    codes = np.array([place[name] for name in ids], dtype=np.int64)
    return flags(table, tuple(table.require(name, "label") for name in names), codes, firsts)


def _check_same(table: Table, name: str, ids: list[str]) -> None:
    known: dict[str, str | None] = {}
    for row, (who, text) in enumerate(zip(ids, table.texts(name), strict=True)):
        if known.setdefault(who, text) != text:
            raise DataError(
                f"{table.cell(row, name)}: {checks.shown(text)}, but {checks.shown(known[who])} in an "
                f"earlier row of id {checks.shown(who)}; a sequence has one."
            )
