"""A model of piano rolls, loaded: how likely frames are, and how they might go on."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.rolls import RollScores, draw, probabilities, score
from ostinato.errors import ArgumentError, DataError
from ostinato.preprocess.pack import Packed, by_sequence, lengths_of
from ostinato.preprocess.rolls import after as heard
from ostinato.preprocess.rolls import before, beginning
from ostinato.read.rolls import KEYS, Roll
from ostinato.runtime.base import State
from ostinato.runtime.model import ChainModel, batches, packed
from ostinato.runtime.streams.base import Stream
from ostinato.runtime.streams.frames import FrameStreams
from ostinato.spec.model import RollModel

Logits = NDArray[np.floating[Any]]

SIDE_BY_SIDE = 64
"""Sequences that are computed at the same time at most."""


class FrameModel(ChainModel):
    """A model of piano rolls ready to judge and to play. Made by ``ostinato.load``, or from its parts.

    Args:
        spec: everything about it but its weights.
        network: the network with its weights.
        preprocessor: its spec says that it reads rolls.

    Raises:
        ArgumentError: network or preprocessor is of another model.
    """

    spec: RollModel

    def logits(self, rolls: Sequence[Roll]) -> list[Logits]:
        """Return what is said of each frame before it is seen: (T, 88) a roll; sigmoid makes probabilities.

        What is said for a roll does not depend on the others.

        Args:
            rolls: (T, 88) of 0 and 1, each.

        Raises:
            DataError: what the model says overflows.
        """
        found: list[Logits] = [np.empty(0)] * len(rolls)
        for indices in batches(np.array([len(roll) for roll in rolls], np.int64), SIDE_BY_SIDE):
            said = self.network.run(packed([before(rolls[index]) for index in indices]))
            if not isinstance(said, Packed):
                raise TypeError("a network of piano rolls answers every step")
            for index, rows in zip(indices, _unpacked(said), strict=True):
                found[index] = self._checked(rows)
        return found

    def score(self, rolls: Sequence[Roll]) -> RollScores:
        """Return how well the model foretells rolls, every frame once, the first of each included."""
        return score(self.logits(rolls), rolls)

    def generate(
        self,
        length: int = 64,
        temperature: float = 1.0,
        seed: int = 0,
        samples: int = 1,
        prompt: Roll | None = None,
        after: Stream[Any, Any] | None = None,
    ) -> list[Roll]:
        """Return rolls that the model plays, (T, 88) each: the prompt, if there is one, and what follows.

        Args:
            length: frames to play.
            temperature: divides the logits; 0: every key whose probability is above 1/2.
            seed: the same seed gives the same music, on every machine.
            samples: how many rolls.
            prompt: (T, 88) to go on from; None: a beginning.
            after: a stream of this model to go on from, behind which the prompt stands; it stays as it is.

        Raises:
            ArgumentError: an argument is out of its range.
            StreamError: the stream is of another model.
        """
        begun = np.zeros((0, KEYS), np.uint8) if prompt is None else prompt
        frames = np.stack([*self.play(length, temperature, seed, samples, begun, after)])
        return [np.concatenate([begun, frames[:, number]]) for number in range(samples)]

    def play(
        self,
        length: int,
        temperature: float,
        seed: int,
        samples: int,
        prompt: Roll,
        after: Stream[Any, Any] | None = None,
    ) -> Iterator[Roll]:
        """Yield the next frame of each of n rolls, (n, 88); arguments and errors as for ``generate``.

        The time a frame takes does not depend on how many were played before. Each roll draws from a
        generator of its own, made from the seed and its number, one number a key and frame.
        """
        checks.positive("length", length)
        if not temperature >= 0:
            raise ArgumentError(f"temperature is {temperature}; expected a number of at least 0.")
        count = range(checks.positive("samples", samples))
        random = [np.random.default_rng([seed, number]) for number in count]
        state, said = self._begun(prompt, samples, after)
        for number in range(1, length + 1):
            likely = _heated(said[-1], temperature)
            frame = np.stack([draw(row, generator) for row, generator in zip(likely, random, strict=True)])
            yield frame
            if number < length:
                state, said = self._push(state, heard(frame)[None])

    def _streams(self, count: int) -> FrameStreams:
        return FrameStreams(self._engine.again(count), count, self.fingerprint)

    def _begun(self, prompt: Roll, samples: int, after: Stream[Any, Any] | None) -> tuple[State, Logits]:
        """Return the state of n rolls after what they go on from, and what is said of the next frame."""
        rows = np.repeat(heard(prompt)[:, None], samples, axis=1)
        if after is None:
            first = np.repeat(beginning()[:, None], samples, axis=1)
            return self._push(self.network.start(samples), np.concatenate([first, rows]))
        begun = self._streams(1)
        begun.restore(after.state(), 0)
        state, said = begun.repeated(0, samples)
        return self._push(state, rows) if len(rows) else (state, said)

    def _push(self, state: State, rows: NDArray[np.float32]) -> tuple[State, Logits]:
        state, said = self.network.push(state, rows)
        return state, self._checked(said)

    def _checked(self, said: Logits) -> Logits:
        if not np.isfinite(said).all():
            raise DataError("the model's scores overflow; train the model again.")
        return said


def _heated(logits: Logits, temperature: float) -> NDArray[np.float64]:
    """Return the probability of each key at a temperature."""
    if temperature == 0:
        return (logits > 0).astype(np.float64)
    with np.errstate(over="ignore"):  # a tiny temperature: every key is as good as certain
        return probabilities(np.asarray(logits, np.float64) / temperature)


def _unpacked(said: Packed) -> list[Logits]:
    """Return the rows of each sequence of a batch."""
    lengths = lengths_of(said.batch_sizes)
    rows = said.data[by_sequence(said.batch_sizes)]
    return np.split(rows, np.cumsum(lengths)[:-1])
