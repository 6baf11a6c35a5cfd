"""The live streams of a model: who has which, who gives way, and how many there may be."""

from collections import Counter, OrderedDict
from collections.abc import Iterator

from ostinato.errors import ServeError
from ostinato.serve.limits import StreamLimits
from ostinato.serve.streams.asks import Ask
from ostinato.serve.streams.session import Memory, Name, Session
from ostinato.serve.streams.versions import Version

TRY_AGAIN = 5
"""Seconds after which a client that found no room may ask again."""


class Table:
    """Sessions in the order of their last use, the longest unused first.

    Args:
        limits: how many there may be.
    """

    def __init__(self, limits: StreamLimits) -> None:
        self.memory = Memory(limits.streams)
        self._limits = limits
        self._sessions: OrderedDict[tuple[Name, str], Session] = OrderedDict()
        self._of_client: Counter[str] = Counter()

    def __len__(self) -> int:
        """Return how many streams are live."""
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        """Yield the sessions, the longest unused first."""
        return iter([*self._sessions.values()])

    def find(self, name: Name, version: Version) -> Session | None:
        """Return a client's stream of a version."""
        return self._sessions.get((name, version.number))

    def add(self, session: Session) -> None:
        """Take a session in, in whose place no other stands."""
        self._sessions[session.name, session.version.number] = session
        self._of_client[session.client] += 1
        self.memory.forget(session.name)

    def remove(self, session: Session, reason: str) -> None:
        """End a session: its place is free, and the reason is remembered."""
        del self._sessions[session.name, session.version.number]
        self._of_client[session.client] -= 1
        if not self._of_client[session.client]:
            del self._of_client[session.client]
        session.leave()
        self.memory.add(session, reason)

    def touch(self, session: Session, now: float) -> None:
        """Note that a session was used."""
        session.used = now
        self._sessions.move_to_end((session.name, session.version.number))

    def longest_unused(self) -> Session | None:
        """Return the session that was not used for the longest time."""
        return next(iter(self._sessions.values()), None)

    def to_evict(self, ask: Ask, version: Version, now: float, busy: set[Name]) -> Session | None:
        """Return who must give way so that a new stream finds room; None where there is room.

        A client that has as many as it may have loses its own; where the model has, the longest unused of
        all gives way. Nobody does who was used in the last ``evict_after`` seconds, or is in ``busy``.

        Raises:
            ServeError: nobody can give way.
        """
        mine = self._of_client[ask.client] >= self._limits.streams_per_client
        if not mine and version.slots is not None and version.slots.has_room():
            return None
        for session in self._sessions.values():
            if now - session.used < self._limits.evict_after:
                break
            fits = session.client == ask.client if mine else session.version is version
            if fits and session.name not in busy:
                return session
        if mine:
            raise ServeError(
                429,
                f"you have {self._of_client[ask.client]} streams, as many as one client may have; "
                "end one before you start another.",
                TRY_AGAIN,
            )
        raise ServeError(503, "all places for streams of this model are taken; try again later.", TRY_AGAIN)
