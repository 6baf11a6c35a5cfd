"""Sequences that are still being heard: one stream, or many that are taken on together."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from ostinato import checks
from ostinato.errors import ArgumentError, StreamError
from ostinato.preprocess.pack import Integers
from ostinato.runtime.base import Array, State
from ostinato.runtime.streams.engine import Engine
from ostinato.runtime.streams.kept import Kept, from_bytes, to_bytes

Given = TypeVar("Given")
Answer = TypeVar("Answer")

Fingerprint = Callable[[], bytes]
"""What tells a model from all others: 32 bytes, computed when they are first wanted."""


class Streams(ABC, Generic[Given, Answer]):
    """n sequences that are still being heard, numbered from 0. Made by ``Model.streams``.

    What is said of a stream does not depend on what stands beside it, up to the rounding of matrix products.
    A state is a value: it never resets by itself, and whatever is refused leaves all streams as they were.
    Streams belong to one thread at a time.

    Args:
        engine: what takes the network on.
        count: n.
        fingerprint: of the model.
        begin: what the network reads before anything is pushed, (T, …); None: nothing.
        extra: what a stream keeps beside the network's state, by name, at its start.
    """

    def __init__(
        self,
        engine: Engine,
        count: int,
        fingerprint: Fingerprint,
        begin: Array | None = None,
        extra: State | None = None,
    ) -> None:
        self._engine = engine
        self._count = count
        self._fingerprint = fingerprint
        self._extra = {name: np.repeat(array[None], count, axis=0) for name, array in (extra or {}).items()}
        self._steps = np.zeros(count, np.int64)
        self._ended = np.zeros(count, bool)
        self._held = [b""] * count
        if begin is not None:
            self._begin(self._engine.advance(begin[:, None], np.zeros(1, np.int64))[-1, 0])
        self._fresh = self._taken(0)
        self.reset()

    def __len__(self) -> int:
        """Return n."""
        return self._count

    @abstractmethod
    def push(self, given: Any, streams: Sequence[int] | None = None) -> Any:
        """Take streams on, in as few calls of the kernels as can be, and return what is said of each.

        Args:
            given: what each of them hears: for numbers one array, one step (m, I) or T steps (T, m, I); for
                texts and the like a list of m, as a single stream's ``push`` takes them.
            streams: the m streams' numbers, all different; None: all n, in their order.

        Returns:
            What a single stream's ``push`` returns, for every one of them: an array with an axis of streams,
            (m, C) or (T, m, C); or a list.

        Raises:
            DataError: something given cannot be used.
            StreamError: a stream has ended.
            ArgumentError: there are no such streams.
        """

    @abstractmethod
    def _one(self, given: Given) -> Answer:
        """Take the only stream on."""

    @abstractmethod
    def _finish(self, stream: int) -> Answer:
        """Return the answer for all that a stream was given; what was held back is heard first."""

    def _begin(self, said: Array) -> None:
        """Keep what the network says, (F,), in stream 0, after what stands before every sequence."""

    def finish(self, stream: int) -> Answer:
        """End a stream and return the answer for all that it was given; it goes on after ``reset`` alone.

        Raises:
            StreamError: it has ended, or nothing was pushed that there could be an answer for.
            DataError: what was held back cannot be used; the stream has not ended.
        """
        self._open([self._checked(stream)])
        answer = self._finish(stream)
        self._ended[stream] = True
        return answer

    def steps(self, stream: int) -> int:
        """Return how many steps of a stream the network has heard: rows, tokens, words or frames."""
        return int(self._steps[self._checked(stream)])

    def state(self, stream: int) -> bytes:
        """Return one stream's state: a value that any ``restore`` of the same model takes, on any machine."""
        return to_bytes(self._fingerprint(), self._taken(self._checked(stream)))

    def restore(self, state: bytes, stream: int) -> None:
        """Let a stream go on from a state, whoever's it was.

        Raises:
            StreamError: it is damaged, or of another model or version; nothing has changed.
        """
        form = self._fresh.arrays
        self._put(from_bytes(self._fingerprint(), form, state), self._checked(stream))

    def reset(self, stream: int | None = None) -> None:
        """Let one stream, or all, forget everything: the next step is the first."""
        if stream is not None:
            self._put(self._fresh, self._checked(stream))
            return
        self._engine.fill(self._fresh.arrays)
        for name, array in self._extra.items():
            array[:] = self._fresh.arrays[f"own.{name}"]
        self._steps[:], self._ended[:], self._held = 0, False, [b""] * self._count

    def _taken(self, stream: int) -> Kept:
        own = {f"own.{name}": array[stream].copy() for name, array in self._extra.items()}
        arrays = self._engine.take(stream) | own
        return Kept(int(self._steps[stream]), bool(self._ended[stream]), self._held[stream], arrays)

    def _put(self, kept: Kept, stream: int) -> None:
        self._engine.put(kept.arrays, stream)
        for name, array in self._extra.items():
            array[stream] = kept.arrays[f"own.{name}"]
        self._steps[stream], self._ended[stream], self._held[stream] = kept.steps, kept.ended, kept.held

    def _checked(self, stream: int) -> int:
        """Return a stream's number, if there is such a stream."""
        if (
            isinstance(stream, bool)
            or not isinstance(stream, int | np.integer)
            or not 0 <= stream < len(self)
        ):
            raise ArgumentError(
                f"stream is {checks.shown(stream)}; expected a whole number from 0 to {len(self) - 1}."
            )
        return int(stream)

    def _chosen(self, streams: Sequence[int] | None) -> Integers | None:
        """Return the numbers of open streams, all different; None for all n, in their order."""
        if streams is None:
            self._open(slice(None))
            return None
        chosen = np.asarray(streams)
        fits = chosen.ndim == 1 and len(chosen) and chosen.dtype.kind in "iu"
        if not fits or (chosen < 0).any() or (chosen >= len(self)).any():
            raise ArgumentError(
                f"streams is {checks.shown(streams)}; expected whole numbers from 0 to {len(self) - 1}."
            )
        if len(np.unique(chosen)) < len(chosen):
            raise ArgumentError("streams names one twice; a stream hears one thing at a time.")
        self._open(chosen)
        return chosen.astype(np.int64, copy=False)

    def _open(self, streams: Any) -> None:
        if self._ended[streams].any():
            raise StreamError("the stream has ended: finish() was called; reset() begins a new sequence.")


