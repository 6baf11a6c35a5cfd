"""Streams of sound: a classifier hears samples, and answers after each frame that they complete."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.classify import softmax
from ostinato.runtime.base import Array
from ostinato.runtime.streams.base import Fingerprint
from ostinato.runtime.streams.engine import Engine
from ostinato.runtime.streams.kept import Kept
from ostinato.runtime.streams.ragged import RaggedStreams
from ostinato.runtime.streams.samples import check_held, frames_of
from ostinato.runtime.streams.series import answer_of
from ostinato.spec.audio import Audio

Probabilities = NDArray[np.float64]


class SoundStreams(RaggedStreams[Any, Probabilities]):
    """Streams of a classifier that hears.

    ``push`` takes samples (n,) at the model's rate, n of any size, and returns the labels' probabilities
    after each frame that they complete, (T, C), T of 0 while none is whole; ``finish`` those of the whole
    recording, (C,). Held back are the samples of the frame that is not whole yet; a step is a frame.

    Args:
        engine: what takes the network on.
        audio: what frames are.
        count: n.
        fingerprint: of the model.
    """

    def __init__(self, engine: Engine, audio: Audio, count: int, fingerprint: Fingerprint) -> None:
        self._audio = audio
        super().__init__(engine, count, fingerprint)

    def _rows(self, given: Any, stream: int) -> tuple[Array, bytes]:
        return frames_of(self._audio, self._held[stream], given)

    def _answer(self, stream: int, rows: Array, said: Array) -> Probabilities:
        return softmax(said) if len(said) else said.astype(np.float64)

    def _finish(self, stream: int) -> Probabilities:
        return answer_of(self._engine.network, self._engine.take(stream))

    def _put(self, kept: Kept, stream: int) -> None:
        check_held(self._audio, kept.held)
        super()._put(kept, stream)
