"""Classifiers of numbers."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.classify import Classification
from ostinato.errors import DataError, OstinatoError
from ostinato.runtime import Classifier, Streams
from ostinato.serve.faces.base import Face, Inputs, Outputs, field, one
from ostinato.serve.tensors import BYTES, Form, Tensor, floats, text_form, texts
from ostinato.spec.preprocessing import Series

STEPS = "steps"


class SeriesFace(Face[Classifier]):
    """``steps`` (B, T, I) in, or (T, I) of one sequence; ``probabilities`` (B, C) and ``label`` (B,) out.

    A stream takes (1, T, I) or (T, I), and is answered after every step: (T, C) and (T,).
    """

    @property
    def inputs(self) -> tuple[Form, ...]:
        """Return the channels' values, unscaled."""
        return (Form(STEPS, "FP32", (-1, -1, len(self._series.channels))),)

    @property
    def outputs(self) -> tuple[Form, ...]:
        """Return the labels' probabilities, and the best label."""
        return answer_forms(self.model)

    def about(self) -> dict[str, Any]:
        """Return the channels, what is usual of each, and the labels."""
        series = self._series
        usual = {"channels": series.channels, "center": series.center, "spread": series.spread}
        return usual | {"labels": self.model.labels}

    def predict(self, inputs: Inputs) -> Outputs:
        """Classify whole sequences."""
        batch = self._batch(inputs)
        return answered(self.model.predict([*batch]))

    def plain(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Take ``{"sequences": [[[x, …], …], …]}``."""
        sequences = field(body, "sequences", "[[…], …]")
        return worded(self.model.predict(sequences))

    def given(self, inputs: Inputs) -> NDArray[Any]:
        """Return the steps of one sequence, (T, I)."""
        batch = self._batch(inputs)
        if len(batch) != 1:
            raise DataError(f"{STEPS} holds {len(batch)} sequences; a stream takes the steps of one.")
        steps: NDArray[Any] = batch[0]
        return steps

    def push(self, streams: Streams[Any, Any], given: Sequence[Any], numbers: Sequence[int]) -> list[Outputs]:
        """Take streams on, in one call for all chunks of the same length."""
        return pushed(streams, given, numbers, partial(side_by_side, labels=self.model.labels))

    @property
    def _series(self) -> Series:
        series = self.model.preprocessor.spec
        if not isinstance(series, Series):
            raise TypeError("a classifier of text has another face")
        return series

    def _batch(self, inputs: Inputs) -> NDArray[Any]:
        steps = one(inputs, STEPS)
        batch = steps[None] if steps.ndim == 2 else steps
        channels = len(self._series.channels)
        if batch.ndim != 3 or batch.shape[2] != channels or 0 in batch.shape:
            raise DataError(
                f"{STEPS} has shape {[*steps.shape]}; expected [B, T, {channels}]: sequences, steps, "
                "channels."
            )
        return batch


def side_by_side(said: NDArray[Any], labels: tuple[str, ...]) -> list[Outputs]:
    """Return the answers of n streams, probabilities (T, n, C), as outputs of each: 10,000 a second come."""
    names = np.array([label.encode() for label in labels], object)
    best, narrow = names[said.argmax(axis=-1)], said.astype("<f4")
    return [
        (Tensor("probabilities", "FP32", narrow[:, n]), Tensor("label", BYTES, best[:, n]))
        for n in range(said.shape[1])
    ]


def pushed(
    streams: Streams[Any, Any],
    given: Sequence[NDArray[Any]],
    numbers: Sequence[int],
    outputs: Callable[[NDArray[Any]], list[Outputs]],
) -> list[Outputs]:
    """Take streams of rows on, in one call for all chunks of the same length; (T, n, …) makes ``outputs``.

    Where chunks have several lengths and a later call is refused, the earlier streams are put back.
    """
    found: dict[int, Outputs] = {}
    order = sorted(range(len(given)), key=lambda place: len(given[place]))
    groups = [[*group] for _, group in groupby(order, key=lambda place: len(given[place]))]
    kept = {number: streams.state(number) for number in numbers} if len(groups) > 1 else {}
    try:
        for places in groups:
            chunk = np.stack([given[place] for place in places], axis=1)
            said = streams.push(chunk, [numbers[place] for place in places])
            found |= dict(zip(places, outputs(said), strict=True))
    except OstinatoError:
        for number, state in kept.items():
            streams.restore(state, number)
        raise
    return [found[place] for place in range(len(given))]


def answer_forms(model: Classifier) -> tuple[Form, ...]:
    """Return what every classifier answers with."""
    return Form("probabilities", "FP32", (-1, len(model.labels))), text_form("label")


def answered(answer: Classification) -> Outputs:
    """Return probabilities (N, C) and labels (N,)."""
    return floats("probabilities", answer.probabilities), texts("label", answer.best())


def worded(answer: Classification) -> list[dict[str, Any]]:
    """Return one object a sequence."""
    return [
        {"label": label, "probabilities": dict(zip(answer.labels, row, strict=True))}
        for label, row in zip(answer.best(), answer.probabilities.tolist(), strict=True)
    ]
