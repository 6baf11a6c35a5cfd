"""Streams of numbers that may be missing or come at odd times, of sequences that may be described."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.classify import softmax
from ostinato.errors import DataError
from ostinato.preprocess.observed import Past, check_static, given_rows, start
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.scale import scale_rows
from ostinato.runtime.base import Array, State
from ostinato.runtime.streams.arrays import numeric
from ostinato.runtime.streams.base import Fingerprint, Stream, Streams
from ostinato.runtime.streams.engine import Engine
from ostinato.runtime.streams.series import answer_of
from ostinato.spec.preprocessing import Series

Probabilities = NDArray[np.float64]


class Timed(NamedTuple):
    """Steps with their times, for a model that was trained with times.

    Args:
        values: as ``push`` takes them, NaN where one is missing.
        times: one number a step, without the axis of channels: in the unit of the training data, of time
            stamps in seconds.
    """

    values: Any
    times: Any


class ObservedStreams(Streams[Any, Probabilities]):
    """Streams of a classifier of numbers whose input is prepared step by step, by what was heard before.

    ``push`` takes one step (I,) or T steps (T, I) of one stream, and of m streams (m, I) or (T, m, I): the
    channels' values, in the model's order and unscaled, NaN where one is missing, if the model takes missing
    values; or ``Timed`` of them. It returns the labels' probabilities after each step, (…, C); ``finish``
    those of the whole sequence, (C,).

    Args:
        engine: what takes the network on; it neither scales nor answers with probabilities.
        series: the channels, their scaling, and what becomes of missing values.
        count: n.
        fingerprint: of the model.
        extra: what a stream keeps beside the states of network and input.
    """

    def __init__(
        self,
        engine: Engine,
        series: Series,
        count: int,
        fingerprint: Fingerprint,
        extra: State | None = None,
    ) -> None:
        self._series = series
        self._past = start(series)
        described = 0 if series.static is None else len(series.static.names)
        static = {"static": np.zeros(described), "known": np.zeros(described)} if described else {}
        own: State = {**self._past, **static, **(extra or {})}
        super().__init__(engine, count, fingerprint, extra=own)

    def describe(self, static: Any, stream: int = 0) -> None:
        """Say what describes a stream's sequence, before its first step.

        Until then nothing is known of it, which is an error where the model takes no missing values.

        Args:
            static: (S,) the descriptors, NaN where one is missing.
            stream: its number.

        Raises:
            DataError: they are not those that the model was trained with.
        """
        given = numeric("static", static)
        check_static(self._series, given, "the stream")
        number = self._checked(stream)
        if self._series.static is not None:
            self._extra["known"][number] = np.isfinite(given)
            self._extra["static"][number] = np.nan_to_num(given)

    def push(self, given: Any, streams: Sequence[int] | None = None) -> Probabilities:
        """Take m streams on: (m, I) to (m, C), or (T, m, I) to (T, m, C)."""
        chosen = self._chosen(streams)
        values, times = _apart(given)
        count = len(self) if chosen is None else len(chosen)
        if values.ndim not in (2, 3) or values.shape[-2] != count:
            raise DataError(
                f"steps have shape {values.shape}; expected ({count}, I) or (T, {count}, I): {count} streams."
            )
        if values.ndim == 3:
            return self._advance(values, times, chosen)
        answer = self._advance(values[None], None if times is None else times[None], chosen)
        return np.asarray(answer[0])

    def _one(self, given: Any) -> Probabilities:
        self._open(0)
        values, times = _apart(given)
        if values.ndim not in (1, 2):
            raise DataError(f"steps have shape {values.shape}; expected one step (I,) or a chunk (T, I).")
        rows = (values[None] if values.ndim == 1 else values)[:, None]
        clock = None if times is None else np.atleast_1d(times)[:, None]
        answer = self._advance(rows, clock, None)[:, 0]
        return np.asarray(answer[0] if values.ndim == 1 else answer)

    def _advance(
        self, values: NDArray[np.float32], times: Array | None, chosen: Integers | None
    ) -> Probabilities:
        """Map the values (T, m, I) to answers (T, m, …)."""
        every = np.arange(len(self)) if chosen is None else chosen
        if times is not None and times.shape != values.shape[:2]:
            raise DataError(
                f"times have shape {times.shape}; expected {values.shape[:2]}, one for each step."
            )
        rows, after = self._prepared(values, times, every)
        said = self._engine.advance(rows, chosen)
        for name in self._past:
            self._extra[name][every] = [past[name] for past in after]
        self._steps[every] += len(values)
        return self._answers(said, every)

    def _answers(self, said: Array, streams: Integers) -> Probabilities:
        """Return what scores (T, m, F) stand for."""
        return softmax(said)

    def _prepared(
        self, values: NDArray[np.float32], times: Array | None, streams: Integers
    ) -> tuple[Array, list[Past]]:
        """Return what the network is given, (T, m, F), and what is kept of the input of each stream."""
        if not self._past and self._series.static is None:
            flat = values.reshape(-1, values.shape[-1])
            return scale_rows(self._series, flat, "steps").reshape(values.shape), []
        found = [
            given_rows(
                self._series,
                values[:, place],
                None if times is None else times[:, place],
                self._static(int(stream)),
                {name: self._extra[name][stream] for name in self._past},
                "steps",
            )
            for place, stream in enumerate(streams)
        ]
        return np.stack([rows for rows, _ in found], axis=1), [past for _, past in found]

    def _static(self, stream: int) -> Array | None:
        if self._series.static is None:
            return None
        return np.where(self._extra["known"][stream] > 0, self._extra["static"][stream], np.nan)

    def _finish(self, stream: int) -> Probabilities:
        return answer_of(self._engine.network, self._engine.take(stream))


class ObservedStream(Stream[Any, Probabilities]):
    """One stream of numbers; arguments as for ``Stream``.

    Args:
        streams: the one that it is of.
        static: (S,) what describes the sequence; None: nothing is known of it.
    """

    def __init__(self, streams: ObservedStreams, static: Any = None) -> None:
        super().__init__(streams)
        if static is not None:
            streams.describe(static)

    def push(self, given: Any, times: Any = None) -> Probabilities:
        """Hear one step (I,) or a chunk (T, I), and return what is said after it.

        Args:
            given: the channels' values, NaN where one is missing, if the model takes missing values.
            times: when the step was, or each of them, (T,), for a model that was trained with times.

        Raises:
            DataError: it cannot be used, a time is before the last one, or the answer overflows.
            StreamError: the stream has ended.
        """
        return super().push(given if times is None else Timed(given, times))


def _apart(given: Any) -> tuple[NDArray[np.float32], Array | None]:
    """Return values and times of what was pushed."""
    if isinstance(given, Timed):
        return numeric("steps", given.values), np.asarray(given.times, np.float64)
    return numeric("steps", given), None
