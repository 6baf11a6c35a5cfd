"""What passes between two ops of a network, and what an op keeps between two steps of a stream."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Flow:
    """What one op hands to the next.

    Args:
        kind: ``"tokens"`` (one whole number a step), ``"words"`` (a row of whole numbers a step: the word's,
            then its letters'), ``"steps"`` (one vector a step) or ``"summary"`` (one vector a sequence).
        size: the vocabulary's size for tokens, the row's or vector's length otherwise.
    """

    kind: Literal["tokens", "words", "steps", "summary"]
    size: int


@dataclass(frozen=True)
class Stream:
    """What an op keeps of one stream, and how far it must see ahead.

    Args:
        state: the shape of every array kept for one stream, by name; empty if nothing is kept.
        look_ahead: the number of later steps that a step's output depends on.
    """

    state: dict[str, tuple[int, ...]]
    look_ahead: int = 0
