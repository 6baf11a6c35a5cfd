"""A transcriber, loaded: recordings in, what is said out, whole or while it is heard."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.transcribe import Heard, Transcript
from ostinato.decode.ctc_beam import Letters
from ostinato.decode.logs import log_softmax
from ostinato.errors import DataError, StreamError
from ostinato.preprocess import audio
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.pack import Packed, unpacked
from ostinato.read.audio import samples_of
from ostinato.runtime.fingerprint import marked
from ostinato.runtime.fusion import Fusion
from ostinato.runtime.language import TextModel
from ostinato.runtime.listening import Beam, Decoder, Greedy
from ostinato.runtime.model import ChainModel, batches, packed
from ostinato.runtime.network import Network
from ostinato.runtime.streams.base import Stream, Streams
from ostinato.runtime.streams.transcripts import TranscriptStreams
from ostinato.spec.audio import Audio
from ostinato.spec.model import TranscribeModel

LogProbabilities = NDArray[np.float64]

BEAM_SIZE = 16
"""Texts that stay open where a language model helps and nobody says how many."""


@dataclass(frozen=True)
class Decoding:
    """How letters are found.

    Args:
        beam_size: texts that stay open; 1: the likeliest symbol of every step.
        language: a language model of characters, which needs a beam.
        weight, bonus: a letter gets ``weight * log p(letter | text) + bonus`` beside what is heard; the
            defaults were found on a voice of AN4 that was not trained on.
    """

    beam_size: int = 1
    language: TextModel | None = None
    weight: float = 0.3
    bonus: float = 0.5

    def decoder(self, letters: Sequence[str]) -> Decoder[Any]:
        """Return what finds these letters.

        Raises:
            ArgumentError: the language model's tokens are no characters, or the beam's size is none.
        """
        if self.language is None and checks.positive("beam_size", self.beam_size) == 1:
            return Greedy()
        fusion = None
        if self.language is not None:
            fusion = Fusion.of(self.language, letters, self.weight, self.bonus)
        return Beam(1 + len(letters), self.beam_size, fusion)

    def marks(self) -> list[bytes]:
        """Return what tells this way from others, as far as answers depend on it; greedy has nothing."""
        if self.language is None:
            return [] if self.beam_size == 1 else [b"%d" % self.beam_size]
        numbers = f"{self.beam_size} {self.weight} {self.bonus}"
        return [numbers.encode(), self.language.fingerprint()]


GREEDY = Decoding()


class Transcriber(ChainModel):
    """A transcriber ready to listen. Made by ``ostinato.load``, or from its parts after training.

    Args:
        spec: everything about it but its weights.
        network: the network with its weights.
        preprocessor: what makes frames of its recordings.

    Raises:
        ArgumentError: network or preprocessor is of another model.

    Example:
        >>> model = ostinato.load("MODEL")  # doctest: +SKIP
        >>> model.transcribe([samples])[0].text  # doctest: +SKIP
        'two four two'
    """

    spec: TranscribeModel

    def __init__(self, spec: TranscribeModel, network: Network, preprocessor: Preprocessor) -> None:
        super().__init__(spec, network, preprocessor)
        self._step = network.spec.stride * self.audio.hop / self.sample_rate
        self._width = self.audio.width / self.sample_rate

    @property
    def audio(self) -> Audio:
        """Return what its frames are."""
        return self.spec.preprocessing

    @property
    def sample_rate(self) -> int:
        """Return the samples a second that it listens to."""
        return self.audio.sample_rate

    @property
    def letters(self) -> tuple[str, ...]:
        """Return the V letters that it writes with; their scores follow the blank's."""
        return self.spec.answer.letters

    def transcribe(
        self, recordings: Sequence[Any], decoding: Decoding = GREEDY, batch_size: int = 16
    ) -> list[Transcript]:
        """Return what is said in every recording, with the times of its words.

        What is answered for a recording does not depend on the others, nor on the batch size. The times are
        those at which the network says the letters: a network that listens forwards alone says them late.

        Args:
            recordings: (n,) samples each, floating-point numbers in [-1, 1], at the model's rate.
            decoding: how letters are found.
            batch_size: recordings computed at once.

        Raises:
            DataError: a recording holds no samples or is shorter than a frame, or the scores overflow.
        """
        decoder = decoding.decoder(self.letters)
        found = self.log_probabilities(recordings, batch_size)
        return [Transcript.of(self._decoded(decoder, logs)) for logs in found]

    def hear(self, recording: Any, decoding: Decoding = GREEDY) -> Heard:
        """Return the letters of one recording, each with its time; arguments as for ``transcribe``."""
        (logs,) = self.log_probabilities([recording])
        return self._decoded(decoding.decoder(self.letters), logs)

    def log_probabilities(self, recordings: Sequence[Any], batch_size: int = 16) -> list[LogProbabilities]:
        """Return the logs of the blank and of each letter at every step, (M, V + 1) a recording.

        Arguments and errors as for ``transcribe``.
        """
        checks.positive("batch_size", batch_size)
        names = [f"recording {number}" for number in range(1, len(recordings) + 1)]
        frames = [
            audio.log_mel(self.audio, samples_of(name, one), name)
            for name, one in zip(names, recordings, strict=True)
        ]
        found = [np.empty((0, 0))] * len(frames)
        for indices in batches(np.array([len(rows) for rows in frames], np.int64), batch_size):
            scores = self.network.run(packed([frames[i] for i in indices]))
            if not isinstance(scores, Packed):
                raise TypeError("a transcriber's network answers every step")
            for index, rows in zip(indices, unpacked(scores.data, scores.batch_sizes), strict=True):
                found[index] = self.logs(rows)
        return found

    def stream(self, decoding: Decoding = GREEDY) -> Stream[Any, Heard]:
        """Return a stream that is pushed samples, and says letters as they become certain.

        All that is said together is what ``transcribe`` says of the whole. The size of the state is always
        the same, and so is the time that a second of sound takes.

        Args:
            decoding: how letters are found.

        Raises:
            StreamError: the model listens both ways.
        """
        return Stream(self.streams(1, decoding))

    def streams(self, count: int, decoding: Decoding = GREEDY) -> Streams[Any, Heard]:
        """Return n new streams that are taken on together; arguments and errors as for ``stream``."""
        checks.positive("count", count)
        if reason := self.why_not_stream():
            raise StreamError(reason)
        return self._streams(count, decoding)

    def restore(self, state: bytes, decoding: Decoding = GREEDY) -> Stream[Any, Heard]:
        """Return a stream that goes on from what the ``state()`` of one gave that found letters alike.

        Raises:
            StreamError: the state is damaged, or of another model, version or way to find letters.
        """
        stream = self.stream(decoding)
        stream.restore(state)
        return stream

    def why_not_stream(self) -> str | None:
        """Return why the model cannot hear a recording while it comes; None if it can."""
        if self.network.spec.why_not_stream() is None:
            return None
        return (
            "this model listens both ways, so it must hear a whole recording before it says anything; give "
            "it a file, or train one that listens forwards alone (--live)."
        )

    def _streams(self, count: int, decoding: Decoding = GREEDY) -> TranscriptStreams:
        return TranscriptStreams(
            self.network,
            self.audio,
            decoding.decoder(self.letters),
            self.heard,
            count,
            lambda: marked(self.fingerprint(), *decoding.marks()),
        )

    def logs(self, scores: NDArray[Any]) -> LogProbabilities:
        """Return log-probabilities (T, V + 1) of the network's scores, which must be finite."""
        if not np.isfinite(scores).all():
            raise DataError("the model's scores overflow; train the model again.")
        return log_softmax(scores)

    def heard(self, letters: Letters) -> Heard:
        """Return letters as text with their times in seconds."""
        text = "".join(self.letters[token - 1] for token in letters.tokens.tolist())
        starts = (letters.steps * self._step).tolist()
        return Heard(text, tuple((start, start + self._width) for start in starts))

    def _decoded(self, decoder: Decoder[Any], logs: LogProbabilities) -> Heard:
        state, letters = decoder.push(decoder.start(), logs)
        return self.heard(letters) + self.heard(decoder.finish(state))
