"""Where streams' states are kept beside the process, so that they outlive it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import NamedTuple

from ostinato.serve.streams.asks import Id


class Key(NamedTuple):
    """Whose stream it is; states of a model that was replaced are not those of the new one.

    Args:
        model: the model's name.
        fingerprint: of the model itself.
        client: the client's name.
        id: the stream's.
    """

    model: str
    fingerprint: bytes
    client: str
    id: Id


class Row(NamedTuple):
    """A stream as it is kept.

    Args:
        number: of the last request that it has taken.
        state: its state.
        kept: the answer to that request, packed; None: it was too large.
        touched: when that was, in seconds since 1970.
        sure: whether it is known that nothing came after it.
        stamp: what tells this state from every other one of the same stream.
    """

    number: int
    state: bytes
    kept: bytes | None
    touched: float
    sure: bool = True
    stamp: bytes = b""


class Store(ABC):
    """Rows by key. All methods may be called from any thread."""

    shared = False
    """Whether other processes change the rows too: each step then reads its row, and writes it at once."""

    @abstractmethod
    def load(self, keys: Sequence[Key]) -> list[Row | None]:
        """Return the rows of these streams."""

    @abstractmethod
    def save(self, rows: Mapping[Key, Row]) -> Future[None]:
        """Keep rows, soon; the result tells when, or what went wrong."""

    @abstractmethod
    def delete(self, keys: Iterable[Key]) -> Future[None]:
        """Forget streams, after what was asked before; the result tells when they are gone for good."""

    @abstractmethod
    def swap(self, key: Key, row: Row, expected: bytes | None) -> bool:
        """Keep a row if the one that is there has the expected stamp (None: there is none), or say no."""

    @abstractmethod
    def close(self, clean: bool) -> None:
        """Stop; ``clean``: every stream's last state is in the store."""


class NoStore(Store):
    """Keeps nothing: streams end with the process."""

    def load(self, keys: Sequence[Key]) -> list[Row | None]:
        """Return None for each."""
        return [None] * len(keys)

    def save(self, rows: Mapping[Key, Row]) -> Future[None]:
        """Do nothing."""
        return done()

    def delete(self, keys: Iterable[Key]) -> Future[None]:
        """Do nothing."""
        return done()

    def swap(self, key: Key, row: Row, expected: bytes | None) -> bool:
        """Agree: nobody else is there."""
        return True

    def close(self, clean: bool) -> None:
        """Do nothing."""


def done() -> Future[None]:
    """Return the result of what is done already."""
    future: Future[None] = Future()
    future.set_result(None)
    return future
