"""A regression model, loaded: sequences in, numbers out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.regress import Estimates
from ostinato.errors import DataError, StreamError
from ostinato.preprocess.base import Preprocessor, SequencePreprocessor
from ostinato.preprocess.pack import Integers, Packed, unpacked
from ostinato.read.sequences import Sequences
from ostinato.runtime.base import Array
from ostinato.runtime.model import ChainModel, batches, packed
from ostinato.runtime.network import Network
from ostinato.runtime.series import named_series
from ostinato.runtime.streams.base import Fingerprint
from ostinato.runtime.streams.engine import Engine
from ostinato.runtime.streams.observed import ObservedStream, ObservedStreams
from ostinato.spec.answers import Quantity
from ostinato.spec.model import RegressModel
from ostinato.spec.preprocessing import Series

Values = Sequence[NDArray[Any]] | Sequence[str]


class Regressor(ChainModel):
    """A regression model ready to answer. Made by ``load``, or from its parts after training.

    Args:
        spec: everything about it but its weights.
        network: the network with its weights.
        preprocessor: what prepares its input.

    Raises:
        ArgumentError: network or preprocessor is of another model.
    """

    spec: RegressModel
    preprocessor: SequencePreprocessor

    def __init__(self, spec: RegressModel, network: Network, preprocessor: Preprocessor) -> None:
        super().__init__(spec, network, preprocessor)

    def predict(
        self,
        sequences: Sequences | Values,
        batch_size: int = 64,
        *,
        times: Sequence[Any] | None = None,
        static: Any = None,
    ) -> Estimates:
        """Return the number of every sequence, or of each of its steps, in the order of the sequences.

        What is answered for a sequence does not depend on the others, nor on the batch size.

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
        answer = self.spec.answer
        values = [np.empty(0)] * len(prepared)
        for indices in batches(np.array([len(rows) for rows in prepared], np.int64), batch_size):
            said = self.network.run(packed([prepared[index] for index in indices]))
            rows = unpacked(*said) if isinstance(said, Packed) else list(said)
            for index, row in zip(indices, rows, strict=True):
                values[index] = told(answer, row.reshape(-1))
        for number, one in enumerate(values, start=1):
            if not np.isfinite(one).all():
                raise DataError(f"sequence {number}: the answer overflows; its values are out of range.")
        return Estimates(values, answer.name, answer.per_step)

    instead = "give whole sequences, or windows of them, to predict"

    def why_not_stream(self) -> str | None:
        """Return why the model cannot hear a sequence step by step; None if it can."""
        if not isinstance(self.preprocessor.spec, Series):
            return "this model tells a number of a whole text; give whole texts to predict."
        return super().why_not_stream()

    def stream(self, static: Any = None) -> ObservedStream:
        """Return a new stream: a step (I,), or steps (T, I), to a number, or (T,).

        Args:
            static: (S,) what describes the sequence, for a model that was trained with descriptors.

        Raises:
            StreamError: the model cannot; ``why_not_stream`` says why.
            DataError: the descriptors are not those of training.
        """
        streams = self.streams(1)
        if not isinstance(streams, RegressStreams):
            raise TypeError("a model that tells a number has streams of its own")
        return ObservedStream(streams, static)

    def _streams(self, count: int) -> "RegressStreams":
        series = self.preprocessor.spec
        if not isinstance(series, Series):
            raise TypeError("only series are streamed")
        return RegressStreams(self._engine.again(count), series, self.spec.answer, count, self.fingerprint)

    def _named(self, sequences: Sequences | Values, times: Sequence[Any] | None, static: Any) -> Sequences:
        if isinstance(sequences, Sequences):
            return sequences
        series = self.preprocessor.spec
        if isinstance(series, Series):
            return named_series(series, sequences, times, static)
        texts: Any = list(sequences)
        return Sequences("text", texts, [str(number) for number in range(1, len(texts) + 1)])


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
