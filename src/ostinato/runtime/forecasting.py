"""What a forecasting network says of windows, on NumPy and the native kernels."""

import numpy as np

from ostinato.answers.outlook import Numbers, Said, point
from ostinato.preprocess.pack import Integers, Packed
from ostinato.preprocess.windows import Laid, Rows, Window
from ostinato.runtime.base import Array, State
from ostinato.runtime.encoder_decoder import EncoderDecoder
from ostinato.runtime.memory import Memory
from ostinato.runtime.network import Network
from ostinato.spec.windows import Outlook, Windows

AT_ONCE = 512
"""Windows that are computed at the same time at most."""

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
        parts = [
            self._said(laid, series[b], origins[b], segments, linear=False) for b in _batches(len(series))
        ]
        return Said(*(np.concatenate([getattr(part, name) for part in parts]) for name in _FIELDS))

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
        state, said, beside = self.reader.push_answers(self.reader.start(len(series)), window.steps)
        last = (state, said[-1], beside[LINEAR][-1])
        if self.spec.rounds == 1:
            return self.joined(*last[1:], window, linear=linear)
        return self.rolled(laid, series, origins, window, last, linear=linear)

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
        last: tuple[State, Array, Array],
        *,
        linear: bool,
    ) -> Said:
        """Return what a network says that reads its own answers, a segment at a time, (B, H, C, P).

        Args:
            laid, series, origins, window: whose steps ahead.
            last: the state after the window, and what network and linear model said then.
            linear: whether the linear model alone speaks.
        """
        spec, (state, said, branch) = self.spec, last
        level, parts = window.level, []
        for number in range(spec.rounds):
            one = self.joined(said, branch, Window(window.steps, level[None], window.scale), linear=linear)
            moved = (level - window.level) / window.scale
            parts.append(one.raw + _shift(self.outlook, moved, one.raw.shape))
            if number + 1 < spec.rounds:
                values = point(self.outlook, one) if not linear else one.location
                ends = origins + (number + 1) * spec.segment
                reading = laid.segment(series, ends, level, window.scale, values)
                level = reading.levels[:, -1]
                rows = reading.inputs.swapaxes(0, 1).astype(np.float32)
                state, rows, branches = self.reader.push_answers(state, rows)
                said, branch = rows[-1], branches[LINEAR][-1]
        raw = np.concatenate(parts, axis=1)[:, : spec.horizon]
        return Said(raw, window.level, window.scale)

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


_FIELDS = ("raw", "level", "scale")


def _shift(outlook: Outlook, moved: Numbers, shape: tuple[int, ...]) -> Numbers:
    """Return by how much numbers that say a place move with the level, (B, 1, C, P)."""
    places = shape[3] if outlook.says == "quantiles" else 1
    shift = np.zeros((shape[0], 1, *shape[2:]))
    shift[..., :places] = moved[:, None, :, None]
    return shift


def _batches(count: int) -> list[slice]:
    return [slice(first, first + AT_ONCE) for first in range(0, count, AT_ONCE)]


def _packed(steps: Rows) -> Packed:
    """Return steps (T, B, F) of equal length as a packed batch."""
    sizes = np.full(len(steps), steps.shape[1], np.int64)
    return Packed(steps.reshape(-1, steps.shape[2]), sizes)
