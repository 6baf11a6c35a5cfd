"""A forecasting model, loaded: the next steps of series, backtests, and streams."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ostinato import checks
from ostinato.answers.forecast import SIMPLE, Backtest, in_sample_error, last_value, seasonal_naive
from ostinato.answers.outlook import Forecasts, Numbers, Said, forecasts
from ostinato.errors import ArgumentError, DataError, StreamError
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.windows import Laid, WindowPreprocessor
from ostinato.read import grid
from ostinato.read.grid import Times
from ostinato.read.panel import Panel
from ostinato.runtime import series_kept
from ostinato.runtime.encoder_decoder import EncoderDecoder
from ostinato.runtime.fingerprint import marked
from ostinato.runtime.forecasting import PATHS, Teller
from ostinato.runtime.model import Model, answers_are_finite
from ostinato.runtime.network import Network
from ostinato.runtime.series_stream import SeriesStream, kept_rows
from ostinato.runtime.streams.base import Streams
from ostinato.spec.model import ForecastModel
from ostinato.spec.windows import SeriesColumns

MOST_WINDOWS = 20_000
"""Windows of a backtest at most, if no stride is said."""

AT_ONCE = 10_000
"""Paths that are drawn at the same time, about."""


@dataclass(frozen=True)
class Foretold:
    """The next steps of n series.

    Args:
        ids: their names.
        targets: what is foretold.
        times: (n, H), microseconds, or whole numbers.
        stamps: those as they are written.
        forecasts: (n, H, C) each.
    """

    ids: list[str]
    targets: tuple[str, ...]
    times: Times
    stamps: list[list[str]]
    forecasts: Forecasts


class SeriesModel(Model):
    """A model that foretells series. Made by ``ostinato.load``, or from its parts.

    Args:
        spec: everything about it but its weights.
        network: the network with its weights.
        preprocessor: what cuts series into windows.

    Raises:
        ArgumentError: network or preprocessor is of another model.
    """

    spec: ForecastModel

    def __init__(
        self, spec: ForecastModel, network: Network | EncoderDecoder, preprocessor: Preprocessor
    ) -> None:
        super().__init__(spec, network, preprocessor)
        if not isinstance(preprocessor, WindowPreprocessor):
            raise ArgumentError("the preprocessor reads no windows of series; it is of another model.")
        self.windows = preprocessor
        linear = spec.recipe.network.linear
        self.teller = Teller(spec.preprocessing, spec.answer, network, linear=linear)

    @cached_property
    def _fingerprint(self) -> bytes:
        whole = super()._fingerprint  # whether the linear model counts stands in the recipe alone
        return whole if self.spec.recipe.network.linear else marked(whole, b"without the linear model")

    def is_finite(self) -> bool:
        """Return whether the answers to two tiny inputs are finite numbers."""
        return answers_are_finite(self.teller.reader)

    def predict(self, panel: Panel) -> Foretold:
        """Return the next H steps of every series, after the last row in which a target has a value.

        What is said of a series does not depend on the others. Of a context that is not there in full, the
        segments that are there are read.

        Args:
            panel: series with the model's columns; where columns are known ahead, rows without targets hold
                them behind the history.

        Raises:
            DataError: columns or steps are not the model's, or a series is shorter than one segment.
        """
        laid = self.windows.lay(panel)
        origins = self._origins(laid, panel)
        said = self.said(laid, np.arange(len(origins)), origins)
        width = len(panel.targets)
        parts = forecasts(self.spec.answer, said, log=self.spec.preprocessing.log)
        times = [
            grid.after(int(start), origin + 1 + np.arange(self.horizon), panel.frequency)
            for start, origin in zip(laid.panel.starts, origins, strict=True)
        ][:: laid_apart(laid, panel)]
        return Foretold(
            ids=panel.ids,
            targets=panel.targets,
            times=np.stack(times),
            stamps=[[grid.stamp(int(time), panel.frequency) for time in row] for row in times],
            forecasts=_beside(parts, len(panel), width),
        )

    def paths(self, panel: Panel, count: int = PATHS, seed: int = 0) -> Numbers:
        """Return ways in which every series may go on, drawn by chance, (n, count, H, C).

        Of a model with the autoregressive decoder that says a distribution: each path reads its own values
        again, so that its steps belong together. The same seed gives the same paths of a series, whatever
        others are given with it.

        Args:
            panel: as for ``predict``.
            count: paths of each series.
            seed: of the drawing.

        Raises:
            ArgumentError: the model's steps ahead do not belong together, it says no distribution, or count
                or seed do not fit.
            DataError: as for ``predict``.
        """
        outlook, decoder = self.spec.answer, self.spec.recipe.network.decoder
        if decoder != "autoregressive" or outlook.says in ("point", "quantiles"):
            raise ArgumentError(
                f"the decoder is {decoder!r} and the model says {outlook.says}; paths are drawn by the "
                "decoder 'autoregressive' of a model that says a distribution."
            )
        if seed < 0:
            raise ArgumentError(f"seed is {seed}; expected a whole number from 0 on.")
        laid = self.windows.lay(panel)
        origins, series = self._origins(laid, panel), np.arange(len(laid.lengths))
        found = np.zeros((len(series), checks.positive("count", count), self.horizon, laid.spec.width))
        for segments, every in self._lengths(laid, series, origins):
            for chosen in np.array_split(every, -(-len(every) * count // AT_ONCE)):
                window = laid.window(series[chosen], origins[chosen], segments)
                where = (series[chosen], origins[chosen], window, self.teller.heard(window))
                found[chosen] = self.teller.paths(laid, *where, count, seed)
        apart = found.reshape(len(panel), -1, *found.shape[1:])  # targets told apart are series of their own
        joined = np.concatenate([apart[:, one] for one in range(apart.shape[1])], axis=-1)
        return np.exp(joined) if laid.spec.log else joined

    @property
    def horizon(self) -> int:
        """Return H."""
        return self.spec.preprocessing.horizon

    def said(self, laid: Laid, series: Integers, origins: Integers) -> Said:
        """Return what is said after these rows of these series, whatever part of the context is there."""
        raw: list[Said] = []
        order: list[Integers] = []
        for count, chosen in self._lengths(laid, series, origins):
            raw.append(self.teller.said(laid, series[chosen], origins[chosen], count))
            order.append(chosen)
        return Said.together(raw).take(np.argsort(np.concatenate(order), kind="stable"))

    def _lengths(self, laid: Laid, series: Integers, origins: Integers) -> Iterator[tuple[int, Integers]]:
        """Yield how many segments of a context there are, and the places of the windows that have as many."""
        spec = self.spec.preprocessing
        counts = np.minimum(spec.segments, (origins + 1) // spec.segment)
        for place in np.flatnonzero(counts < 1):
            whole = f"; a whole context has {spec.context}" if spec.context > spec.segment else ""
            raise DataError(
                f"{laid.panel.place(int(series[place]))}: has {int(origins[place]) + 1} steps; expected at "
                f"least {spec.segment}{whole}."
            )
        for count in np.unique(counts).tolist():
            chosen = np.flatnonzero(counts == count)
            laid.check(series[chosen], origins[chosen], count)
            yield count, chosen

    def why_not_stream(self) -> str | None:
        """Return why a stream cannot begin with nothing."""
        return (
            "a stream of a forecast model begins with a history, which tells the scale: open it by follow, "
            "or use ostinato.Forecaster."
        )

    def _streams(self, count: int) -> Streams[Any, Any]:
        raise StreamError(self.why_not_stream())

    def follow(self, panel: Panel) -> SeriesStream:
        """Return a stream of one series that has heard its history and can be told what comes.

        Args:
            panel: one series, with the model's columns; rows without targets behind the history hold what is
                known ahead.

        Raises:
            DataError: it is not one series, or cannot be foretold.
        """
        if len(panel) != 1:
            raise DataError(f"{len(panel)} series are given; a stream hears one: open one for each.")
        laid = self.windows.lay(panel)
        origin = int(self._origins(laid, panel)[0])
        return SeriesStream.begun(self.teller, self.windows, panel, origin)

    def panel(
        self, values: Sequence[Numbers], starts: Sequence[int], static: Sequence[tuple[str, ...]]
    ) -> Panel:
        """Return series in memory as a panel with the model's columns.

        Args:
            values: one (T, V) array a series: targets, past and known columns in the model's order, NaN where
                missing.
            starts: the time of each one's first row: microseconds, or a whole number.
            static: what describes each; nothing where the model reads no such columns.
        """
        spec = self.spec.preprocessing
        roles = SeriesColumns(
            targets=spec.targets,
            past=tuple(one.name for one in spec.past),
            known=tuple(one.name for one in spec.known),
            static=tuple(one.name for one in spec.static),
        )
        return Panel(
            ids=[str(number) for number in range(1, len(values) + 1)],
            starts=np.array(starts, np.int64),
            values=[*values],
            roles=roles,
            frequency=spec.frequency,
            static=[*static] if roles.static else [],
        )

    def kept(self, stream: SeriesStream | None) -> bytes:
        """Return all that a stream keeps; ``resume`` makes the same stream of it, on any machine.

        Args:
            stream: one of this model; None: one that has heard nothing yet.
        """
        shown = self._blank if stream is None else stream
        begun = stream is not None
        rows = kept_rows(self.teller)
        return series_kept.written(self.fingerprint(), shown.state(), rows, shown.static, begun=begun)

    def resume(self, state: bytes) -> SeriesStream | None:
        """Return a stream that goes on from what ``kept`` gave; None: it has heard nothing yet.

        Raises:
            StreamError: the state is damaged, or of another model or version.
        """
        form, rows = self._blank.state(), kept_rows(self.teller)
        found = series_kept.read(self.fingerprint(), form, rows, state)
        if found is None:
            return None
        arrays, static = found
        if len(static) != len(self._blank.static):
            raise StreamError("the state describes a series otherwise than this model does; take it anew.")
        width = self._blank_rows().shape[1]
        template = self.panel([np.full((1, width), np.nan)], [0], [static])
        stream = SeriesStream(self.teller, self.windows, template, form)
        stream.restore(arrays)
        return stream

    @cached_property
    def _blank(self) -> SeriesStream:
        """Return a stream whose state has the shapes and types of every stream's."""
        static = tuple(one.words[0] if one.words else "0" for one in self.spec.preprocessing.static)
        return self.follow(self.panel([self._blank_rows()], [0], [static]))

    def _blank_rows(self) -> Numbers:
        """Return as many rows of any numbers as a stream must begin with, and those ahead of them."""
        spec = self.spec.preprocessing
        width = len(spec.targets) + len(spec.past) + len(spec.known)
        rows = np.repeat(np.arange(1.0, spec.segment + spec.horizon + 1)[:, None], width, axis=1)
        rows[spec.segment :, : len(spec.targets)] = np.nan
        return rows

    def backtest(self, panel: Panel, stride: int | None = None) -> Backtest:
        """Foretell every series from many origins, each with what was known then and nothing else.

        Windows begin after the end of what a series was trained or validated on; of a series that training
        never saw, after the first context. The context may reach back into the training part.

        Args:
            panel: series with the model's columns.
            stride: steps from an origin to the next; None: 1, or as few as make ``MOST_WINDOWS`` windows.

        Raises:
            DataError: there is no such window.
        """
        laid = self.windows.lay(panel)
        series, origins = laid.places(self.spec.preprocessing.context, self._first(laid, panel))
        if not len(series):
            raise DataError(
                f"no series has {self.horizon} steps after what the model was trained on, with a context of "
                f"{self.spec.preprocessing.context} before them; give a file that goes on from there, its "
                "history included."
            )
        step = stride or -(-len(series) // MOST_WINDOWS)
        begun = np.full(len(laid.lengths), np.iinfo(np.int64).max)
        np.minimum.at(begun, series, origins)
        kept = (origins - begun[series]) % step == 0
        return self._judged(laid, panel, series[kept], origins[kept], begun)

    def _judged(
        self, laid: Laid, panel: Panel, series: Integers, origins: Integers, begun: Integers
    ) -> Backtest:
        spec = self.spec.preprocessing
        apart = laid_apart(laid, panel)
        laid.check(series, origins, spec.segments)
        said = self.teller.said(laid, series, origins)
        found = forecasts(self.spec.answer, said, log=spec.log)
        rows = (laid.offsets[series] + origins)[:, None] + np.arange(1 - spec.context, 1)
        simple = (
            last_value(said.level, spec.horizon),
            seasonal_naive(laid.values[rows], spec.season, spec.horizon),
            self.teller.linear(laid, series, origins),
        )
        history = [
            in_sample_error(laid.natural(laid.values[o : o + 1 + min(int(b), int(n) - 1)]), spec.season)
            for o, b, n in zip(laid.offsets, begun, laid.lengths, strict=True)
        ]
        return Backtest(
            series=series // apart,
            origins=origins,
            truth=laid.natural(laid.targets(series, origins)),
            found=found,
            simple={name: laid.natural(one) for name, one in zip(SIMPLE, simple, strict=True)},
            in_sample=np.stack(history)[series],
            target=series % apart,
        )

    def _first(self, laid: Laid, panel: Panel) -> Integers:
        """Return the first row of each laid series that may be foretold."""
        spec = self.spec.preprocessing
        # plain numbers say nothing of when a series that training never saw was measured
        other = None if panel.frequency.unit == "step" and spec.ends else spec.last
        first = []
        for number, name in enumerate(panel.ids):
            last = spec.ends.get(name, other)
            first.append(0 if last is None else int((panel.times(number) <= last).sum()))
        return np.repeat(np.array(first, np.int64), laid_apart(laid, panel))

    def _origins(self, laid: Laid, panel: Panel) -> Integers:
        """Return, for each laid series, the last row in which a target of its series has a value."""
        apart = laid_apart(laid, panel)
        ends = laid.ends().reshape(-1, apart).max(axis=1)
        for place in np.flatnonzero(ends < 0):
            raise DataError(f"{panel.place(int(place))}: has no value to go on from.")
        return np.repeat(ends, apart)


def laid_apart(laid: Laid, panel: Panel) -> int:
    """Return how many laid series one series is: one for each target where targets are told apart."""
    return len(laid.lengths) // len(panel)


def _beside(found: Forecasts, count: int, width: int) -> Forecasts:
    """Return forecasts of laid series, (n * C, H, 1), as those of n series, (n, H, C)."""

    def joined(values: Numbers) -> Numbers:
        """Return one array so."""
        if values.shape[2] == width:
            return values
        return np.ascontiguousarray(values[..., 0].reshape(count, width, -1).swapaxes(1, 2))

    return Forecasts(
        point=joined(found.point),
        quantiles={q: joined(values) for q, values in found.quantiles.items()},
        intervals={level: (joined(a), joined(b)) for level, (a, b) in found.intervals.items()},
    )
