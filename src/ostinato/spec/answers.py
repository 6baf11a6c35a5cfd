"""What models answer with, as data: labels, tags, numbers, letters."""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ostinato.checks import shown
from ostinato.spec.base import Spec
from ostinato.spec.preprocessing import Text


class Classes(Spec):
    """The labels that a classifier answers with, in the order of its scores.

    Args:
        labels: C different texts.
        label_type: what the labels were where they did not come from a file, so that Python callers get
            back what they passed.
        threshold: of two labels, the probability from which on the second is said; None: the more probable
            one is.
    """

    labels: Annotated[tuple[Text, ...], Field(min_length=2, max_length=100_000)]
    label_type: Literal["text", "integer", "float", "boolean"] = "text"
    threshold: Annotated[float, Field(ge=0.0, le=1.0)] | None = None

    @model_validator(mode="after")
    def _no_label_twice(self) -> Self:
        _check_once("label", self.labels)
        if self.threshold is not None and len(self.labels) != 2:
            raise ValueError(f"a threshold is for two labels; there are {len(self.labels)}")
        return self


class Labels(Spec):
    """Labels of which a sequence may have any, in the order of a network's scores.

    Args:
        labels: L different texts.
        thresholds: from which probability on each is said.
    """

    labels: Annotated[tuple[Text, ...], Field(min_length=1, max_length=10_000)]
    thresholds: tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...]

    @model_validator(mode="after")
    def _one_threshold_each(self) -> Self:
        _check_once("label", self.labels)
        if len(self.labels) != len(self.thresholds):
            raise ValueError(f"{len(self.labels)} labels and {len(self.thresholds)} thresholds")
        return self


class Quantity(Spec):
    """The number that a regression model tells: ``center + spread * y``, y what its network says.

    Args:
        name: what it is called.
        center, spread: its mean and standard deviation in training, after the cap; spread is above 0.
        per_step: whether it is told at every step, or once a sequence.
    """

    name: Text
    center: float
    spread: Annotated[float, Field(gt=0.0)]
    per_step: bool = False


class Tags(Spec):
    """The tags that a tagger answers with, in the order of its scores.

    Args:
        labels: C different texts.
        scheme: how they mark entities, which decoding never breaks; ``"none"``: every tag stands for itself.
    """

    labels: Annotated[tuple[Text, ...], Field(min_length=2, max_length=100_000)]
    scheme: Literal["none", "IOB1", "IOB2", "IOBES", "BILOU", "BMES"] = "none"

    @model_validator(mode="after")
    def _no_label_twice(self) -> Self:
        _check_once("tag", self.labels)
        return self


class Letters(Spec):
    """What a transcriber writes with.

    Args:
        letters: V different characters; the network has a score for none of them, the blank, and then theirs.
    """

    letters: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=1)], ...],
        Field(min_length=1, max_length=100_000),
    ]

    def symbols(self) -> tuple[str, ...]:
        """Return what the scores stand for: nothing, then each letter."""
        return ("", *self.letters)

    @model_validator(mode="after")
    def _no_letter_twice(self) -> Self:
        _check_once("letter", self.letters)
        return self


def _check_once(what: str, labels: tuple[str, ...]) -> None:
    label, times = Counter(labels).most_common(1)[0]
    if times > 1:
        raise ValueError(f"the {what} {shown(label)} stands {times} times; every {what} may stand once")
