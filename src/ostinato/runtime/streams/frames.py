"""Streams of piano rolls: frames of keys, and how likely each key is to sound in the next one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.rolls import probabilities
from ostinato.errors import DataError
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.rolls import after, beginning
from ostinato.read.rolls import KEYS
from ostinato.runtime.base import Array, State
from ostinato.runtime.streams.arrays import array_of
from ostinato.runtime.streams.base import Fingerprint, Streams
from ostinato.runtime.streams.engine import Engine

Probabilities = NDArray[np.float64]


class FrameStreams(Streams[Any, Probabilities]):
    """Streams of a model of piano rolls.

    ``push`` takes one frame (88,) or T frames (T, 88) of 0 and 1, and of m streams (m, 88) or (T, m, 88). It
    returns the probability of each key in the next frame, after each of them; ``finish`` that after the last.

    Args:
        engine: what takes the network on.
        count: n.
        fingerprint: of the model.
    """

    def __init__(self, engine: Engine, count: int, fingerprint: Fingerprint) -> None:
        super().__init__(engine, count, fingerprint, beginning(), {"said": np.zeros(KEYS, np.float32)})

    def _begin(self, said: Array) -> None:
        self._extra["said"][0] = said

    def push(self, given: Any, streams: Sequence[int] | None = None) -> Probabilities:
        """Take m streams on: (m, 88) or (T, m, 88) to probabilities of the same shape."""
        chosen = self._chosen(streams)
        frames = checked(given)
        count = len(self) if chosen is None else len(chosen)
        if frames.ndim not in (2, 3) or frames.shape[-2] != count:
            raise DataError(
                f"frames have shape {frames.shape}; expected ({count}, {KEYS}) or (T, {count}, {KEYS}): "
                f"{count} streams."
            )
        answer = self._advance(frames if frames.ndim == 3 else frames[None], chosen)
        return answer if frames.ndim == 3 else answer[0]

    def next(self, stream: int) -> Probabilities:
        """Return the probability of each key in the frame that comes next, (88,)."""
        return probabilities(self._extra["said"][self._checked(stream)])

    def repeated(self, stream: int, count: int) -> tuple[State, Array]:
        """Return a stream's state so many times, (n, …), and what it says of the next frame, (1, n, 88)."""
        state = self._engine.take(self._checked(stream))
        said = np.broadcast_to(self._extra["said"][stream], (1, count, KEYS))
        return {name: np.repeat(array[None], count, axis=0) for name, array in state.items()}, said

    def _one(self, given: Any) -> Probabilities:
        self._open(0)
        frames = checked(given)
        if frames.ndim not in (1, 2):
            raise DataError(f"frames have shape {frames.shape}; expected ({KEYS},) or (T, {KEYS}).")
        answer = self._advance((frames[None] if frames.ndim == 1 else frames)[:, None], None)[:, 0]
        return answer[0] if frames.ndim == 1 else answer

    def _advance(self, frames: NDArray[np.uint8], chosen: Integers | None) -> Probabilities:
        said = self._engine.advance(after(frames), chosen)
        every = slice(None) if chosen is None else chosen
        self._extra["said"][every] = said[-1]
        self._steps[every] += len(frames)
        return probabilities(said)

    def _finish(self, stream: int) -> Probabilities:
        return self.next(stream)


def checked(given: Any) -> NDArray[np.uint8]:
    """Return frames (…, 88) of 0 and 1, at least one."""
    frames = array_of("frames", given)
    fits = frames.dtype.kind in "biuf" and frames.ndim and frames.shape[-1] == KEYS and frames.size
    if not fits or not np.isin(frames, (0, 1)).all():
        raise DataError(f"frames are {checks.shown(given)}; expected {KEYS} keys a frame, each 0 or 1.")
    return frames.astype(np.uint8)
