"""Series that are followed side by side, each from a history of its own, as a server keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ostinato.answers.outlook import Forecasts, Numbers
from ostinato.errors import DataError
from ostinato.read import grid
from ostinato.runtime.forecast import SeriesModel
from ostinato.runtime.series_stream import SeriesStream
from ostinato.spec.windows import Windows


@dataclass(frozen=True)
class Told:
    """What a followed series is told at once: its history, or what has come since.

    Args:
        values: (T, V), the columns in the model's order, NaN where a value is missing.
        ahead: (A, K) what is known of the steps behind them; A of 0 where nothing is.
        start: when the first of them was; None: it is not said.
        static: what describes the series; None: it is not said.
    """

    values: Numbers
    ahead: Numbers
    start: int | None = None
    static: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class Foreseen:
    """What may come next of one series.

    Args:
        forecasts: (1, H, C) each.
        stamps: (H,) times, as they are written.
    """

    forecasts: Forecasts
    stamps: list[str]


class FollowedStreams:
    """n places for followed series, numbered from 0: the first thing that one is told is its history.

    Args:
        model: the model.
        count: n.
    """

    def __init__(self, model: SeriesModel, count: int) -> None:
        self._model = model
        self._streams: list[SeriesStream | None] = [None] * count

    def __len__(self) -> int:
        """Return n."""
        return len(self._streams)

    def push(self, given: Sequence[Told], streams: Sequence[int]) -> list[Foreseen]:
        """Tell m series what came, and return what may come next of each.

        Raises:
            DataError: something told cannot be used; all streams are as they were.
        """
        moved = [self._moved(number, told) for number, told in zip(streams, given, strict=True)]
        said = [_foreseen(stream, self._model.spec.preprocessing) for stream in moved]
        for number, stream in zip(streams, moved, strict=True):
            self._streams[number] = stream
        return said

    def state(self, stream: int) -> bytes:
        """Return one stream's state, as ``SeriesModel.kept`` gives it."""
        return self._model.kept(self._streams[stream])

    def restore(self, state: bytes, stream: int) -> None:
        """Let a stream go on from a state, whoever's it was.

        Raises:
            StreamError: it is damaged, or of another model or version; nothing has changed.
        """
        self._streams[stream] = self._model.resume(state)

    def reset(self, stream: int) -> None:
        """Let one stream forget everything: the next thing that it is told is a history."""
        self._streams[stream] = None

    def _moved(self, number: int, told: Told) -> SeriesStream:
        """Return a stream that has heard what is told; the one that stands here is as it was."""
        before = self._streams[number]
        return self._begun(told) if before is None else self._continued(before.copy(), told)

    def _begun(self, told: Told) -> SeriesStream:
        spec = self._model.spec.preprocessing
        if np.isnan(told.values[-1, : len(spec.targets)]).all():
            raise DataError("the last row of the history has no value to go on from; end it with one.")
        panel = self._model.panel([before_and_ahead(told, spec)], [begin(told, spec)], [told.static or ()])
        return self._model.follow(panel)

    def _continued(self, stream: SeriesStream, told: Told) -> SeriesStream:
        spec = self._model.spec.preprocessing
        targets, past = len(spec.targets), len(spec.past)
        if told.static is not None:
            raise DataError("static describes a stream in its first request; leave it out of the next ones.")
        _check_next(stream, told, spec)
        known = np.concatenate([told.values[:, targets + past :], told.ahead])
        stream.update(told.values[:, :targets], told.values[:, targets : targets + past], known)
        return stream


def begin(told: Told, spec: Windows) -> int:
    """Return when a history begins: of plain steps, at 0.

    Raises:
        DataError: steps of this model have times, and none is said.
    """
    if told.start is None and spec.frequency.unit != "step":
        raise DataError("start is missing; say when the first row of the history was.")
    return told.start or 0


def before_and_ahead(told: Told, spec: Windows) -> Numbers:
    """Return what is told as rows, (T + A, V), of which those ahead hold what is known of them alone."""
    blank = np.full((len(told.ahead), told.values.shape[1] - len(spec.known)), np.nan)
    return np.concatenate([told.values, np.concatenate([blank, told.ahead], axis=1)])


def _check_next(stream: SeriesStream, told: Told, spec: Windows) -> None:
    """Refuse rows that are said to begin at another time than one step after the last."""
    if told.start is None:
        return
    expected = int(grid.after(stream.time, np.array([1]), spec.frequency)[0])
    if told.start != expected:
        given, wanted = (grid.stamp(time, spec.frequency) for time in (told.start, expected))
        raise DataError(f"start is {given}; expected {wanted}, one step after the stream's last row.")


def _foreseen(stream: SeriesStream, spec: Windows) -> Foreseen:
    times = grid.after(stream.time, np.arange(1, spec.horizon + 1), spec.frequency)
    return Foreseen(stream.forecast(), [grid.stamp(int(time), spec.frequency) for time in times])
