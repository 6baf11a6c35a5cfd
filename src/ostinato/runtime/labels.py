"""A model that tells several labels at once, loaded: sequences in, probabilities out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.labels import LabelAnswer, sigmoid
from ostinato.preprocess.pack import Integers
from ostinato.read.sequences import Sequences
from ostinato.runtime.base import Array
from ostinato.runtime.sequences import SequenceModel, Values
from ostinato.runtime.streams.observed import ObservedStreams
from ostinato.spec.model import LabelsModel
from ostinato.spec.preprocessing import Series


class Labeler(SequenceModel):
    """A model of several labels ready to answer; arguments and errors as for ``SequenceModel``.

    Its streams answer with probabilities (L,), or (T, L).
    """

    spec: LabelsModel

    def predict(
        self,
        sequences: Sequences | Values,
        batch_size: int = 64,
        *,
        times: Sequence[Any] | None = None,
        static: Any = None,
    ) -> LabelAnswer:
        """Return every label's probability for every sequence, and which labels are said.

        Arguments and errors as for ``SequenceModel.predict``.
        """
        prepared = self.preprocessor.apply(self._named(sequences, times, static))
        answer, said = self.spec.answer, self._said(prepared, batch_size)
        scores = np.concatenate([np.empty((0, len(answer.labels)), np.float32), *said])
        return LabelAnswer(sigmoid(scores), answer.labels, answer.thresholds)

    def why_not_stream(self) -> str | None:
        """Return why the model cannot hear a sequence step by step; None if it can."""
        if not isinstance(self.preprocessor.spec, Series):
            return "this model tells the labels of whole texts; give whole texts to predict."
        return super().why_not_stream()

    def _streams(self, count: int) -> "LabelStreams":
        series = self.preprocessor.spec
        if not isinstance(series, Series):
            raise TypeError("only series are streamed")
        return LabelStreams(self._engine.again(count), series, count, self.fingerprint)


class LabelStreams(ObservedStreams):
    """Streams whose answers are probabilities, one a label; arguments as for ``ObservedStreams``."""

    def _answers(self, said: Array, streams: Integers) -> NDArray[np.float64]:
        return sigmoid(said)

    def _finish(self, stream: int) -> NDArray[np.float64]:
        state = {name: array[None] for name, array in self._engine.take(stream).items()}
        return sigmoid(checks.given("scores", self._engine.network.finish(state))[0])
