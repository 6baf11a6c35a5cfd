"""What the models of whole sequences have in common: those that label one, tell its labels, or its number."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.preprocess.base import Prepared, SequencePreprocessor
from ostinato.preprocess.pack import Packed, unpacked
from ostinato.read.sequences import Sequences
from ostinato.runtime.base import Array
from ostinato.runtime.model import ChainModel, batches, packed
from ostinato.runtime.streams.arrays import numeric
from ostinato.runtime.streams.base import Stream
from ostinato.runtime.streams.observed import ObservedStream, ObservedStreams
from ostinato.spec.preprocessing import Columns, Series

if TYPE_CHECKING:  # who runs one kind of model does not wait for what describes the others
    from ostinato.spec.model import ClassifyModel, LabelsModel, RegressModel

Values = Sequence[NDArray[Any]] | Sequence[str]
"""Sequences as a caller has them: (T, I) arrays with the model's channels in its order, or texts."""


class SequenceModel(ChainModel):
    """A model of whole sequences, ready to answer. Made by ``load``, or from its parts after training.

    Args:
        spec: everything about it but its weights.
        network: the network with its weights.
        preprocessor: what prepares its input.

    Raises:
        ArgumentError: network or preprocessor is of another model.
    """

    spec: "ClassifyModel | LabelsModel | RegressModel"
    preprocessor: SequencePreprocessor
    instead = "give whole sequences, or windows of them, to predict"

    @abstractmethod
    def predict(
        self,
        sequences: Sequences | Values,
        batch_size: int = 64,
        *,
        times: Sequence[Any] | None = None,
        static: Any = None,
    ) -> Any:
        """Return the answers to sequences, in their order.

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

    def _said(self, prepared: Prepared, batch_size: int) -> list[Array]:
        """Return what the network says of each sequence, (T, F), or (1, F) where that is a summary."""
        checks.positive("batch_size", batch_size)
        said = [np.empty(0)] * len(prepared)
        for indices in batches(np.array([len(rows) for rows in prepared], np.int64), batch_size):
            answer = self.network.run(packed([prepared[index] for index in indices]))
            rows = unpacked(*answer) if isinstance(answer, Packed) else answer[:, None]
            for index, one in zip(indices, rows, strict=True):
                said[index] = one
        for number, one in enumerate(said, start=1):
            if not np.isfinite(one).all():
                raise DataError(
                    f"sequence {number}: the model's scores overflow; its values are out of range."
                )
        return said

    def _named(self, sequences: Sequences | Values, times: Sequence[Any] | None, static: Any) -> Sequences:
        """Return what a caller gave as sequences."""
        if isinstance(sequences, Sequences):
            return sequences
        series = self.preprocessor.spec
        if isinstance(series, Series):
            return named_series(series, sequences, times, static)
        return self._without_channels(list(sequences))

    def _without_channels(self, values: list[Any]) -> Sequences:
        """Return what is no series as sequences: texts, unless the model reads something else."""
        return Sequences("text", values, numbered(values))


def named_series(series: Series, values: Any, times: Sequence[Any] | None, static: Any) -> Sequences:
    """Return N arrays with the model's channels in its order as sequences.

    Args:
        series: what the model reads.
        values: N arrays (T, I).
        times: (T,) of each, or None.
        static: (N, S), or None.

    Raises:
        DataError: they are no numbers, or there are more or fewer times or descriptors than arrays.
    """
    arrays = [numeric(f"sequence {number}", rows) for number, rows in enumerate(values, start=1)]
    clocks = None if times is None else [np.asarray(moments, np.float64) for moments in times]
    described = None if static is None else numeric("static", static)
    for name, given in (("times", clocks), ("static", described)):
        if given is not None and len(given) != len(arrays):
            raise DataError(
                f"{name} is of {len(given)} sequences; expected {len(arrays)}, one entry for each."
            )
    names = () if series.static is None else series.static.names
    return Sequences(
        "series",
        arrays,
        numbered(arrays),
        channels=series.channels,
        columns=Columns(static=names),
        times=clocks,
        static=described,
    )


def numbered(values: Sequence[Any]) -> list[str]:
    """Return the names of sequences that have none: 1, 2, and so on."""
    return [str(number) for number in range(1, len(values) + 1)]
