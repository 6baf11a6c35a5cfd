"""Windows of series as a network reads them: differences to the last value, over the context's spread."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.preprocess import calendar
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.covariates import centers, described_rows, scaled_rows, spreads
from ostinato.preprocess.pack import Integers
from ostinato.read import grid
from ostinato.read.panel import Numbers, Panel
from ostinato.spec.windows import Windows

Rows = NDArray[np.float32]

ALIKE = 1e-6
"""A context whose spread is less than this part of its mean is taken for constant."""


class WindowPreprocessor(Preprocessor):
    """Windows of series, the covariates scaled as in training.

    Args:
        spec: what is read, and how it was scaled.
    """

    def __init__(self, spec: Windows) -> None:
        self.spec: Windows = spec

    def lay(self, panel: Panel) -> "Laid":
        """Return series ready to be cut into windows; targets that are told apart are series of their own.

        Raises:
            DataError: the columns or the step of time are not the model's, or a value is missing where the
                model takes none.
        """
        spec = self.spec
        _check_columns(spec, panel)
        return Laid(spec, panel if spec.together else panel.apart())


class Window(NamedTuple):
    """B windows.

    Args:
        steps: (k + R, B, F), a step a segment: those of the context, and R further ones.
        levels: (R + 1, B, C), the last value after the context and after each further segment.
        scale: (B, C), the spread of the context.
    """

    steps: Rows
    levels: Numbers
    scale: Numbers

    @property
    def level(self) -> Numbers:
        """Return the last value of the context, (B, C)."""
        return np.asarray(self.levels[0])


class Reading(NamedTuple):
    """What the segments of B windows say of the targets.

    Args:
        inputs: (B, k, w * C * (2 if masked else 1) + C).
        levels: (B, k * w, C), the last value known at each step; NaN before the first.
    """

    inputs: Numbers
    levels: Numbers


class Laid:
    """Series end to end, each with room for H steps behind its end.

    Args:
        spec: what is read.
        panel: series whose targets are those of one window.
    """

    def __init__(self, spec: Windows, panel: Panel) -> None:
        self.spec, self.panel = spec, panel
        self.lengths = panel.lengths
        ahead = max(spec.horizon, spec.rounds * spec.said)
        room = self.lengths + ahead
        self.offsets: Integers = np.cumsum(room) - room
        blank = np.full((ahead, len(panel.columns())), np.nan)
        rows = np.concatenate([np.concatenate([values, blank]) for values in panel.values])
        width, past = spec.width, len(spec.past)
        self.values = self._logarithms(rows[:, :width]) if spec.log else rows[:, :width]
        self.past = scaled_rows(rows[:, width : width + past], spec.past)
        self.known = (rows[:, width + past :] - centers(spec.known)) / spreads(spec.known)
        self.calendar = self._calendar(room)
        self.static = described_rows(panel, spec.static)

    def natural(self, values: Numbers) -> Numbers:
        """Return what is read or said as numbers of the series: of logarithms, what they are of."""
        return np.exp(values) if self.spec.log else values

    def ends(self) -> Integers:
        """Return the last row of each series in which a target has a value, (n,); -1 where there is none."""
        there = np.asarray(np.isfinite(self.values).any(axis=1))
        found = []
        for offset, length in zip(self.offsets, self.lengths, strict=True):
            rows = np.flatnonzero(there[offset : offset + length])
            found.append(int(rows[-1]) if len(rows) else -1)
        return np.array(found, np.int64)

    def window(
        self,
        series: Integers,
        origins: Integers,
        segments: int | None = None,
        further: int = 0,
        scale: Numbers | None = None,
    ) -> Window:
        """Return the windows whose contexts end at these rows of these series, each included.

        Args:
            series: (B,) which series.
            origins: (B,) the last row that is known.
            segments: how many of a context there are; None: all.
            further: R, segments behind the context that are read, too, as they came; they touch no scale.
            scale: (B, C); None: the spread of the context.
        """
        spec, count = self.spec, segments or self.spec.segments
        w, steps = spec.segment, count * spec.segment
        rows = (self.offsets[series] + origins)[:, None] + np.arange(1 - steps, 1 + further * w)
        values = self.values[rows]
        scale = spread(values[:, :steps]) if scale is None else scale
        before = np.full_like(scale, np.nan)
        reading = read(spec, values, before, scale)
        parts = [reading.inputs, *self._beside(rows.reshape(len(rows), count + further, w), series)]
        inputs = np.concatenate(parts, axis=2).astype(np.float32)
        levels = reading.levels[:, steps - 1 :: w].swapaxes(0, 1)
        return Window(np.ascontiguousarray(inputs.swapaxes(0, 1)), levels, scale)

    def targets(self, series: Integers, origins: Integers, steps: int | None = None) -> Numbers:
        """Return what follows, (B, H, C), or so many steps; NaN where it is missing or not there."""
        rows = (self.offsets[series] + origins)[:, None] + np.arange(1, (steps or self.spec.horizon) + 1)
        found: Numbers = self.values[rows]
        return found

    def places(
        self, least: int, first: Integers | None = None, *, readable: bool = False
    ) -> tuple[Integers, Integers]:
        """Return every window with a context of at least so many rows and a whole horizon behind it.

        Windows whose context or horizon holds nothing are left out.

        Args:
            least: rows of a context.
            first: (n,) the first row of each series that may be foretold; None: any.
            readable: whether to leave out, of a model that takes no gaps, windows with some.

        Returns:
            The series (N,) and the last known row (N,) of each.
        """
        spec, found = self.spec, []
        for number, (offset, length) in enumerate(zip(self.offsets, self.lengths, strict=True)):
            begin = least - 1 if first is None else max(least - 1, int(first[number]) - 1)
            origins = np.arange(begin, length - spec.horizon)
            there = np.isfinite(self.values[offset : offset + length]).all(axis=1)
            counts = np.concatenate([[0], np.cumsum(there)])
            seen = counts[origins + 1] - counts[np.maximum(origins + 1 - spec.context, 0)]
            come = counts[origins + 1 + spec.horizon] - counts[origins + 1]
            fits = (seen > 0) & (come > 0)
            if readable and not spec.masked:
                fits &= seen == np.minimum(origins + 1, spec.context)
                fits &= (come == spec.horizon) | (spec.rounds == 1)
            found.append((np.full(int(fits.sum()), number), origins[fits]))
        return tuple(np.concatenate(part).astype(np.int64) for part in zip(*found, strict=True))  # type: ignore[return-value]

    def spreads(self) -> Numbers:
        """Return what an error of each series is measured by, (n, C): its spread; 1 of logarithms.

        An error of a logarithm is a part of the value, and so of one unit in all series.
        """
        if self.spec.log:
            return np.ones((len(self.lengths), self.spec.width))
        ends = zip(self.offsets, self.lengths, strict=True)
        return np.concatenate([spread(self.values[None, o : o + length]) for o, length in ends])

    def ahead(self, series: Integers, origins: Integers, window: Window) -> Rows:
        """Return what the decoder of seq2seq is given for each step ahead, (H, B, G)."""
        spec = self.spec
        rows = (self.offsets[series] + origins)[:, None] + np.arange(1, spec.horizon + 1)
        shape = (len(rows), spec.horizon)
        place = np.broadcast_to(np.arange(1, spec.horizon + 1)[:, None] / spec.horizon, (*shape, 1))
        static = np.broadcast_to(self.static[series][:, None], (*shape, self.static.shape[1]))
        parts = [place, self._known(rows), self.calendar[rows], static]
        for lag in spec.lags:
            earlier = np.maximum(rows - lag, self.offsets[series][:, None])
            there = (rows - lag >= self.offsets[series][:, None])[..., None]
            lagged = (self.values[earlier] - window.level[:, None]) / window.scale[:, None]
            parts += [np.nan_to_num(np.where(there, part, 0.0)) for part in (lagged, self.known[earlier])]
        found = np.concatenate(parts, axis=2).astype(np.float32)
        return np.ascontiguousarray(found.swapaxes(0, 1))

    def check(self, series: Integers, origins: Integers, segments: int) -> None:
        """Refuse windows whose context holds nothing, or lacks a value where the model takes no gaps."""
        spec, steps = self.spec, segments * self.spec.segment
        rows = (self.offsets[series] + origins)[:, None] + np.arange(1 - steps, 1)
        there = np.isfinite(self.values[rows])
        for place in np.flatnonzero(~there.any(axis=1).all(axis=1)):
            raise DataError(
                f"{self.panel.place(int(series[place]))}: the last {steps} values are all missing; nothing "
                "can be foretold of them."
            )
        if not spec.masked and not there.all():
            window, step, _ = (int(one) for one in np.argwhere(~there)[0])
            number = int(series[window])
            time = self.panel.times(number)[int(origins[window]) - steps + 1 + step]
            raise DataError(
                f"{self.panel.place(number)}: the value at {grid.stamp(int(time), self.panel.frequency)} is "
                "missing, and this model was trained on series without gaps: fill it in, or train on data "
                "with gaps."
            )

    def levels_at(self, series: Integers, row: int, steps: int) -> Numbers:
        """Return the last value known at a row, looking back so many steps, (B, C); NaN if there is none."""
        rows = (self.offsets[series] + row)[:, None] + np.arange(1 - steps, 1)
        values = self.values[rows]
        return carried_on(values, np.full((len(series), values.shape[2]), np.nan))[:, -1]

    def segment(
        self,
        series: Integers,
        ends: Integers,
        before: Numbers,
        scale: Numbers,
        values: Numbers | None = None,
    ) -> Reading:
        """Return one segment's step for each of B windows that go on, (B, 1, F), and its levels (B, w, C).

        Args:
            series: (B,) which series.
            ends: (B,) the segment's last row.
            before: (B, C), the last value before the segment.
            scale: (B, C).
            values: (B, w, C) what is read as its targets; None: what the series have.
        """
        rows = (self.offsets[series] + ends)[:, None] + np.arange(1 - self.spec.segment, 1)
        reading = read(self.spec, self.values[rows] if values is None else values, before, scale)
        parts = [reading.inputs, *self._beside(rows[:, None], series)]
        return Reading(np.concatenate(parts, axis=2), reading.levels)

    def _beside(self, rows: Integers, series: Integers) -> list[Numbers]:
        """Return what is read beside the targets of segments that take up rows (B, k, w), (B, k, ·) each."""
        batch, count, _ = rows.shape
        ends = rows[:, :, -1]
        parts = [self.past[rows].reshape(batch, count, -1), self._known(rows).reshape(batch, count, -1)]
        if self.spec.known:
            ahead = ends[:, :, None] + np.arange(1, self.spec.said + 1)
            parts.append(self._known(ahead).reshape(batch, count, -1))
        static = np.broadcast_to(self.static[series][:, None], (batch, count, self.static.shape[1]))
        return [*parts, self.calendar[ends + 1].astype(np.float64), static]

    def _known(self, rows: Integers) -> Numbers:
        found: Numbers = self.known[rows]
        if np.isnan(found).any():
            self._refuse_unknown(int(rows[np.isnan(found).any(axis=-1)][0]))
        return found

    def _refuse_unknown(self, row: int) -> None:
        number = int(np.searchsorted(self.offsets, row, side="right")) - 1
        within = row - int(self.offsets[number])
        column = int(np.flatnonzero(np.isnan(self.known[row]))[0])
        time = grid.after(int(self.panel.starts[number]), np.array([within]), self.panel.frequency)
        where = grid.stamp(int(time[0]), self.panel.frequency)
        raise DataError(
            f"the series at {self.panel.place(number)}: {checks.shown(self.spec.known[column].name)} is not "
            f"known at {where}; a column that is known ahead needs a value at every step, also of the "
            "steps to foretell (--future)."
        )

    def _logarithms(self, rows: Numbers) -> Numbers:
        wrong = np.argwhere(rows <= 0)
        if len(wrong):
            row, column = (int(one) for one in wrong[0])
            number = int(np.searchsorted(self.offsets, row, side="right")) - 1
            raise DataError(
                f"{self.panel.place(number)}, step {row - int(self.offsets[number]) + 1}: the value is "
                f"{rows[row, column]:g}; this model foretells logarithms, of values above 0: train with "
                "--transform none."
            )
        return np.log(rows)

    def _calendar(self, room: Integers) -> Rows:
        """Return the calendar of every row, (N, ·)."""
        told, count = self.spec.calendar, int(room.sum())
        if not told:
            return np.zeros((count, 0), np.float32)
        panel = self.panel
        every = [
            grid.after(int(start), np.arange(rows, dtype=np.int64), panel.frequency)
            for start, rows in zip(panel.starts, room, strict=True)
        ]
        return calendar.inputs(np.concatenate(every), told, self.spec.time_zone)


def read(spec: Windows, values: Numbers, before: Numbers, scale: Numbers) -> Reading:
    """Return what the network reads of the targets of B windows.

        z_i     = (x_i - l_i) / s        of each step of segment i, whose last value is l_i
        d_i     = (l_i - l_(i-1)) / s

    A missing value is 0, and its mask is 1 if the model has masks; l_i then is the last value that is known.

    Args:
        spec: what is read.
        values: (B, k * w, C), NaN where missing.
        before: (B, C), the last value before them; NaN where there is none, and d_1 is 0.
        scale: (B, C), s.
    """
    batch, steps, width = values.shape
    shape = (batch, steps // spec.segment, spec.segment, width)
    levels = carried_on(values, before)
    ends = levels.reshape(shape)[:, :, -1]
    over = scale[:, None]
    jumps = np.nan_to_num((ends - np.concatenate([before[:, None], ends[:, :-1]], axis=1)) / over)
    cells = values.reshape(shape)
    parts = [np.nan_to_num((cells - ends[:, :, None]) / over[:, None]).reshape(*shape[:2], -1)]
    if spec.masked:
        parts.append(np.isnan(cells).astype(np.float64).reshape(*shape[:2], -1))
    return Reading(np.concatenate([*parts, jumps], axis=2), levels)


def carried_on(values: Numbers, before: Numbers) -> Numbers:
    """Return the last value that is known at each step, (B, T, C); NaN before the first.

    Example:
        >>> carried_on(np.array([[[np.nan], [3.0], [np.nan]]]), np.array([[1.0]]))[0, :, 0].tolist()
        [1.0, 3.0, 3.0]
    """
    whole = np.concatenate([before[:, None], values], axis=1)
    there = np.isfinite(whole)
    steps = np.arange(whole.shape[1])[:, None]
    latest = np.maximum.accumulate(np.where(there, steps, 0), axis=1)
    return np.take_along_axis(whole, latest, axis=1)[:, 1:]


def spread(values: Numbers) -> Numbers:
    """Return the standard deviation of what is known of contexts (B, M, C), (B, C).

    Of a constant one it is the size of its value, or 1: a difference there is a part of the whole.

    Example:
        >>> spread(np.array([[[1.0], [3.0], [np.nan]]])).tolist(), spread(np.full((1, 2, 1), -5.0)).tolist()
        ([[1.0]], [[5.0]])
    """
    there = np.isfinite(values)
    count = np.maximum(there.sum(axis=1), 1)
    mean = np.where(there, values, 0.0).sum(axis=1) / count
    squares = np.where(there, np.square(values - mean[:, None]), 0.0).sum(axis=1)
    deviation = np.sqrt(squares / count)
    size = np.abs(mean)
    return np.where(deviation > ALIKE * size, deviation, np.where(size > 0, size, 1.0))


def _check_columns(spec: Windows, panel: Panel) -> None:
    scaled = (one.name for one in (*spec.past, *spec.known))
    expected = (*spec.targets, *scaled, *(one.name for one in spec.static))
    given = (*panel.columns(), *panel.roles.static)
    if given != expected:
        named = ", ".join(checks.shown(name) for name in expected)
        raise DataError(
            f"the data has the columns {', '.join(checks.shown(name) for name in given)}; this model reads "
            f"{named}."
        )
    if panel.frequency != spec.frequency:
        raise DataError(
            f"the data has steps of {grid.written(panel.frequency)}; this model was trained on steps of "
            f"{grid.written(spec.frequency)}."
        )
