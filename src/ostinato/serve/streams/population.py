"""All streams of one model: each advances exactly once a request, or not at all."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ostinato.errors import OstinatoError, ServeError, StreamError
from ostinato.serve.faces import Outputs
from ostinato.serve.limits import StreamLimits
from ostinato.serve.streams import refusals
from ostinato.serve.streams.asks import Ask, Id, Reply, Said
from ostinato.serve.streams.keeper import Keeper, restore
from ostinato.serve.streams.session import Name, Session, worth_keeping
from ostinato.serve.streams.store import Store
from ostinato.serve.streams.table import Table
from ostinato.serve.streams.versions import Version
from ostinato.serve.tensors import unpack

EXPIRED_AT_ONCE = 500
"""Streams that are ended in one go at most, so that no step waits for it."""

log = logging.getLogger("ostinato.serve")


class Plan(NamedTuple):
    """A request that may go ahead.

    Args:
        ask: the request.
        session: its stream; one that begins is not in the table yet.
        given: what the stream hears, as its face takes it.
        begins: whether it begins.
        before: its state, where it may have to be put back.
    """

    ask: Ask
    session: Session
    given: Any
    begins: bool
    before: bytes | None


class Population:
    """The streams of a model by name, in all its versions; used by one thread at a time.

    Args:
        first: the version that is served first.
        limits: how many streams there may be, and for how long.
        store: where states are kept beside the process.
        clock: seconds that never jump.
    """

    def __init__(
        self,
        first: Version,
        limits: StreamLimits,
        store: Store,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.table = Table(limits)
        self.keeper = Keeper(store, limits, clock)
        self.counts: Counter[str] = Counter()
        self.versions = {first.number: first}
        self.newest = first
        self._limits, self._store, self._clock = limits, store, clock

    def use(self, version: Version) -> None:
        """Serve a new version; streams of the ones before go on with theirs to their end."""
        self.newest = version
        self.versions = {version.number: version} | self.versions

    def advance(self, asks: Sequence[Ask]) -> list[Reply]:
        """Take different streams on, each by one request, in as few calls of the kernels as can be."""
        replies: dict[int, Reply] = {}
        plans: dict[int, Plan] = {}
        busy = {(ask.client, ask.id) for ask in asks}
        for number, ask in enumerate(asks):
            try:
                planned = self._plan(ask, busy)
            except OstinatoError as error:
                replies[number] = refusals.of(error)
            else:
                _sort(number, planned, plans, replies)
        for version in self.versions.values():
            chosen = {n: plan for n, plan in plans.items() if plan.session.version is version}
            if chosen:
                replies |= dict(zip(chosen, self._pushed(version, [*chosen.values()]), strict=True))
        return [replies[number] for number in range(len(asks))]

    def state(self, client: str, id: Id, version: str | None) -> tuple[bytes, Session]:
        """Return a copy of a stream's state, and its session."""
        session = self._live(Ask(client, id, {}, version=version))
        return session.state(), session

    def restore(self, ask: Ask, state: bytes) -> Said:
        """Begin a stream, after the request of ``ask.number``, with a state that was taken somewhere.

        Raises:
            ServeError: the state is not of this model, or there is no room.
        """
        self._find(ask)  # so that a shared store's stream of the name is known, and replaced
        session = self._new(ask, {(ask.client, ask.id)})
        try:
            session.put(state)
        except StreamError as error:
            session.leave()
            raise ServeError(400, str(error)) from error
        session.number = session.begun = ask.number or 0
        self._enter(session)
        return Said((), session.number, session.version.number)

    def end(self, client: str, id: Id, version: str | None) -> None:
        """End a stream that nobody needs any more."""
        self._remove(self._live(Ask(client, id, {}, version=version)), "ended")

    def tick(self) -> None:
        """End what nobody used for too long, keep what is new, and let go of versions without streams."""
        now = self._clock()
        for _ in range(EXPIRED_AT_ONCE):
            session = self.table.longest_unused()
            if session is None or now - session.used < self._limits.idle:
                break
            self.counts["expired"] += 1
            self._remove(session, "expired")
        self.keeper.tick()
        if len(self.versions) > 1:
            used = {session.version.number for session in self.table} | {self.newest.number}
            self.versions = {number: one for number, one in self.versions.items() if number in used}

    def close(self) -> None:
        """Keep every stream's last state."""
        self.keeper.flush()

    def _plan(self, ask: Ask, busy: set[Name]) -> Plan | Said:
        """Return what is to be done, or what was answered already; refuse what cannot be done."""
        session = self._find(ask)
        if ask.start:
            return self._begin(ask, session, busy)
        if session is None:
            ended = self.table.memory.get((ask.client, ask.id))
            if ended is None or ended.kept is None or ended.number != ask.number:
                raise refusals.unknown(ask, self.newest.name, ended)
            return Said(unpack(ended.kept), ended.number, self.newest.number, repeated=True)
        if ask.number == session.number and session.kept is not None:
            return Said(unpack(session.kept), session.number, session.version.number, repeated=True)
        if ask.number != session.number + 1 and not (ask.number is None and session.sure):
            raise refusals.gap(ask, session)
        given = self._given(session.version, ask)
        return Plan(ask, session, given, False, session.state() if ask.end else None)

    def _begin(self, ask: Ask, before: Session | None, busy: set[Name]) -> Plan | Said:
        """Plan a new stream; the one of its name, if there is one, goes on should this be refused."""
        if before is not None and ask.number is not None and ask.number == before.begun == before.number:
            if before.kept is None:
                raise refusals.gap(ask, before)
            return Said(unpack(before.kept), before.number, before.version.number, repeated=True)
        version = self._wanted(ask.version)
        if reason := version.why_not_stream:
            raise ServeError(400, reason)
        given = self._given(version, ask)
        return Plan(ask, self._new(ask, busy), given, True, None)

    def _given(self, version: Version, ask: Ask) -> Any:
        """Return what a stream hears."""
        given = version.face.given(ask.inputs)
        if len(given) > self._limits.steps:
            raise ServeError(
                413, f"{len(given)} steps in one request; at most {self._limits.steps} are taken."
            )
        return given

    def _find(self, ask: Ask) -> Session | None:
        """Return a client's live stream, of any version or of the one that it names."""
        name = ask.client, ask.id
        wanted = [self._wanted(ask.version)] if ask.version else [*self.versions.values()]
        for version in wanted:
            if (session := self.table.find(name, version)) is not None:
                return self._refreshed(session) if self._store.shared else session
        return self._restored(ask, wanted)

    def _live(self, ask: Ask) -> Session:
        if (session := self._find(ask)) is None:
            raise refusals.unknown(ask, self.newest.name, self.table.memory.get((ask.client, ask.id)))
        return session

    def _restored(self, ask: Ask, versions: Sequence[Version]) -> Session | None:
        """Return a stream that is in the store alone."""
        keys = [one.key(ask.client, ask.id) for one in versions]
        for version, row in zip(versions, self.keeper.load(keys), strict=True):
            if row is not None and version.slots is not None:
                session = self._new(ask._replace(version=version.number), {(ask.client, ask.id)})
                restore(session, row)
                session.begun = 0
                self.table.add(session)
                return session
        return None

    def _refreshed(self, session: Session) -> Session | None:
        """Return a session as the shared store has it, which another server may have changed."""
        (row,) = self.keeper.load([session.key])
        if row is None:
            self.table.remove(session, "ended")
            return None
        if row.stamp != session.stamp:
            restore(session, row)
            session.begun = 0
        return session

    def _wanted(self, version: str | None) -> Version:
        if version is None:
            return self.newest
        if version not in self.versions:
            served = ", ".join(self.versions)
            raise ServeError(
                404, f"model '{self.newest.name}' has no version {version}; served are {served}."
            )
        return self.versions[version]

    def _new(self, ask: Ask, busy: set[Name]) -> Session:
        """Return a session at its beginning, which is in no table yet."""
        version = self._wanted(ask.version)
        if version.slots is None:
            raise ServeError(400, str(version.why_not_stream))
        now = self._clock()
        if (gives_way := self.table.to_evict(ask, version, now, busy)) is not None:
            self.counts["evicted"] += 1
            self.keeper.park(gives_way)
            self.table.remove(gives_way, "evicted")
        first = 1 if ask.number is None else ask.number
        counted = ask.number or 0  # a start that was not counted cannot be sent again
        return Session(ask.client, ask.id, version, version.slots.take(), first - 1, counted, now)

    def _pushed(self, version: Version, plans: Sequence[Plan]) -> list[Reply]:
        """Take streams of one version on, together; where that is refused, by halves, to find whose it is."""
        self.counts["calls"] += 1
        try:
            said = self._heard(version, plans)
        except OstinatoError as error:
            if len(plans) > 1:
                half = len(plans) // 2
                return self._pushed(version, plans[:half]) + self._pushed(version, plans[half:])
            self._undo(plans[0])
            return [refusals.of(error)]
        except Exception:
            log.exception("a bug: the streams that met it are ended")
            for plan in plans:
                self._lose(plan)
            failed = ServeError(500, "the model failed, and this stream's state is lost: begin it again.")
            return [failed] * len(plans)
        return [self._settled(plan, outputs) for plan, outputs in zip(plans, said, strict=True)]

    def _heard(self, version: Version, plans: Sequence[Plan]) -> list[Outputs]:
        streams = plans[0].session.slots.streams
        places = [plan.session.place for plan in plans]
        return version.face.push(streams, [plan.given for plan in plans], places)

    def _settled(self, plan: Plan, outputs: Outputs) -> Reply:
        """Commit one stream's step, and return its answer."""
        session = plan.session
        if plan.ask.end:
            try:
                outputs = session.version.face.finish(session.slots.streams, session.place, outputs)
            except OstinatoError as error:
                self._undo(plan)
                return refusals.of(error)
        session.number, session.kept, session.sure = session.number + 1, worth_keeping(outputs), True
        try:
            self._commit(plan)
        except ServeError as error:  # another server was faster: what stands here is out of date
            self.table.remove(session, "lost")
            return error
        self.counts["steps"] += 1
        return Said(outputs, session.number, session.version.number)

    def _commit(self, plan: Plan) -> None:
        session = plan.session
        if plan.begins:
            self._enter(session)
        else:
            self.table.touch(session, self._clock())
            self.keeper.changed(session)
        if plan.ask.end:
            self._remove(session, "ended")

    def _enter(self, session: Session) -> None:
        """Take a new stream in; those of its name end."""
        for version in self.versions.values():
            if (before := self.table.find(session.name, version)) is not None:
                self.counts["restarted"] += 1
                session.stamp = before.stamp if before.version is session.version else None
                self.keeper.drop(before)
                self.table.remove(before, "ended")
        self.table.add(session)
        self.keeper.began(session, [one.key(*session.name) for one in self.versions.values()])

    def _undo(self, plan: Plan) -> None:
        """Let a stream be as it was before a request that is refused."""
        if plan.begins:
            plan.session.leave()
        elif plan.before is not None:
            plan.session.put(plan.before)

    def _lose(self, plan: Plan) -> None:
        """End a stream whose state nobody can vouch for."""
        if plan.begins:
            plan.session.leave()
        else:
            self._remove(plan.session, "lost")

    def _remove(self, session: Session, reason: str) -> None:
        self.table.remove(session, reason)
        self.keeper.forget(session)


def _sort(number: int, planned: Plan | Said, plans: dict[int, Plan], replies: dict[int, Reply]) -> None:
    """Put what was planned where it belongs."""
    if isinstance(planned, Plan):
        plans[number] = planned
    else:
        replies[number] = planned
