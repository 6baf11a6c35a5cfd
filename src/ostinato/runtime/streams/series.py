"""Streams of numbers: a classifier hears the rows of its channels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.classify import softmax
from ostinato.errors import DataError
from ostinato.preprocess.pack import Integers
from ostinato.runtime.network import Network
from ostinato.runtime.streams.arrays import numeric
from ostinato.runtime.streams.base import Fingerprint, Streams
from ostinato.runtime.streams.engine import Engine

Probabilities = NDArray[np.float64]


class SeriesStreams(Streams[Any, Probabilities]):
    """Streams of a classifier of numbers.

    ``push`` takes one step (I,) or T steps (T, I) of one stream, and of m streams (m, I) or (T, m, I): the
    channels' values, in the model's order and unscaled. It returns the labels' probabilities after each
    step, (…, C); ``finish`` those of the whole sequence, (C,).

    Args:
        engine: what takes the network on; it scales, and answers with probabilities.
        count: n.
        fingerprint: of the model.
    """

    def __init__(self, engine: Engine, count: int, fingerprint: Fingerprint) -> None:
        super().__init__(engine, count, fingerprint)

    def push(self, given: Any, streams: Sequence[int] | None = None) -> Probabilities:
        """Take m streams on: (m, I) to (m, C), or (T, m, I) to (T, m, C)."""
        chosen = self._chosen(streams)
        values = numeric("steps", given)
        count = len(self) if chosen is None else len(chosen)
        if values.ndim not in (2, 3) or values.shape[-2] != count:
            raise DataError(
                f"steps have shape {values.shape}; expected ({count}, I) or (T, {count}, I): {count} streams."
            )
        answer = self._advance(values if values.ndim == 3 else values[None], chosen)
        return answer if values.ndim == 3 else answer[0]

    def _one(self, given: Any) -> Probabilities:
        if not self._ended[0] and (said := self._engine.quick(given)) is not None:
            self._steps[0] += 1
            return said
        self._open(0)
        values = numeric("steps", given)
        if values.ndim not in (1, 2):
            raise DataError(f"steps have shape {values.shape}; expected one step (I,) or a chunk (T, I).")
        answer = self._advance((values[None] if values.ndim == 1 else values)[:, None], None)[:, 0]
        return answer[0] if values.ndim == 1 else answer

    def _advance(self, values: NDArray[np.float32], chosen: Integers | None) -> Probabilities:
        """Map the values (T, m, I) to probabilities (T, m, C)."""
        self._check_channels(values)
        answer = self._engine.advance(values, chosen)
        self._steps[slice(None) if chosen is None else chosen] += len(values)
        return answer

    def _finish(self, stream: int) -> Probabilities:
        return answer_of(self._engine.network, self._engine.take(stream))

    def _check_channels(self, values: NDArray[np.float32]) -> None:
        """Refuse what has other channels than the model, or no step."""
        channels = checks.given("series", self._engine.series).channels
        if values.shape[-1] != len(channels) or not len(values):
            raise DataError(
                f"steps have shape {values.shape}; expected (…, {len(channels)}) and at least one step, with "
                f"one number for each channel: {checks.shown(', '.join(channels))}."
            )


def answer_of(network: Network, state: dict[str, NDArray[Any]], branch: str | None = None) -> Probabilities:
    """Return the labels' probabilities for all that one stream heard, (C,)."""
    scores = network.finish({name: array[None] for name, array in state.items()}, branch)
    return softmax(checks.given("scores", scores)[0])
