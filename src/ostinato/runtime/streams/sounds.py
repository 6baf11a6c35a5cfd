"""Streams of sound: a classifier hears samples, and answers after each frame that they complete."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.classify import softmax
from ostinato.errors import StreamError
from ostinato.preprocess.audio import log_mel
from ostinato.read.audio import samples_of
from ostinato.read.recordings import Samples
from ostinato.runtime.base import Array
from ostinato.runtime.network import Network
from ostinato.runtime.streams.base import Fingerprint
from ostinato.runtime.streams.engine import NetworkEngine
from ostinato.runtime.streams.kept import Kept
from ostinato.runtime.streams.ragged import RaggedStreams
from ostinato.runtime.streams.series import answer_of
from ostinato.spec.audio import Audio

Probabilities = NDArray[np.float64]


class SoundStreams(RaggedStreams[Any, Probabilities]):
    """Streams of a classifier that hears.

    ``push`` takes samples (n,) at the model's rate, n of any size, and returns the labels' probabilities
    after each frame that they complete, (T, C), T of 0 while none is whole; ``finish`` those of the whole
    recording, (C,). What is held back are the samples of the next frame, fewer than one has, as float32;
    where they stand follows from the steps: at sample hop · steps.

    Args:
        network: one that can run step by step.
        audio: what frames are.
        count: n.
        fingerprint: of the model.
    """

    def __init__(self, network: Network, audio: Audio, count: int, fingerprint: Fingerprint) -> None:
        self._network, self._audio = network, audio
        super().__init__(NetworkEngine(network, count), count, fingerprint)

    def _rows(self, given: Any, stream: int) -> tuple[Array, bytes]:
        samples = np.concatenate([_held(self._held[stream]), samples_of("samples", given, least=0)])
        count = self._audio.frames(len(samples))
        if not count:
            return np.empty((0, self._audio.bands), np.float32), _bytes(samples)
        return log_mel(self._audio, samples, "samples"), _bytes(samples[count * self._audio.hop :])

    def _answer(self, stream: int, rows: Array, said: Array) -> Probabilities:
        return softmax(said) if len(said) else said.astype(np.float64)

    def _finish(self, stream: int) -> Probabilities:
        return answer_of(self._network, self._engine.take(stream))

    def _put(self, kept: Kept, stream: int) -> None:
        whole = len(kept.held) % 4 == 0 and len(kept.held) < 4 * self._audio.width
        if not whole or not np.isfinite(_held(kept.held)).all():
            raise StreamError("the state holds back what is no beginning of a frame; take the state anew.")
        super()._put(kept, stream)


def _held(held: bytes) -> Samples:
    return np.frombuffer(held, "<f4").astype(np.float32)


def _bytes(samples: Samples) -> bytes:
    return samples.astype("<f4").tobytes()
