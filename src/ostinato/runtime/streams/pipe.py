"""Streams that are given what a pipe brings, piece by piece, and answer after a piece."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from ostinato.answers.classify import said as decided
from ostinato.runtime.base import Array
from ostinato.runtime.streams.base import Stream
from ostinato.spec.answers import Classes, Labels


@dataclass(frozen=True)
class Said:
    """What is said after a piece.

    Args:
        key: what makes the answer another one: it has changed where this has.
        text: the answer in words.
        data: the answer as JSON has it.
    """

    key: object
    text: str
    data: dict[str, Any]


class Pipe(ABC):
    """A stream that hears what a pipe brings. Made by ``pipe_of``.

    Args:
        stream: what is pushed.
    """

    unit: str
    """What a piece is, in words."""

    def __init__(self, stream: Stream[Any, Any]) -> None:
        self.stream = stream

    @abstractmethod
    def cut(self, given: bytes) -> tuple[list[bytes], bytes]:
        """Return the pieces that are whole, and what waits for more.

        Raises:
            DataError: a piece is endless.
        """

    @abstractmethod
    def read(self, piece: bytes) -> Said | None:
        """Return what is said after a piece; None where it says nothing new.

        Raises:
            DataError: the piece cannot be used; the stream is as it was.
        """

    def end(self) -> Said | None:
        """Return what is said at the end of an input of some pieces: what was held back has been heard."""
        return None


def classified(answer: Classes, probabilities: Array) -> Said:
    """Return the label that a classifier says of what it has heard."""
    return labelled(answer.labels, probabilities, threshold=answer.threshold)


def several(answer: Labels, probabilities: Array) -> Said:
    """Return which of several labels are said.

    Example:
        >>> several(Labels(labels=("a", "b"), thresholds=(0.5, 0.1)), np.array([0.25, 0.5])).text
        'b  50.0%'
    """
    shares = dict(zip(answer.labels, probabilities.round(6).tolist(), strict=True))
    flags = probabilities >= np.array(answer.thresholds)
    found = [label for label, flag in zip(answer.labels, flags, strict=True) if flag]
    text = ", ".join(f"{label}  {shares[label]:.1%}" for label in found) or "no label"
    return Said(tuple(found), text, {"labels": found, "probabilities": shares})


def counted(number: Array) -> Said:
    """Return a number as an answer.

    Example:
        >>> counted(np.array(12.5)).text
        '12.5'
    """
    text = f"{float(number):.6g}"
    return Said(text, text, {"value": float(number)})


def labelled(
    labels: tuple[str, ...], probabilities: Array, name: str = "label", threshold: float | None = None
) -> Said:
    """Return the likeliest of labels as an answer; of two with a threshold, the second from there on.

    Example:
        >>> labelled(("rest", "walk"), np.array([0.25, 0.75])).text
        'walk  75.0%'
    """
    best = int(decided(probabilities, threshold))
    shares = dict(zip(labels, probabilities.round(6).tolist(), strict=True))
    data = {name: labels[best], "probabilities": shares}
    return Said(labels[best], f"{labels[best]}  {probabilities[best]:.1%}", data)
