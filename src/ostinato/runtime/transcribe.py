"""A transcriber, loaded: recordings in, what is said out, whole or while it is heard."""

from collections.abc import Iterator, Sequence
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
from ostinato.read.recordings import Samples
from ostinato.runtime.base import State
from ostinato.runtime.fusion import Fusion
from ostinato.runtime.language import TextModel
from ostinato.runtime.listening import Beam, Decoder, Greedy
from ostinato.runtime.model import ChainModel, batches, packed
from ostinato.runtime.network import Network, part
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
        weight, bonus: a letter gets ``weight * log p(letter | text) + bonus`` beside what is heard.
    """

    beam_size: int = 1
    language: TextModel | None = None
    weight: float = 0.5
    bonus: float = 0.0

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
        return [
            Transcript.of(self._decoded(decoder, logs))
            for logs in self.log_probabilities(recordings, batch_size)
        ]

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

    def stream(self, decoding: Decoding = GREEDY) -> "TranscriptStream":
        """Return a stream that hears samples and says letters.

        Raises:
            StreamError: the model listens both ways.
        """
        if self.network.spec.why_not_stream():
            raise StreamError(
                "this model listens both ways, so it must hear a whole recording before it says anything; "
                "give it a file, or train one that listens forwards alone (--live)."
            )
        return TranscriptStream(self, decoding.decoder(self.letters))

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


class TranscriptStream:
    """What is said while it is heard. Made by ``Transcriber.stream``.

    All that is said together is what ``transcribe`` says of the whole. The state is a value of bounded size:
    the last samples, the network's and the decoder's state; an input that is refused leaves it as it was.

    Args:
        model: one that listens forwards alone.
        decoder: what finds letters.
    """

    def __init__(self, model: Transcriber, decoder: Decoder[Any]) -> None:
        self.model = model
        self._decoder = decoder
        self._sound: State
        self._network: State
        self._decoding: Any
        self.reset()

    def push(self, samples: Any) -> Heard:
        """Return the letters that become certain with these samples.

        Args:
            samples: (n,) floating-point numbers in [-1, 1] at the model's rate, n ≥ 1.

        Raises:
            DataError: they are no samples, or the scores overflow.
        """
        sound, frames = audio.push(self.model.audio, self._sound, samples_of("samples", samples))
        network, scores = self.model.network.push(self._network, frames[:, None])
        decoding, letters = self._decoder.push(self._decoding, self.model.logs(scores[:, 0]))
        self._sound, self._network, self._decoding = sound, network, decoding
        return self.model.heard(letters)

    def finish(self) -> Heard:
        """Return what is left to say if nothing more comes; the stream stays as it is."""
        return self.model.heard(self._decoder.finish(self._decoding))

    def state(self) -> State:
        """Return a copy of what the stream keeps: arrays by name."""
        parts = {
            "sound": self._sound,
            "network": self._network,
            "decoding": self._decoder.arrays(self._decoding),
        }
        return {
            f"{name}.{key}": np.array(array) for name, kept in parts.items() for key, array in kept.items()
        }

    def restore(self, state: State) -> None:
        """Go on from a state that ``state`` returned, of this stream or of another one that listens alike.

        Raises:
            StreamError: it is no such state; the stream stays as it was.
        """
        if not isinstance(state, dict):
            raise StreamError(f"state is {checks.shown(state)}; expected what a stream's state() returned.")
        sound = audio.checked_state(self.model.audio, part(state, "sound"))
        network = _like(self.model.network.start(1), part(state, "network"))
        self._decoding = self._decoder.restored(part(state, "decoding"))
        self._sound, self._network = sound, network

    def reset(self) -> None:
        """Forget everything: the next sample is the first."""
        self._sound = audio.start(self.model.audio)
        self._network = self.model.network.start(1)
        self._decoding = self._decoder.start()


def pieces(samples: Samples, length: int) -> Iterator[Samples]:
    """Yield a recording in pieces of so many samples; the last may be shorter.

    Example:
        >>> [len(piece) for piece in pieces(np.zeros(5, np.float32), 2)]
        [2, 2, 1]
    """
    for first in range(0, len(samples), checks.positive("length", length)):
        yield samples[first : first + length]


def _like(fresh: State, given: State) -> State:
    """Return a copy of a network's state, if it has the names, shapes and types of a fresh one."""
    same = fresh.keys() == given.keys() and all(
        isinstance(given[name], np.ndarray)
        and (given[name].shape, given[name].dtype) == (array.shape, array.dtype)
        and np.isfinite(given[name]).all()
        for name, array in fresh.items()
    )
    if not same:
        raise StreamError("the state does not fit this model's network; it is of another model.")
    return {name: np.array(array) for name, array in given.items()}
