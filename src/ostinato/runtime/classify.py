"""A classifier, loaded: sequences in, scores and answers out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.classify import Classification
from ostinato.errors import DataError
from ostinato.preprocess.base import Prepared, Preprocessor, SequencePreprocessor
from ostinato.preprocess.text import TextPreprocessor
from ostinato.read.sequences import Sequences
from ostinato.runtime.model import ChainModel, batches, packed
from ostinato.runtime.network import Network
from ostinato.runtime.streams.arrays import numeric
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

    def scores(self, sequences: Sequences | Values, batch_size: int = 64) -> Scores:
        """Return the scores before the softmax, (N, C), in the order of the sequences.

        What is answered for a sequence does not depend on the others, nor on the batch size.

        Args:
            sequences: as a reader returns them, where channels are matched by name; or a list of (T, I)
                arrays with the model's channels in its order; a list of texts; or a list of (n,) arrays of
                samples at the model's rate.
            batch_size: sequences computed at once.

        Raises:
            DataError: a sequence cannot be used, or is so large in its values that the answer overflows.
        """
        checks.positive("batch_size", batch_size)
        return self._scores(self.preprocessor.apply(self._named(sequences)), batch_size)

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

    def probabilities(self, sequences: Sequences | Values) -> NDArray[np.float64]:
        """Return every label's probability, (N, C); arguments and errors as for ``scores``."""
        return self.predict(sequences).probabilities

    def predict(self, sequences: Sequences | Values, batch_size: int = 64) -> Classification:
        """Return every sequence's probabilities and best label; arguments and errors as for ``scores``."""
        return Classification.from_scores(self.scores(sequences, batch_size), self.labels)

    instead = "give whole sequences, or windows of them, to predict"

    def _streams(self, count: int) -> "SeriesStreams | TextStreams | SoundStreams":
        engine, read = self._engine.again(count), self.preprocessor.spec
        if engine.series is not None:
            return SeriesStreams(engine, count, self.fingerprint)
        if isinstance(read, Audio):
            from ostinato.runtime.streams.sounds import SoundStreams  # with what reads sound

            return SoundStreams(engine, read, count, self.fingerprint)
        if not isinstance(self.preprocessor, TextPreprocessor):
            raise TypeError("a classifier reads numbers, text or sound")
        return TextStreams(engine, self.preprocessor.tokenizer, count, self.fingerprint)

    def _steps(self) -> tuple[str | None, Series | None, bool]:
        read = self.preprocessor.spec
        return (None, read, True) if isinstance(read, Series) else (None, None, False)

    def _named(self, sequences: Sequences | Values) -> Sequences:
        if isinstance(sequences, Sequences):
            return sequences
        values: Any = list(sequences)
        ids = [str(number) for number in range(1, len(values) + 1)]
        series = self.preprocessor.spec
        if isinstance(series, Audio):
            from ostinato.read.audio import audio_from_arrays

            return audio_from_arrays(values, None, series.sample_rate)
        if not isinstance(series, Series):
            return Sequences("text", values, ids)
        values = [numeric(f"sequence {number}", rows) for number, rows in zip(ids, values, strict=True)]
        return Sequences("series", values, ids, channels=series.channels)
