"""A classifier, loaded: sequences in, scores and answers out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.classify import Classification, softmax
from ostinato.errors import ArgumentError
from ostinato.preprocess.base import Prepared
from ostinato.preprocess.text import TextPreprocessor
from ostinato.read.sequences import Sequences
from ostinato.runtime.sequences import SequenceModel, Values, numbered
from ostinato.runtime.streams.observed import ObservedStreams
from ostinato.runtime.streams.series import SeriesStreams
from ostinato.runtime.streams.texts import TextStreams
from ostinato.runtime.video import portions
from ostinato.spec.audio import Audio
from ostinato.spec.model import ClassifyModel
from ostinato.spec.preprocessing import Series
from ostinato.spec.video import Video

if TYPE_CHECKING:
    from ostinato.runtime.streams.sounds import SoundStreams
    from ostinato.runtime.streams.video import VideoStreams

Scores = NDArray[np.float32]


class Classifier(SequenceModel):
    """A classifier ready to answer; arguments and errors as for ``SequenceModel``."""

    spec: ClassifyModel

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the C labels, in the order of the scores."""
        return self.spec.answer.labels

    def scores(
        self,
        sequences: Sequences | Values,
        batch_size: int = 64,
        *,
        times: Sequence[Any] | None = None,
        static: Any = None,
    ) -> Scores:
        """Return the scores before the softmax, (N, C), in the order of the sequences.

        A model that labels steps has a row for each step, those of the first sequence first.

        A model that reads windows answers with the mean of the windows' probabilities; its scores are their
        logarithms. What is answered for a sequence does not depend on the others, nor on the batch size.

        Args:
            sequences: as a reader returns them, where channels are matched by name; or a list of (T, I)
                arrays with the model's channels in its order; a list of texts; a list of (n,) arrays of
                samples at the model's rate; or a list of clips (T, height, width) or
                (T, height, width, 3), uint8, of any size.
            batch_size: sequences computed at once.
            times, static: with a list of arrays, when each step was, (T,) a sequence, and what describes each
                sequence, (N, S), for a model that was trained with them.

        Raises:
            DataError: a sequence cannot be used, or is so large in its values that the answer overflows.
        """
        named = self._named(sequences, times, static)
        found = self.preprocessor.cut(named)
        if found is not None:
            answers = softmax(self._in_portions(found.sequences, batch_size))
            return np.log(found.means(answers)).astype(np.float32)
        return self._in_portions(named, batch_size)

    def windows(self, sequences: Sequences | Values) -> Sequences:
        """Return the windows that are read of each sequence, each as a sequence of its own.

        Raises:
            ArgumentError: this model reads sequences whole.
        """
        found = self.preprocessor.cut(self._named(sequences, None, None))
        if found is None:
            raise ArgumentError("this model reads sequences whole: it was trained without --window.")
        return found.sequences

    def probabilities_of_prepared(self, prepared: Prepared) -> NDArray[np.float64]:
        """Return every label's probability, (N, C), for what the network reads: frames, if it hears."""
        return Classification.from_scores(self._scores(prepared, 64), self.labels).probabilities

    def _in_portions(self, sequences: Sequences, batch_size: int) -> Scores:
        """Return the scores of sequences, of which no more are prepared at once than fit into memory."""
        parts = (self.preprocessor.apply(sequences.select(one)) for one in portions(sequences))
        return np.concatenate([self._scores(part, batch_size) for part in parts])

    def _scores(self, prepared: Prepared, batch_size: int) -> Scores:
        none = np.empty((0, len(self.labels)), np.float32)
        return np.concatenate([none, *self._said(prepared, batch_size)])

    def probabilities(
        self, sequences: Sequences | Values, *, times: Sequence[Any] | None = None, static: Any = None
    ) -> NDArray[np.float64]:
        """Return every label's probability, (N, C); arguments and errors as for ``scores``."""
        return self.predict(sequences, times=times, static=static).probabilities

    def predict(
        self,
        sequences: Sequences | Values,
        batch_size: int = 64,
        *,
        times: Sequence[Any] | None = None,
        static: Any = None,
    ) -> Classification:
        """Return every sequence's probabilities and best label; arguments and errors as for ``scores``."""
        scores = self.scores(sequences, batch_size, times=times, static=static)
        return Classification.from_scores(scores, self.labels, self.spec.answer.threshold)

    def course(self, sequences: Sequences) -> list[NDArray[np.float64]]:
        """Return what is answered after every step of each sequence, (T, C): how belief moves as it is heard.

        Raises:
            StreamError: the model is bidirectional.
            DataError: a sequence cannot be used.
        """
        said = []
        for rows in self.preprocessor.apply(sequences):
            _, scores = self.network.push(self.network.start(1), rows[:, None])
            said.append(softmax(scores[:, 0]))
        return said

    def beliefs(self, sequence: Any) -> NDArray[np.float64]:
        """Return the labels' probabilities after each step of a sequence, (T, C), as a stream says them.

        Args:
            sequence: one of the ``values`` that a reader returned; or an array, as it is pushed.

        Raises:
            StreamError: the model cannot answer step by step.
        """
        from ostinato.read.clip import Clip

        given = sequence.frames() if isinstance(sequence, Clip) else sequence
        return np.asarray(self.stream().push(given))

    def _streams(
        self, count: int
    ) -> "SeriesStreams | ObservedStreams | TextStreams | SoundStreams | VideoStreams":
        engine, read = self._engine.again(count), self.preprocessor.spec
        if engine.series is not None:
            return SeriesStreams(engine, count, self.fingerprint)
        if isinstance(read, Series):
            return ObservedStreams(engine, read, count, self.fingerprint)
        if isinstance(read, Audio):
            from ostinato.runtime.streams.sounds import SoundStreams  # with what reads sound

            return SoundStreams(engine, read, count, self.fingerprint)
        if isinstance(read, Video):
            from ostinato.runtime.streams.video import VideoStreams  # with what reads films

            return VideoStreams(engine, read, count, self.fingerprint)
        if not isinstance(self.preprocessor, TextPreprocessor):
            raise TypeError("a classifier reads numbers, text, sound or video")
        return TextStreams(engine, self.preprocessor.tokenizer, count, self.fingerprint)

    def _steps(self) -> tuple[str | None, Series | None, bool]:
        read = self.preprocessor.spec
        return (None, read, True) if isinstance(read, Series) and read.plain else (None, None, False)

    def _without_channels(self, values: list[Any]) -> Sequences:
        read, ids = self.preprocessor.spec, numbered(values)
        if isinstance(read, Video):
            from ostinato.read.clips import clip_of

            clips = [clip_of(frames, read, f"clip {id}") for id, frames in zip(ids, values, strict=True)]
            return Sequences("video", clips, ids)
        if isinstance(read, Audio):
            from ostinato.read.audio import audio_from_arrays

            return audio_from_arrays(values, None, read.sample_rate)
        return super()._without_channels(values)
