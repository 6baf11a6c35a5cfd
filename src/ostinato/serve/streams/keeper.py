"""What brings streams' states into the store, and back."""

import logging
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from itertools import islice, takewhile

from ostinato.errors import ServeError
from ostinato.serve.limits import StreamLimits
from ostinato.serve.streams.session import Session
from ostinato.serve.streams.store import Key, Row, Store

AT_ONCE = 100
"""States that are taken in one go at most, so that no step waits for it."""

log = logging.getLogger("ostinato.serve")


class Keeper:
    """Notes which states are newer than the store's, and writes them within ``sync`` seconds.

    Where the store is shared, each state is written before its answer is given.

    Args:
        store: where states are kept.
        limits: how many seconds the store may lag behind, and a stream may rest.
        clock: seconds that never jump.
    """

    def __init__(self, store: Store, limits: StreamLimits, clock: Callable[[], float]) -> None:
        self.failures = 0
        self._store, self._limits, self._clock = store, limits, clock
        self._unsaved: dict[Session, float] = {}
        self._writing: list[tuple[Future[None], list[Session]]] = []

    @property
    def lag(self) -> float:
        """Return for how many seconds the oldest unsaved state has been waiting."""
        waiting = [*self._unsaved.values()]  # at once: the thread that asks is another one
        return self._clock() - waiting[0] if waiting else 0.0

    def began(self, session: Session, keys: Iterable[Key]) -> None:
        """Make sure that nothing older is in the store under these keys, before a new stream is answered."""
        if not self._store.shared:
            self._store.delete(keys).result()
        self.changed(session)

    def changed(self, session: Session) -> None:
        """Note that a stream has gone on.

        Raises:
            ServeError: the store is shared, and another server took the stream on at the same time.
        """
        if not self._store.shared:
            self._unsaved.setdefault(session, self._clock())
            return
        row = self._row(session)._replace(stamp=secrets.token_bytes(16))
        if not self._store.swap(session.key, row, session.stamp):
            raise ServeError(409, "another server took a step of this stream at the same time; ask again.")
        session.stamp = row.stamp

    def forget(self, session: Session) -> None:
        """Remove a stream that has ended."""
        self._unsaved.pop(session, None)
        removed = self._store.delete([session.key])
        if self._store.shared:
            removed.result()

    def park(self, session: Session) -> None:
        """Keep a stream that must leave the memory."""
        if self._unsaved.pop(session, None) is not None:
            self._write([session])

    def drop(self, session: Session) -> None:
        """Let go of a stream that a new one of its name replaces."""
        self._unsaved.pop(session, None)

    def load(self, keys: Sequence[Key]) -> list[Row | None]:
        """Return what is kept of streams that are not too old."""
        oldest = time.time() - self._limits.idle
        return [row if row and row.touched > oldest else None for row in self._store.load(keys)]

    def late(self) -> bool:
        """Return whether a state has waited long enough to be written now."""
        oldest = next(iter(self._unsaved.values()), None)
        return oldest is not None and self._clock() - oldest >= self._limits.sync

    def tick(self) -> None:
        """Write the states that have waited long enough, some at a time, and look after those before.

        Those that have waited half as long go with them: each time that the disk is asked, it takes long.
        """
        if self.late():
            latest = self._clock() - self._limits.sync / 2
            waiting = takewhile(lambda one: one[1] <= latest, self._unsaved.items())
            due = [session for session, _ in islice(waiting, AT_ONCE)]
            for session in due:
                del self._unsaved[session]
            self._write(due)
        self._look_after()

    def flush(self) -> None:
        """Write all that is new, and wait for it.

        Raises:
            OSError, sqlite3.Error: the store cannot be written.
        """
        self._write([*self._unsaved])
        self._unsaved.clear()
        for future, _ in self._writing:
            future.result()
        self._writing.clear()

    def _write(self, sessions: list[Session]) -> None:
        if sessions:
            rows = {session.key: self._row(session) for session in sessions}
            self._writing.append((self._store.save(rows), sessions))

    def _look_after(self) -> None:
        """Let what could not be written wait for another try."""
        done = [(future, sessions) for future, sessions in self._writing if future.done()]
        self._writing = [one for one in self._writing if not one[0].done()]
        for future, sessions in done:
            if (error := future.exception()) is not None:
                self.failures += 1
                log.error("the store cannot be written: %s", error)
                for session in sessions:
                    if not session.gone:
                        self._unsaved.setdefault(session, self._clock())

    def _row(self, session: Session) -> Row:
        return Row(session.number, session.state(), session.kept, time.time(), session.sure)


def restore(session: Session, row: Row) -> None:
    """Let a session go on from what was kept.

    Raises:
        StreamError: the state is damaged.
    """
    session.put(row.state)
    session.number, session.sure, session.stamp = row.number, row.sure, row.stamp
    session.kept = row.kept
