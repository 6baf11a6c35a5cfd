"""One client's stream while it is live, and what is remembered of one that has ended."""

from collections import OrderedDict
from dataclasses import dataclass, field

from ostinato.serve.faces import Outputs
from ostinato.serve.streams.asks import Id
from ostinato.serve.streams.slots import Slots
from ostinato.serve.streams.store import Key
from ostinato.serve.streams.versions import Version
from ostinato.serve.tensors import pack

KEPT_BYTES = 65_536
"""An answer larger than this is not kept for a client that asks again."""

Name = tuple[str, Id]
"""A client and what it calls its stream."""


@dataclass(eq=False, slots=True)
class Session:
    """A live stream.

    Args:
        client, id: whose it is, and what it is called.
        version: of the model that it is of, until it ends.
        place: where its state stands.
        number: of the last request that it has taken.
        begun: of its first; 0: that was not counted, or is not known.
        kept: the answer to the last request, packed; None: it was too large.
        used: when that was, on the clock that never jumps.
        sure: whether it is known that the client was never answered more than ``number``.
        stamp: a shared store's, of the state that stands here; None: the store has none yet.
        gone: whether it is live no more.
    """

    client: str
    id: Id
    version: Version
    place: int
    number: int
    begun: int
    used: float
    kept: bytes | None = None
    sure: bool = True
    stamp: bytes | None = None
    gone: bool = False

    @property
    def name(self) -> Name:
        """Return whose it is."""
        return self.client, self.id

    @property
    def key(self) -> Key:
        """Return what it is called in the store."""
        return self.version.key(self.client, self.id)

    @property
    def slots(self) -> Slots:
        """Return where its state stands among others."""
        if self.version.slots is None:
            raise TypeError("a session is of a model that streams")
        return self.version.slots

    def state(self) -> bytes:
        """Return a copy of its state."""
        return self.slots.streams.state(self.place)

    def put(self, state: bytes) -> None:
        """Go on from a state.

        Raises:
            StreamError: it is damaged, or of another model.
        """
        self.slots.streams.restore(state, self.place)

    def leave(self) -> None:
        """Give its place back."""
        self.gone = True
        self.slots.give(self.place)


@dataclass(slots=True)
class Ended:
    """What is known of a stream that is no more.

    Args:
        reason: in a word: ended, expired, evicted, lost.
        number: of its last request.
        kept: the answer to that, packed.
    """

    reason: str
    number: int
    kept: bytes | None


@dataclass
class Memory:
    """The last streams that ended, so that a client learns why, and gets its last answer when it asks again.

    Args:
        most: how many are remembered.
    """

    most: int
    _ended: OrderedDict[Name, Ended] = field(default_factory=OrderedDict)

    def add(self, session: Session, reason: str) -> None:
        """Remember why a stream is no more."""
        kept = session.kept if reason == "ended" else None
        self._ended[session.name] = Ended(reason, session.number, kept)
        self._ended.move_to_end(session.name)
        if len(self._ended) > self.most:
            self._ended.popitem(last=False)

    def get(self, name: Name) -> Ended | None:
        """Return what is known of a client's stream that ended."""
        return self._ended.get(name)

    def forget(self, name: Name) -> None:
        """Forget it: a new one of the name has begun."""
        self._ended.pop(name, None)


def worth_keeping(outputs: Outputs) -> bytes | None:
    """Return an answer that is small enough to be kept, apart from the batch that it was computed in.

    It is bytes because there is one a stream: the garbage collector would walk through arrays in tuples.
    """
    if sum([one.array.nbytes for one in outputs]) > KEPT_BYTES:
        return None
    return pack(outputs)
