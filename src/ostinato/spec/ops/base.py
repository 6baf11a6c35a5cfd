"""What every op of a network says of itself: what it hands on, its weights, and what it keeps of a stream."""

from abc import ABC, abstractmethod
from typing import Annotated

from pydantic import Field

from ostinato.errors import ArgumentError
from ostinato.spec.base import Spec
from ostinato.spec.flow import Flow, Stream

Size = Annotated[int, Field(ge=1, le=2**24)]
Rate = Annotated[float, Field(ge=0.0, lt=1.0)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Shapes = dict[str, tuple[int, ...]]


class Op(Spec, ABC):
    """One op of a network. ``name`` is the first part of its weights' names."""

    name: Name

    @abstractmethod
    def flow(self, into: Flow) -> Flow:
        """Return what the op hands on when it is given ``into``; raise ArgumentError if it cannot take it."""

    def tensors(self, into: Flow) -> Shapes:
        """Return the shape of every weight, by name."""
        return {}

    def shared(self) -> dict[str, str]:
        """Return the weights that the op reads of another one: the full name of each, by its name here."""
        return {}

    def stream(self, into: Flow) -> Stream | None:
        """Return what the op keeps between steps, or None if it cannot work step by step."""
        return Stream({})

    def memory(self) -> int | None:
        """Return how many features the encoder's steps have that the op reads, or None if it reads none."""
        return None

    def _take(self, into: Flow, *kinds: str) -> None:
        if into.kind not in kinds:
            raise ArgumentError(f"op {self.name!r} is given {into.kind}; expected {' or '.join(kinds)}.")
