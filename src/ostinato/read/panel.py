"""Series in memory: numbers on an even grid of time, with what is missing as NaN."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read import grid
from ostinato.read.grid import Times
from ostinato.spec.windows import Frequency, SeriesColumns

Numbers = NDArray[np.float64]

STEP = Frequency()
"""The step of rows that have no times."""


@dataclass(frozen=True)
class Panel:
    """One series or many, of the same columns and the same step of time.

    Args:
        ids: one name a series, unique.
        starts: (n,) the time of each one's first row.
        values: one (T, V) array a series: the columns in the order targets, past, known; NaN where missing.
        roles: what each column is; ``targets`` are named.
        frequency: the step of time.
        static: one text a series and static column, (n, S).
        places: where each series begins, for messages.
    """

    ids: list[str]
    starts: Times
    values: list[Numbers]
    roles: SeriesColumns
    frequency: Frequency = STEP
    static: list[tuple[str, ...]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the names of the targets."""
        return self.roles.targets or ()

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return each series' number of rows, (n,)."""
        return np.array([len(values) for values in self.values], np.int64)

    def columns(self) -> tuple[str, ...]:
        """Return the names of all V columns."""
        return (*self.targets, *self.roles.past, *self.roles.known)

    def times(self, number: int) -> Times:
        """Return the times of one series, (T,)."""
        steps = np.arange(len(self.values[number]), dtype=np.int64)
        return grid.after(int(self.starts[number]), steps, self.frequency)

    def place(self, number: int) -> str:
        """Return where a series stands, for messages."""
        return self.places[number] if self.places else f"series {self.ids[number]!r}"

    def select(self, indices: NDArray[np.int64]) -> "Panel":
        """Return the series at these positions, in this order."""
        return replace(
            self,
            ids=[self.ids[i] for i in indices],
            starts=self.starts[indices],
            values=[self.values[i] for i in indices],
            static=[self.static[i] for i in indices] if self.static else [],
            places=[self.places[i] for i in indices] if self.places else [],
        )

    def cut(self, lengths: NDArray[np.int64]) -> "Panel":
        """Return the first rows of every series, so many of each."""
        return replace(self, values=[v[:length] for v, length in zip(self.values, lengths, strict=True)])

    def apart(self) -> "Panel":
        """Return every target as a series of its own, beside the covariates; its name is ``series/target``.

        Of one target nothing changes.
        """
        count = len(self.targets)
        if count == 1:
            return self
        order = [(series, target) for series in range(len(self)) for target in range(count)]
        others = list(range(count, len(self.columns())))
        return Panel(
            ids=[f"{self.ids[series]}/{self.targets[target]}" for series, target in order],
            starts=np.repeat(self.starts, count),
            values=[self.values[series][:, [target, *others]] for series, target in order],
            roles=self.roles.model_copy(update={"targets": ("target",)}),
            frequency=self.frequency,
            static=[self.static[series] for series, _ in order] if self.static else [],
            places=[self.place(series) for series, _ in order],
        )

    def joined(self, other: "Panel") -> "Panel":
        """Return every series with the rows of the other panel's series of that name behind it.

        Raises:
            DataError: a series is missing there, or does not begin one step after this one's end.
        """
        place = {name: number for number, name in enumerate(other.ids)}
        values = []
        for number, name in enumerate(self.ids):
            if name not in place:
                raise DataError(f"series {checks.shown(name)} has no rows for what follows; add them.")
            more = place[name]
            last = int(self.times(number)[-1])
            expected = int(grid.after(last, np.array([1]), self.frequency)[0])
            begins = int(other.starts[more])
            if self.frequency.unit != "step" and begins != expected:
                raise DataError(
                    f"{other.place(more)}: begins at {grid.stamp(begins, self.frequency)}; expected "
                    f"{grid.stamp(expected, self.frequency)}, one step after the end of the history."
                )
            values.append(np.concatenate([self.values[number], other.values[more]]))
        return replace(self, values=values)

    def behind(self, history: "Panel") -> "Panel":
        """Return every series that begins one step after its history's end with that history before it.

        Series that hold their history already, and those that have none, stay as they are.
        """
        place = {name: number for number, name in enumerate(history.ids)}
        starts, values = self.starts.copy(), list(self.values)
        for number, name in enumerate(self.ids):
            if name not in place:
                continue
            known = place[name]
            begun, rows = int(history.starts[known]), history.values[known]
            if starts[number] == grid.after(begun, np.array([len(rows)]), history.frequency)[0]:
                starts[number], values[number] = begun, np.concatenate([rows, values[number]])
        return replace(self, starts=starts, values=values)

    def content(self) -> Iterator[bytes]:
        """Yield all that training depends on."""
        yield "\n".join((self.frequency.model_dump_json(), *self.columns(), *self.roles.static)).encode()
        yield self.starts.tobytes()
        for name, values in zip(self.ids, self.values, strict=True):
            yield repr((name, values.shape)).encode()
            yield np.ascontiguousarray(values).tobytes()
        for words in self.static:
            yield "\n".join(words).encode()
