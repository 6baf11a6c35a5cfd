"""What takes a network's streams on: a native chain where there can be one, else the network op by op."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ostinato.answers.classify import softmax
from ostinato.errors import DataError
from ostinato.preprocess.pack import Integers, falling
from ostinato.preprocess.scale import scale_rows
from ostinato.runtime.base import Array, State
from ostinato.runtime.network import Network
from ostinato.spec.preprocessing import Series


class Engine(ABC):
    """A network and what it keeps of n streams.

    A state is arrays by name, those of ``Network.start`` without the axis of streams: whatever runs it, the
    same stream has the same state, up to rounding.

    Args:
        network: one that can run step by step.
        until: the op before which to stop: what it would be given is what the network says. None: none.
        series: how values are scaled before the network reads them; None: they are not.
        probabilities: whether what the network says is turned into probabilities.

    Raises:
        StreamError: the network cannot run step by step.
    """

    def __init__(
        self, network: Network, until: str | None, series: Series | None, probabilities: bool
    ) -> None:
        self.network, self.until, self.series, self.probabilities = network, until, series, probabilities
        names = [*network.ops]
        unheard = names[names.index(until) :] if until is not None else []
        fresh = network.start(1)
        self.fresh = {n: array[0].copy() for n, array in fresh.items() if n.partition(".")[0] not in unheard}
        """The state of a stream before its first step; its shapes and types are those of every state."""
        flows = dict(zip(names, network.spec.flows(), strict=False))
        self.size = (network.spec.flows()[-1] if until is None else flows[until]).size
        """F, how many numbers are said after a step."""

    @abstractmethod
    def again(self, streams: int) -> "Engine":
        """Return the same for so many streams, fresh ones."""

    @abstractmethod
    def advance(self, rows: Array, streams: Integers | None) -> Array:
        """Take m streams T steps on, and return what is said after each, (T, m, F).

        Args:
            rows: what the network reads, (T, m, …), T at least 1; values that are not scaled yet, if they are
                to be.
            streams: (m,) different numbers; None: all n, in their order.

        Raises:
            DataError: a value is not finite, or numbers overflow; no stream has changed.
        """

    def quick(self, row: Any) -> Array | None:
        """Take the only stream one step on, the shortest way; None, and no change, where there is none."""
        return None

    def advance_ragged(self, rows: Sequence[Array], streams: Sequence[int]) -> list[Array]:
        """Take streams on by different numbers of steps, at each step all that have one together.

        Args:
            rows: of each stream what the network reads, (T, …), T at least 0.
            streams: their numbers, all different.

        Returns:
            What the network says, (T, F) a stream, in the same order.

        Raises:
            DataError: numbers overflow; streams may have changed.
        """
        lengths = np.array([len(one) for one in rows], np.int64)
        order = [number for number in falling(lengths) if lengths[number]]
        said: list[list[Array]] = [[] for _ in rows]
        ends = sorted({int(length) for length in lengths if length})
        for first, end in pairwise([0, *ends]):
            reached = [number for number in order if lengths[number] >= end]
            chunk = np.stack([rows[number][first:end] for number in reached], axis=1)
            answers = self.advance(chunk, np.array([streams[number] for number in reached]))
            for place, number in enumerate(reached):
                said[number].append(answers[:, place])
        nothing = np.empty((0, self.size), np.float32)
        return [np.concatenate(parts) if parts else nothing for parts in said]

    @abstractmethod
    def take(self, stream: int) -> State:
        """Return a copy of one stream's state."""

    @abstractmethod
    def put(self, state: State, stream: int) -> None:
        """Let a stream go on from a state, of which a copy is kept."""

    @abstractmethod
    def fill(self, state: State) -> None:
        """Let all streams go on from one state, of which copies are kept."""


class NetworkEngine(Engine):
    """Streams that a ``Network`` takes on, op by op; the other arguments are those of ``Engine``.

    Args:
        streams: n.
    """

    def __init__(
        self,
        network: Network,
        streams: int,
        until: str | None = None,
        series: Series | None = None,
        probabilities: bool = False,
    ) -> None:
        super().__init__(network, until, series, probabilities)
        self._state = {name: np.repeat(array[None], streams, axis=0) for name, array in self.fresh.items()}

    def again(self, streams: int) -> Engine:
        """Return the same for so many streams, fresh ones."""
        return NetworkEngine(self.network, streams, self.until, self.series, self.probabilities)

    def advance(self, rows: Array, streams: Integers | None) -> Array:
        """Take m streams T steps on."""
        if self.series is not None:
            rows = scale_rows(self.series, rows.reshape(-1, rows.shape[-1]), "steps").reshape(rows.shape)
        before = self._state
        if streams is not None:
            before = {name: array[streams] for name, array in before.items()}
        after, said = self.network.push(before, rows, self.until)
        check_finite(said, *after.values())
        if streams is None:
            self._state = after
        else:
            for name, array in after.items():
                self._state[name][streams] = array
        return softmax(said) if self.probabilities else said

    def take(self, stream: int) -> State:
        """Return a copy of one stream's state."""
        return {name: array[stream].copy() for name, array in self._state.items()}

    def put(self, state: State, stream: int) -> None:
        """Let a stream go on from a state."""
        for name, array in self._state.items():
            array[stream] = state[name]

    def fill(self, state: State) -> None:
        """Let all streams go on from one state."""
        for name, array in self._state.items():
            array[:] = state[name]


def check_finite(*arrays: Array) -> None:
    """Refuse numbers that left the range of floats."""
    if not all(np.isfinite(array).all() for array in arrays):
        raise DataError("the model's numbers overflow; the values are out of range.")