class Stream(Generic[Given, Answer]):
    """One sequence that is still being heard. Made by ``Model.stream`` or ``Model.restore``.

    What is answered after step t is the answer for the prefix x_1 … x_t, the same as for whole sequences up
    to rounding, however the sequence is cut into chunks. The state is a value: it never resets by itself,
    and an input that is refused leaves it as it was. A stream belongs to one thread at a time.

    Args:
        streams: the one that it is of.

    Example:
        >>> stream = model.stream()  # doctest: +SKIP
        >>> stream.push([0.3, -1.2, 0.9])  # doctest: +SKIP
        array([0.12, 0.88])
        >>> kept = stream.state()  # doctest: +SKIP
        >>> model.restore(kept).push([0.1, -1.1, 0.7])  # doctest: +SKIP
        array([0.03, 0.97])
    """

    def __init__(self, streams: Streams[Given, Answer]) -> None:
        self._streams = streams
        self._one = streams._one

    def push(self, given: Given) -> Answer:
        """Hear one step or a chunk, and return what is said after it: ``Model.stream`` has the kinds.

        Raises:
            DataError: it cannot be used, or the answer overflows.
            StreamError: the stream has ended.
        """
        return self._one(given)

    def finish(self) -> Answer:
        """End the stream: hear what was held back, and return the answer for all that was pushed.

        Raises:
            StreamError: it has ended, or nothing was pushed that there could be an answer for.
            DataError: what was held back cannot be used; the stream has not ended.
        """
        return self._streams.finish(0)

    @property
    def steps(self) -> int:
        """Return how many steps the network has heard: rows, tokens, words or frames."""
        return self._streams.steps(0)

    def state(self) -> bytes:
        """Return all that the stream keeps; ``Model.restore`` makes the same stream of it, on any machine."""
        return self._streams.state(0)

    def restore(self, state: bytes) -> None:
        """Go on from a state of a stream of the same model.

        Raises:
            StreamError: it is damaged, or of another model or version; the stream stays as it was.
        """
        self._streams.restore(state, 0)

    def reset(self) -> None:
        """Forget everything: the next step is the first."""
        self._streams.reset(0)
