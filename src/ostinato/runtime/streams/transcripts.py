"""Streams of a transcriber that listens forwards alone: samples, and the letters that become certain."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ostinato.answers.transcribe import Heard
from ostinato.decode.ctc_beam import Letters
from ostinato.decode.logs import log_softmax
from ostinato.read.recordings import Samples
from ostinato.runtime.base import Array, State
from ostinato.runtime.listening import Decoder
from ostinato.runtime.network import Network
from ostinato.runtime.streams.base import Fingerprint
from ostinato.runtime.streams.engine import NetworkEngine
from ostinato.runtime.streams.kept import Kept
from ostinato.runtime.streams.ragged import RaggedStreams
from ostinato.runtime.streams.samples import check_held, frames_of
from ostinato.spec.audio import Audio


class TranscriptStreams(RaggedStreams[Samples, Heard]):
    """Streams of a transcriber.

    ``push`` takes samples (n,), floating-point numbers in [-1, 1] at the model's rate, and
    returns the letters that became certain, with their times. ``finish`` returns what is left to say. Held
    back are the samples of the frame that is not whole yet; a step is a frame.

    Args:
        network: one that can run step by step.
        audio: what frames are.
        decoder: what finds letters.
        heard: what makes text of letters.
        count: n.
        fingerprint: of the model and of how letters are found.
    """

    def __init__(
        self,
        network: Network,
        audio: Audio,
        decoder: Decoder[Any],
        heard: Callable[[Letters], Heard],
        count: int,
        fingerprint: Fingerprint,
    ) -> None:
        self._audio, self._decoder, self._text, self._stride = audio, decoder, heard, network.spec.stride
        fresh = decoder.arrays(decoder.start())
        super().__init__(NetworkEngine(network, count), count, fingerprint, extra=fresh)

    def _rows(self, given: Samples, stream: int) -> tuple[Array, bytes]:
        return frames_of(self._audio, self._held[stream], given)

    def _advanced(self, heard: Sequence[tuple[Array, bytes]], streams: Sequence[int]) -> list[Heard]:
        """Take streams on together that are answered at the same steps."""
        phases = self._steps[list(streams)] % self._stride
        answers = [Heard("", ())] * len(streams)
        for phase in np.unique(phases):
            places = np.flatnonzero(phases == phase).tolist()
            said = super()._advanced([heard[i] for i in places], [streams[i] for i in places])
            for place, answer in zip(places, said, strict=True):
                answers[place] = answer
        return answers

    def _answer(self, stream: int, rows: Array, said: Array) -> Heard:
        state, letters = self._decoder.push(self._decoder.restored(self._own(stream)), log_softmax(said))
        for name, array in self._decoder.arrays(state).items():
            self._extra[name][stream] = array
        return self._text(letters)

    def _finish(self, stream: int) -> Heard:
        return self._text(self._decoder.finish(self._decoder.restored(self._own(stream))))

    def _put(self, kept: Kept, stream: int) -> None:
        check_held(self._audio, kept.held)
        self._decoder.restored({name: kept.arrays[f"own.{name}"] for name in self._extra})
        super()._put(kept, stream)

    def _own(self, stream: int) -> State:
        return {name: array[stream] for name, array in self._extra.items()}
