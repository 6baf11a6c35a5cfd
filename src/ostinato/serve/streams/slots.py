"""Places for the states of many streams of one model, so that they are taken on in one call."""

from collections.abc import Sequence
from typing import Protocol

from ostinato.serve.faces.base import Live

FIRST, GROWTH = 64, 4
"""How many places there are at first, and how much more there are when they are all taken."""


class Streaming(Protocol):
    """What streams can be had of: a model, or its face."""

    def streams(self, count: int) -> Live: ...


class Slots:
    """The streams of one model: a place is taken, used, and given back; nobody ever has another's.

    Args:
        model: one that can stream, or its face.
        most: places at most.

    Example:
        >>> slots = Slots(model, most=100)  # doctest: +SKIP
        >>> place = slots.take()  # doctest: +SKIP
    """

    def __init__(self, model: Streaming, most: int) -> None:
        self.most = most
        self._model = model
        self._streams = model.streams(min(FIRST, most))
        self._free = [*range(len(self._streams))][::-1]
        self._taken: set[int] = set()

    def __len__(self) -> int:
        """Return how many places are taken."""
        return len(self._taken)

    @property
    def streams(self) -> Live:
        """Return what takes the places' streams on."""
        return self._streams

    def has_room(self) -> bool:
        """Return whether a place can be taken."""
        return len(self._taken) < self.most

    def take(self) -> int:
        """Return a place whose stream is at its beginning; ``has_room`` says whether there is one."""
        if not self._free:
            self._grow()
        place: int = self._free.pop()
        self._streams.reset(place)  # wiped when it was given back, too: nobody ever hears another's stream
        self._taken.add(place)
        return place

    def give(self, place: int) -> None:
        """Give a place back; its state is wiped at once: all that is free is at its beginning."""
        self._taken.remove(place)  # raises where a place is given back twice
        self._streams.reset(place)
        self._free.append(place)

    def state_bytes(self) -> int:
        """Return how much a stream's state takes."""
        return len(self._streams.state(0))

    def places(self) -> Sequence[int]:
        """Return the places that are taken."""
        return sorted(self._taken)

    def _grow(self) -> None:
        before = self._streams
        size = min(len(before) * GROWTH, self.most)
        self._streams = self._model.streams(size)
        for place in self._taken:
            self._streams.restore(before.state(place), place)
        self._free = [*range(len(before), size)][::-1]
