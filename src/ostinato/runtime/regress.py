"""A regression model, loaded: sequences in, numbers out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.regress import Estimates
from ostinato.errors import StreamError
from ostinato.preprocess.pack import Integers
from ostinato.read.sequences import Sequences
from ostinato.runtime.base import Array
from ostinato.runtime.sequences import SequenceModel, Values
from ostinato.runtime.streams.base import Fingerprint
from ostinato.runtime.streams.engine import Engine
from ostinato.runtime.streams.observed import ObservedStreams
from ostinato.spec.answers import Quantity
from ostinato.spec.model import RegressModel
from ostinato.spec.preprocessing import Series


class Regressor(SequenceModel):
    """A regression model ready to answer; arguments and errors as for ``SequenceModel``.

    Its streams answer with a number, or (T,).
    """

    spec: RegressModel

    def predict(
        self,
        sequences: Sequences | Values,
        batch_size: int = 64,
        *,
        times: Sequence[Any] | None = None,
        static: Any = None,
    ) -> Estimates:
        """Return the number of every sequence, or of each of its steps, in the order of the sequences.

        Arguments and errors as for ``SequenceModel.predict``.
        """
        prepared = self.preprocessor.apply(self._named(sequences, times, static))
        answer = self.spec.answer
        values = [told(answer, rows[:, 0]) for rows in self._said(prepared, batch_size)]
        return Estimates(values, answer.name, answer.per_step)

    def why_not_stream(self) -> str | None:
        """Return why the model cannot hear a sequence step by step; None if it can."""
        if not isinstance(self.preprocessor.spec, Series):
            return "this model tells a number of a whole text; give whole texts to predict."
        return super().why_not_stream()

    def _streams(self, count: int) -> "RegressStreams":
        series = self.preprocessor.spec
        if not isinstance(series, Series):
            raise TypeError("only series are streamed")
        return RegressStreams(self._engine.again(count), series, self.spec.answer, count, self.fingerprint)


class RegressStreams(ObservedStreams):
    """Streams whose answers are numbers: of m streams (m,) after one step, (T, m) after T steps.

    Where a model tells one number a sequence, it is that of the prefix. ``finish`` returns the last one.
    Arguments and errors are those of ``ObservedStreams``.

    Args:
        answer: the number.
    """

    def __init__(
        self, engine: Engine, series: Series, answer: Quantity, count: int, fingerprint: Fingerprint
    ) -> None:
        self.answer = answer
        super().__init__(engine, series, count, fingerprint, {"said": np.zeros(())})

    def _answers(self, said: Array, streams: Integers) -> NDArray[np.float64]:
        numbers = told(self.answer, said[..., 0])
        self._extra["said"][streams] = numbers[-1]
        return numbers

    def _finish(self, stream: int) -> NDArray[np.float64]:
        if not self._steps[stream]:
            raise StreamError("a stream has no step yet; push at least one before asking for its answer.")
        return np.asarray(self._extra["said"][stream])


def told(answer: Quantity, scores: NDArray[Any]) -> NDArray[np.float64]:
    """Return the numbers that a network's scores stand for."""
    return np.asarray(answer.center + answer.spread * scores.astype(np.float64))
