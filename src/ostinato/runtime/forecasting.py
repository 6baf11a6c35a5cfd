"""What a forecasting network says of windows, on NumPy and the native kernels."""

import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ostinato.answers.outlook import Chance, Numbers, Said, drawn, levels, point, tails
from ostinato.preprocess.pack import Integers, Packed
from ostinato.preprocess.windows import Laid, Rows, Window
from ostinato.runtime.base import Array, State
from ostinato.runtime.encoder_decoder import EncoderDecoder
from ostinato.runtime.memory import Memory
from ostinato.runtime.network import Network
from ostinato.spec.windows import Outlook, Windows

AT_ONCE = 512
"""Windows that are computed at the same time at most."""

PATHS = 200
"""Sample paths that intervals are made of."""

LINEAR = "linear"
"""The branch that says what a linear model of the context does."""


class Teller:
    """A network that says the steps ahead of windows.

    Args:
        spec: how windows are read.
        outlook: what is said of each step.
        network: of the kind that ``spec.model.ForecastModel`` describes.
        linear: whether the network says what the linear model leaves, not the whole.
    """

    def __init__(
        self, spec: Windows, outlook: Outlook, network: Network | EncoderDecoder, *, linear: bool
    ) -> None:
        self.spec, self.outlook, self.network, self.on_linear = spec, outlook, network, linear

    @property
    def reader(self) -> Network:
        """Return what reads the segments of the context."""
        return self.network.encoder if isinstance(self.network, EncoderDecoder) else self.network

    def said(self, laid: Laid, series: Integers, origins: Integers, segments: int | None = None) -> Said:
        """Return what is said after these rows of these series, (B, H, C, P).

        Args:
            laid: the series.
            series, origins: (B,) which series, and the last row that is known.
            segments: how many of a context there are; None: all.
        """
        most = max(1, AT_ONCE * 8 // PATHS) if self.samples else AT_ONCE
        return Said.together(
            [
                self._said(laid, series[b], origins[b], segments, linear=False)
                for b in _batches(len(series), most)
            ]
        )

    def linear(self, laid: Laid, series: Integers, origins: Integers) -> Numbers:
        """Return what the linear model alone says, (B, H, C), as numbers of the series."""
        parts = [self._said(laid, series[b], origins[b], None, linear=True) for b in _batches(len(series))]
        return np.concatenate([part.location for part in parts])

    def _said(
        self, laid: Laid, series: Integers, origins: Integers, segments: int | None, *, linear: bool
    ) -> Said:
        window = laid.window(series, origins, segments)
        if isinstance(self.network, EncoderDecoder):
            steps, branches = self.reader.answers(_packed(window.steps))
            rows = np.asarray(branches[LINEAR].data)[-len(series) :]
            if linear:
                return self.joined(rows, rows, window, linear=True)
            if not isinstance(steps, Packed):
                raise TypeError("the encoder of a forecasting model makes steps")
            raw = self.decoded(Memory.of(steps), laid.ahead(series, origins, window))
            return self.joined(raw, rows, window, linear=False)
        last = self.heard(window)
        if linear or not self.samples:
            return self.rolled(laid, series, origins, window, last, linear=linear)
        return self.sampled(laid, series, origins, window, last)

    @property
    def samples(self) -> bool:
        """Return whether intervals are made of sample paths: of what reads its own answers."""
        return self.outlook.intervals == "model" and self.spec.rounds > 1

    def heard(self, window: Window) -> "Heard":
        """Return where the network stands that has heard windows and nothing else."""
        state, said, beside = self.reader.push_answers(self.reader.start(window.steps.shape[1]), window.steps)
        return Heard(state, said[-1], beside[LINEAR][-1])

    def sampled(self, laid: Laid, series: Integers, origins: Integers, window: Window, last: "Heard") -> Said:
        """Return what is said as ``rolled`` does, and beside it the ends of intervals, from sample paths."""
        said = self.rolled(laid, series, origins, window, last)
        drawn = self.paths(laid, series, origins, window, last)
        ends = [p for level in levels(self.outlook) for p in tails(level)]
        found = np.quantile(drawn, ends, axis=1)
        return replace(said, sampled=dict(zip(ends, found, strict=True)))

    def paths(
        self,
        laid: Laid,
        series: Integers,
        origins: Integers,
        window: Window,
        last: "Heard",
        count: int = PATHS,
        seed: int = 0,
    ) -> Numbers:
        """Return ways in which series may go on, (B, count, H, C), as numbers of the series.

        Of each segment values are drawn from what is said, and read again before the next is said (Salinas et
        al. 2020, section 3.2). What a path draws depends on the seed and the series' name alone.
        """
        spec, parts = self.spec, list[Numbers]()
        names = {int(one): laid.panel.ids[one] for one in np.unique(series)}
        shape = (count, spec.rounds * spec.said, spec.width)
        chances = {one: Chance.of(_generator(seed, name), shape) for one, name in names.items()}
        every = Chance(*(np.concatenate(one) for one in zip(*(chances[int(s)] for s in series), strict=True)))

        def draw(one: Said) -> Numbers:
            steps = slice(len(parts) * spec.said, (len(parts) + 1) * spec.said)
            parts.append(drawn(self.outlook, one, Chance(*(values[:, steps] for values in every))))
            return parts[-1]

        places = (np.repeat(series, count), np.repeat(origins, count))
        levels = np.repeat(window.levels[:1], count, axis=1)
        many = Window(window.steps, levels, np.repeat(window.scale, count, axis=0))
        self.rolled(laid, *places, many, last.repeated(count), read=draw)
        steps = np.concatenate(parts, axis=1)[:, : spec.horizon]
        return steps.reshape(len(series), count, spec.horizon, spec.width)

    def decoded(self, memory: Memory, ahead: Rows) -> Array:
        """Return what a decoder says of the steps ahead (H, B, G) after sources, (B, H * C * P)."""
        if not isinstance(self.network, EncoderDecoder):
            raise TypeError("a network without an encoder decodes nothing")
        sources = np.arange(ahead.shape[1])
        memory = self.network.remembered(memory)
        rows = self.network.read(self.network.begin(memory, sources), ahead, memory, sources).rows
        return np.ascontiguousarray(rows.swapaxes(0, 1)).reshape(len(sources), -1)

    def rolled(
        self,
        laid: Laid,
        series: Integers,
        origins: Integers,
        window: Window,
        last: "Heard",
        *,
        linear: bool = False,
        read: Callable[[Said], Numbers] | None = None,
    ) -> Said:
        """Return what a network says that reads its own answers, a segment at a time, (B, H, C, P).

        Args:
            laid, series, origins, window: whose steps ahead.
            last: where the network stands after the windows.
            linear: whether the linear model alone speaks.
            read: makes what is read next, (B, w, C), of what is said of a segment; None: the points.
        """
        spec, (state, said, branch) = self.spec, last
        level, parts = window.level, []
        for number in range(spec.rounds):
            one = self.joined(said, branch, Window(window.steps, level[None], window.scale), linear=linear)
            moved = (level - window.level) / window.scale
            parts.append(one.raw + _shift(self.outlook, moved, one.raw.shape))
            values = read(one) if read is not None else self._points(one, linear=linear)
            if number + 1 < spec.rounds:
                ends = origins + (number + 1) * spec.segment
                reading = laid.segment(series, ends, level, window.scale, values)
                level = reading.levels[:, -1]
                rows = reading.inputs.swapaxes(0, 1).astype(np.float32)
                state, rows, branches = self.reader.push_answers(state, rows)
                said, branch = rows[-1], branches[LINEAR][-1]
        raw = np.concatenate(parts, axis=1)[:, : spec.horizon]
        return Said(raw, window.level, window.scale)

    def _points(self, one: Said, *, linear: bool) -> Numbers:
        return one.location if linear else point(self.outlook, one)

    def joined(self, said: Array, branch: Array, window: Window, *, linear: bool = False) -> Said:
        """Return what was said (B, h * C * P) and what the linear model said (B, h * C) as one."""
        shape = (len(said), -1, self.spec.width)
        base = branch.reshape(*shape, 1).astype(np.float64)
        if linear:
            return Said(base, window.level, window.scale)
        raw = said.reshape(len(said), base.shape[1], self.spec.width, -1).astype(np.float64)
        if self.on_linear:
            located = raw.shape[3] if self.outlook.says == "quantiles" else 1
            raw[..., :located] += base
        return Said(raw, window.level, window.scale)


class Heard(NamedTuple):
    """Where a network stands after windows.

    Args:
        state: of the reader, (B, …) each.
        said: (B, h * C * P), what the network last said.
        linear: (B, h * C), what the linear model last said.
    """

    state: State
    said: Array
    linear: Array

    def repeated(self, count: int) -> "Heard":
        """Return every window so many times, one behind the other."""
        state = {name: np.repeat(array, count, axis=0) for name, array in self.state.items()}
        return Heard(state, np.repeat(self.said, count, axis=0), np.repeat(self.linear, count, axis=0))


def _generator(seed: int, name: str) -> np.random.Generator:
    """Return the generator of a series' paths."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def _shift(outlook: Outlook, moved: Numbers, shape: tuple[int, ...]) -> Numbers:
    """Return by how much numbers that say a place move with the level, (B, 1, C, P)."""
    places = shape[3] if outlook.says == "quantiles" else 1
    shift = np.zeros((shape[0], 1, *shape[2:]))
    shift[..., :places] = moved[:, None, :, None]
    return shift


def _batches(count: int, most: int = AT_ONCE) -> list[slice]:
    return [slice(first, first + most) for first in range(0, count, most)]


def _packed(steps: Rows) -> Packed:
    """Return steps (T, B, F) of equal length as a packed batch."""
    sizes = np.full(len(steps), steps.shape[1], np.int64)
    return Packed(steps.reshape(-1, steps.shape[2]), sizes)
