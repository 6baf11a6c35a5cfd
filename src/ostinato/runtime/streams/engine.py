"""What takes a network's streams on: the network itself, op by op."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ostinato.errors import DataError
from ostinato.preprocess.pack import Integers, falling
from ostinato.runtime.base import Array, State
from ostinato.runtime.network import Network


class Engine(ABC):
    """A network and what it keeps of n streams.

    A state is arrays by name, those of ``Network.start`` without the axis of streams: whatever runs it, the
    same stream has the same state, up to rounding.
    """

    fresh: State
    """The state of a stream before its first step; its shapes and types are those of every state."""

    @abstractmethod
    def advance(self, rows: Array, streams: Integers | None) -> Array:
        """Take m streams T steps on, and return what the network says after each, (T, m, F).

        Args:
            rows: what the network reads, (T, m, …), checked.
            streams: (m,) different numbers; None: all n, in their order.

        Raises:
            DataError: numbers overflow; no stream has changed.
        """

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
        return [np.concatenate(parts) if parts else self.silence for parts in said]

    @property
    @abstractmethod
    def silence(self) -> Array:
        """Return what the network says of no step: (0, F)."""

    @abstractmethod
    def take(self, stream: int) -> State:
        """Return a copy of one stream's state."""

    @abstractmethod
    def fill(self, state: State) -> None:
        """Let all streams go on from one state, of which copies are kept."""

    @abstractmethod
    def put(self, state: State, stream: int) -> None:
        """Let a stream go on from a state, of which a copy is kept."""


class NetworkEngine(Engine):
    """Streams that a ``Network`` takes on, op by op.

    Args:
        network: one that can run step by step.
        streams: n.
        until: the op before which to stop: what it would be given is what the network says. None: none.

    Raises:
        StreamError: the network cannot run step by step.
    """

    def __init__(self, network: Network, streams: int, until: str | None = None) -> None:
        self._network, self._until = network, until
        self._state = {name: array for name, array in network.start(streams).items() if self._heard(name)}
        self.fresh = {name: array[0].copy() for name, array in self._state.items()}
        flows = dict(zip((op.name for op in network.spec.ops), network.spec.flows(), strict=False))
        self._size = (network.spec.flows()[-1] if until is None else flows[until]).size

    def advance(self, rows: Array, streams: Integers | None) -> Array:
        """Take m streams T steps on."""
        before = self._state
        if streams is not None:
            before = {name: array[streams] for name, array in before.items()}
        after, said = self._network.push(before, rows, self._until)
        if not all(np.isfinite(array).all() for array in (said, *after.values())):
            raise DataError("the model's numbers overflow; the values are out of range.")
        if streams is None:
            self._state = after
        else:
            for name, array in after.items():
                self._state[name][streams] = array
        return said

    @property
    def silence(self) -> Array:
        """Return what the network says of no step: (0, F)."""
        return np.empty((0, self._size), np.float32)

    def take(self, stream: int) -> State:
        """Return a copy of one stream's state."""
        return {name: array[stream].copy() for name, array in self._state.items()}

    def fill(self, state: State) -> None:
        """Let all streams go on from one state."""
        for name, array in self._state.items():
            array[:] = state[name]

    def put(self, state: State, stream: int) -> None:
        """Let a stream go on from a state."""
        for name, array in self._state.items():
            array[stream] = state[name]

    def _heard(self, name: str) -> bool:
        """Return whether a part of the state belongs to an op that is run."""
        names = [*self._network.ops]
        unheard = names[names.index(self._until) :] if self._until is not None else []
        return name.partition(".")[0] not in unheard
