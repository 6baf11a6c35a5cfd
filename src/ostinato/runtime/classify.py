"""A trained model, loaded: sequences in, scores and answers out."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.classify import Classification
from ostinato.archive import model as archive
from ostinato.errors import ArgumentError, DataError, ModelFileError, StreamError
from ostinato.preprocess.pack import Integers, Packed, falling, pack_index
from ostinato.preprocess.prepare import Preprocessor
from ostinato.read.sequences import Sequences
from ostinato.runtime.network import Network
from ostinato.runtime.recurrent import choose
from ostinato.runtime.stream import Stream, numeric
from ostinato.spec import model as spec
from ostinato.spec.preprocessing import Series

Scores = NDArray[np.float32]
Values = Sequence[NDArray[Any]] | Sequence[str]

MOST_ROWS = 65_536
"""Rows that are computed at once at most, a longer single sequence excepted: this bounds the memory."""


def load(path: str | os.PathLike[str], kernels: str = "auto") -> "Model":
    """Return the model in a directory that ``ostinato train`` or ``save`` wrote.

    Nothing in the directory is executed, every byte is verified, and a tiny input is tried.

    Args:
        path: the directory.
        kernels: what recurrent layers run on: ``"auto"``, ``"native"``, ``"numpy"`` or ``"int8"``, as
            ``runtime.Network`` has it.

    Raises:
        ModelFileError: it is missing, damaged, foreign or unsafe, or its answers are not finite.
        ArgumentError: there are no such kernels, or int8 ones cannot run this model.
        BackendError: native kernels were asked for by name and there are none; the message says why.

    Example:
        >>> model = load("MODEL")  # doctest: +SKIP
        >>> model.predict(sequences).best()  # doctest: +SKIP
        ['walking', 'running']
    """
    return from_saved(path, archive.load(path), kernels)


def from_saved(path: str | os.PathLike[str], saved: archive.Saved, kernels: str = "auto") -> "Model":
    """Return the model of a directory that was read; arguments and errors as for ``load``."""
    choose(kernels, saved.model.network.ops)  # the file is not to blame for what was asked
    try:
        preprocessor = Preprocessor.from_spec(saved.model.preprocessing, saved.tokenizer_json)
        network = Network(saved.model.network, saved.tensors, kernels=kernels)
        model = Model(saved.model, network, preprocessor)
    except (ArgumentError, DataError) as error:
        raise ModelFileError(path, "parts do not fit", str(error)) from error
    if not model.is_finite():
        raise ModelFileError(
            path, "answers are not finite", "its weights overflow on a tiny input; train the model again."
        )
    return model


class Model:
    """A model ready to answer. Made by ``load``, or from its parts after training.

    Args:
        spec: everything about it but its weights.
        network: the network with its weights.
        preprocessor: what prepares its input.

    Raises:
        ArgumentError: network or preprocessor is of another model.
    """

    def __init__(self, spec: spec.Model, network: Network, preprocessor: Preprocessor) -> None:
        if (network.spec, preprocessor.spec) != (spec.network, spec.preprocessing):
            raise ArgumentError("network and preprocessor are not those that the model's spec describes.")
        self.spec = spec
        self.network = network
        self.preprocessor = preprocessor

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the C labels, in the order of the scores."""
        return self.spec.answer.labels

    def scores(self, sequences: Sequences | Values, batch_size: int = 64) -> Scores:
        """Return the scores before the softmax, (N, C), in the order of the sequences.

        What is answered for a sequence does not depend on the others, nor on the batch size.

        Args:
            sequences: as a reader returns them, where channels are matched by name; or a list of (T, I)
                arrays with the model's channels in its order; or a list of texts.
            batch_size: sequences computed at once.

        Raises:
            DataError: a sequence cannot be used, or is so large in its values that the answer overflows.
        """
        checks.positive("batch_size", batch_size)
        prepared = self.preprocessor.apply(self._named(sequences))
        scores = np.empty((len(prepared), len(self.labels)), np.float32)
        for indices in _batches(np.array([len(rows) for rows in prepared], np.int64), batch_size):
            scores[indices] = self.network.run(_packed([prepared[index] for index in indices]))
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

    def stream(self) -> Stream:
        """Return a new stream, to be pushed step by step.

        Raises:
            StreamError: the model is bidirectional, or reads text.
        """
        series = self.preprocessor.spec
        if not isinstance(series, Series):
            raise StreamError(
                "this model reads text, and a text cannot be pushed in parts, whose last word may be half a "
                "word; pass whole texts to predict."
            )
        return Stream(self.network, series, self.labels)

    def is_finite(self) -> bool:
        """Return whether the answers to two tiny inputs are finite numbers."""
        flow = self.network.spec
        shape = (2, 2) if flow.input == "tokens" else (2, 2, flow.input_size)
        rows = np.zeros(shape, np.int64 if flow.input == "tokens" else np.float32)
        rows[:, 1] = flow.input_size - 1 if flow.input == "tokens" else 1.0
        scores = self.network.run(_packed([rows[:, 0], rows[:, 1]]))
        return bool(np.isfinite(scores).all())

    def _named(self, sequences: Sequences | Values) -> Sequences:
        if isinstance(sequences, Sequences):
            return sequences
        values: Any = list(sequences)
        ids = [str(number) for number in range(1, len(values) + 1)]
        series = self.preprocessor.spec
        if not isinstance(series, Series):
            return Sequences("text", values, ids)
        values = [numeric(f"sequence {number}", rows) for number, rows in zip(ids, values, strict=True)]
        return Sequences("series", values, ids, channels=series.channels)


def _batches(lengths: Integers, batch_size: int) -> Iterator[Integers]:
    """Cut the sequences, longest first, into batches of so many sequences and ``MOST_ROWS`` rows at most."""
    order = falling(lengths)
    first = 0
    while first < len(order):
        fitting = max(1, MOST_ROWS // int(lengths[order[first]]))
        yield order[first : first + min(batch_size, fitting)]
        first += min(batch_size, fitting)


def _packed(prepared: list[NDArray[Any]]) -> Packed:
    """Pack sequences that stand in order of falling length."""
    lengths = np.array([len(rows) for rows in prepared], np.int64)
    index, batch_sizes = pack_index(np.cumsum(lengths) - lengths, lengths)
    return Packed(np.concatenate(prepared)[index], batch_sizes)
