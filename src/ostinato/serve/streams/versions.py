"""One version of a model that is being served."""

import os
from typing import Any

from ostinato.runtime import Model
from ostinato.serve.faces import Face, face_of
from ostinato.serve.streams.asks import Id
from ostinato.serve.streams.slots import Slots
from ostinato.serve.streams.store import Key

SHARE = 4
"""The states of a model's streams may take one part in so many of the memory."""


class Version:
    """A loaded model with its streams' places.

    Args:
        name: what clients call the model.
        number: "1" for the first that the server loaded, "2" for the next.
        model: the model.
        streams: how many streams it may have at most; fewer where memory is short.
    """

    def __init__(self, name: str, number: str, model: Model, streams: int) -> None:
        self.name, self.number = name, number
        self.model = model
        self.face: Face[Any] = face_of(model)
        self.fingerprint = model.fingerprint()
        self.why_not_stream = self.face.why_not_stream()
        self.slots: Slots | None = None
        if self.why_not_stream is None:
            self.slots = Slots(self.face, streams)
            self.slots.most = max(1, min(streams, memory() // SHARE // self.slots.state_bytes()))

    @property
    def kind(self) -> str:
        """Return what the model does."""
        return self.model.spec.task

    def key(self, client: str, id: Id) -> Key:
        """Return what a client's stream is called in the store."""
        return Key(self.name, self.fingerprint, client, id)


def memory() -> int:
    """Return the machine's memory in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
