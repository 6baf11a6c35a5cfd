"""A model that tells several labels at once, loaded: sequences in, probabilities out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.labels import LabelAnswer, sigmoid
from ostinato.errors import DataError
from ostinato.preprocess.base import Preprocessor, SequencePreprocessor
from ostinato.preprocess.pack import Integers
from ostinato.read.sequences import Sequences
from ostinato.runtime.base import Array
from ostinato.runtime.model import ChainModel, batches, packed
from ostinato.runtime.network import Network
from ostinato.runtime.series import named_series
from ostinato.runtime.streams.observed import ObservedStream, ObservedStreams
from ostinato.spec.model import LabelsModel
from ostinato.spec.preprocessing import Series

Values = Sequence[NDArray[Any]] | Sequence[str]


class Labeler(ChainModel):
    """A model of several labels ready to answer. Made by ``load``, or from its parts after training.

    Args:
        spec: everything about it but its weights.
        network: the network with its weights.
        preprocessor: what prepares its input.

    Raises:
        ArgumentError: network or preprocessor is of another model.
    """

    spec: LabelsModel
    preprocessor: SequencePreprocessor
    instead = "give whole sequences, or windows of them, to predict"

    def __init__(self, spec: LabelsModel, network: Network, preprocessor: Preprocessor) -> None:
        super().__init__(spec, network, preprocessor)

    def predict(
        self,
        sequences: Sequences | Values,
        batch_size: int = 64,
        *,
        times: Sequence[Any] | None = None,
        static: Any = None,
    ) -> LabelAnswer:
        """Return every label's probability for every sequence, and which labels are said.

        Args:
            sequences: as a reader returns them, where channels are matched by name; or a list of (T, I)
                arrays with the model's channels in its order; or a list of texts.
            batch_size: sequences computed at once.
            times, static: with a list of arrays, when each step was, (T,) a sequence, and what describes each
                sequence, (N, S), for a model that was trained with them.

        Raises:
            DataError: a sequence cannot be used, or is so large in its values that the answer overflows.
        """
        checks.positive("batch_size", batch_size)
        prepared = self.preprocessor.apply(self._named(sequences, times, static))
        scores = np.empty((len(prepared), len(self.spec.answer.labels)), np.float32)
        for indices in batches(np.array([len(rows) for rows in prepared], np.int64), batch_size):
            scores[indices] = self.network.run(packed([prepared[index] for index in indices]))
        if not np.isfinite(scores).all():
            number = int(np.argmin(np.isfinite(scores).all(axis=1)))
            raise DataError(f"sequence {number + 1}: the scores overflow; its values are out of range.")
        answer = self.spec.answer
        return LabelAnswer(sigmoid(scores), answer.labels, answer.thresholds)

    def why_not_stream(self) -> str | None:
        """Return why the model cannot hear a sequence step by step; None if it can."""
        if not isinstance(self.preprocessor.spec, Series):
            return "this model tells the labels of whole texts; give whole texts to predict."
        return super().why_not_stream()

    def stream(self, static: Any = None) -> ObservedStream:
        """Return a new stream: a step (I,), or steps (T, I), to probabilities (L,), or (T, L).

        Args:
            static: (S,) what describes the sequence, for a model that was trained with descriptors.

        Raises:
            StreamError: the model cannot; ``why_not_stream`` says why.
            DataError: the descriptors are not those of training.
        """
        streams = self.streams(1)
        if not isinstance(streams, LabelStreams):
            raise TypeError("a model of several labels has streams of its own")
        return ObservedStream(streams, static)

    def _streams(self, count: int) -> "LabelStreams":
        series = self.preprocessor.spec
        if not isinstance(series, Series):
            raise TypeError("only series are streamed")
        return LabelStreams(self._engine.again(count), series, count, self.fingerprint)

    def _named(self, sequences: Sequences | Values, times: Sequence[Any] | None, static: Any) -> Sequences:
        if isinstance(sequences, Sequences):
            return sequences
        series = self.preprocessor.spec
        if isinstance(series, Series):
            return named_series(series, sequences, times, static)
        texts: Any = list(sequences)
        return Sequences("text", texts, [str(number) for number in range(1, len(texts) + 1)])


class LabelStreams(ObservedStreams):
    """Streams whose answers are probabilities, one a label; arguments as for ``ObservedStreams``."""

    def _answers(self, said: Array, streams: Integers) -> NDArray[np.float64]:
        return sigmoid(said)

    def _finish(self, stream: int) -> NDArray[np.float64]:
        state = {name: array[None] for name, array in self._engine.take(stream).items()}
        return sigmoid(checks.given("scores", self._engine.network.finish(state))[0])
