"""A classifier, loaded: sequences in, scores and answers out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.classify import Classification, softmax
from ostinato.errors import ArgumentError, DataError
from ostinato.preprocess.base import Prepared, Preprocessor, SequencePreprocessor
from ostinato.preprocess.text import TextPreprocessor
from ostinato.read.sequences import Sequences
from ostinato.runtime.model import ChainModel, batches, packed
from ostinato.runtime.network import Network
from ostinato.runtime.series import named_series
from ostinato.runtime.streams.base import Stream
from ostinato.runtime.streams.observed import ObservedStream, ObservedStreams
from ostinato.runtime.streams.series import SeriesStreams
from ostinato.runtime.streams.texts import TextStreams
from ostinato.spec.audio import Audio
from ostinato.spec.model import ClassifyModel
from ostinato.spec.preprocessing import Series

if TYPE_CHECKING:
    from ostinato.runtime.streams.sounds import SoundStreams

Scores = NDArray[np.float32]
Values = Sequence[NDArray[Any]] | Sequence[str]


class Classifier(ChainModel):
    """A classifier ready to answer. Made by ``load``, or from its parts after training.

    Args:
        spec: everything about it but its weights.
        network: the network with its weights.
        preprocessor: what prepares its input.

    Raises:
        ArgumentError: network or preprocessor is of another model.
    """

    spec: ClassifyModel
    preprocessor: SequencePreprocessor

    def __init__(self, spec: ClassifyModel, network: Network, preprocessor: Preprocessor) -> None:
        super().__init__(spec, network, preprocessor)

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

        What is answered for a sequence does not depend on the others, nor on the batch size.

        Args:
            sequences: as a reader returns them, where channels are matched by name; or a list of (T, I)
                arrays with the model's channels in its order; a list of texts; or a list of (n,) arrays of
                samples at the model's rate.
            batch_size: sequences computed at once.
            times, static: with a list of arrays, when each step was, (T,) a sequence, and what describes each
                sequence, (N, S), for a model that was trained with them.

        Raises:
            DataError: a sequence cannot be used, or is so large in its values that the answer overflows.
        """
        checks.positive("batch_size", batch_size)
        return self._scores(self.preprocessor.apply(self._named(sequences, times, static)), batch_size)

    def probabilities_of_prepared(self, prepared: Prepared) -> NDArray[np.float64]:
        """Return every label's probability, (N, C), for what the network reads: frames, if it hears."""
        return Classification.from_scores(self._scores(prepared, 64), self.labels).probabilities

    def _scores(self, prepared: Prepared, batch_size: int) -> Scores:
        scores = np.empty((len(prepared), len(self.labels)), np.float32)
        for indices in batches(np.array([len(rows) for rows in prepared], np.int64), batch_size):
            scores[indices] = self.network.run(packed([prepared[index] for index in indices]))
        if not np.isfinite(scores).all():
            number = int(np.argmin(np.isfinite(scores).all(axis=1)))
            raise DataError(
                f"sequence {number + 1}: the model's scores overflow; its values are out of range."
            )
        return scores

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

    def stream(self, static: Any = None) -> Stream[Any, Any]:
        """Return a new stream, as ``Model.stream`` has it.

        Args:
            static: (S,) what describes the sequence, for a model that was trained with descriptors.

        Raises:
            StreamError: the model cannot; ``why_not_stream`` says why.
            DataError: the descriptors are not those of training.
        """
        streams = self.streams(1)
        if isinstance(streams, ObservedStreams):
            return ObservedStream(streams, static)
        if static is not None:
            raise ArgumentError("static is given, and this model was trained without descriptors.")
        return Stream(streams)

    instead = "give whole sequences, or windows of them, to predict"

    def _streams(self, count: int) -> "SeriesStreams | ObservedStreams | TextStreams | SoundStreams":
        engine, read = self._engine.again(count), self.preprocessor.spec
        if engine.series is not None:
            return SeriesStreams(engine, count, self.fingerprint)
        if isinstance(read, Series):
            return ObservedStreams(engine, read, count, self.fingerprint)
        if isinstance(read, Audio):
            from ostinato.runtime.streams.sounds import SoundStreams  # with what reads sound

            return SoundStreams(engine, read, count, self.fingerprint)
        if not isinstance(self.preprocessor, TextPreprocessor):
            raise TypeError("a classifier reads numbers, text or sound")
        return TextStreams(engine, self.preprocessor.tokenizer, count, self.fingerprint)

    def _steps(self) -> tuple[str | None, Series | None, bool]:
        read = self.preprocessor.spec
        return (None, read, True) if isinstance(read, Series) and read.plain else (None, None, False)

    def _named(self, sequences: Sequences | Values, times: Sequence[Any] | None, static: Any) -> Sequences:
        if isinstance(sequences, Sequences):
            return sequences
        series = self.preprocessor.spec
        if isinstance(series, Series):
            return named_series(series, sequences, times, static)
        values: Any = list(sequences)
        if isinstance(series, Audio):
            from ostinato.read.audio import audio_from_arrays

            return audio_from_arrays(values, None, series.sample_rate)
        return Sequences("text", values, [str(number) for number in range(1, len(values) + 1)])
