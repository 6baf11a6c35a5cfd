"""What models of sequences tell, whatever they read: a label, several labels, a number."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.classify import Classification
from ostinato.answers.classify import said as decided
from ostinato.answers.labels import LabelAnswer
from ostinato.answers.regress import Estimates
from ostinato.runtime import Classifier, Labeler, Model, Regressor
from ostinato.serve.faces.base import Face, Loaded, Outputs
from ostinato.serve.tensors import BYTES, Form, Tensor, floats, numbers, text_form, texts


class Told(ABC):
    """What a model says, as tensors and as JSON."""

    @abstractmethod
    def forms(self) -> tuple[Form, ...]:
        """Return what an answer holds."""

    @abstractmethod
    def whole(self, answer: Any) -> Outputs:
        """Return what ``predict`` answered for N sequences, a row each, or a row for each of their steps."""

    @abstractmethod
    def steps(self, said: NDArray[Any]) -> list[Outputs]:
        """Return what n streams said, (T, n, …), as outputs of each: 10,000 a second come."""

    @abstractmethod
    def worded(self, answer: Any) -> list[dict[str, Any]]:
        """Return what ``predict`` answered, one object a row."""

    def about(self) -> dict[str, Any]:
        """Return what a page needs to know."""
        return {}


class ToldLabel(Told):
    """One label of several: ``probabilities`` (N, C) and ``label`` (N,).

    Args:
        model: the classifier.
    """

    def __init__(self, model: Classifier) -> None:
        self._labels, self._threshold = model.labels, model.spec.answer.threshold
        self._names = np.array([label.encode() for label in self._labels], object)

    def forms(self) -> tuple[Form, ...]:
        """Return the labels' probabilities, and the best label."""
        return Form("probabilities", "FP32", (-1, len(self._labels))), text_form("label")

    def whole(self, answer: Classification) -> Outputs:
        """Return probabilities (N, C) and labels (N,)."""
        return floats("probabilities", answer.probabilities), texts("label", answer.best())

    def steps(self, said: NDArray[Any]) -> list[Outputs]:
        """Return probabilities (T, C) and labels (T,) of each."""
        best, narrow = self._names[decided(said, self._threshold)], said.astype("<f4")
        return [
            (Tensor("probabilities", "FP32", narrow[:, n]), Tensor("label", BYTES, best[:, n]))
            for n in range(said.shape[1])
        ]

    def worded(self, answer: Classification) -> list[dict[str, Any]]:
        """Return the label and every label's probability."""
        return [
            {"label": label, "probabilities": dict(zip(answer.labels, row, strict=True))}
            for label, row in zip(answer.best(), answer.probabilities.tolist(), strict=True)
        ]

    def about(self) -> dict[str, Any]:
        """Return the labels."""
        return {"labels": self._labels}


class ToldLabels(Told):
    """Several labels at once: ``probabilities`` (N, L), each by itself, and ``said`` (N, L).

    Args:
        model: the model.
    """

    def __init__(self, model: Labeler) -> None:
        self._labels, self._thresholds = model.spec.answer.labels, np.array(model.spec.answer.thresholds)

    def forms(self) -> tuple[Form, ...]:
        """Return the labels' probabilities, and which are said."""
        size = len(self._labels)
        return Form("probabilities", "FP32", (-1, size)), Form("said", "BOOL", (-1, size))

    def whole(self, answer: LabelAnswer) -> Outputs:
        """Return probabilities (N, L) and truth values (N, L)."""
        return self._outputs(answer.probabilities)

    def steps(self, said: NDArray[Any]) -> list[Outputs]:
        """Return probabilities (T, L) and truth values (T, L) of each."""
        return [self._outputs(said[:, n]) for n in range(said.shape[1])]

    def worded(self, answer: LabelAnswer) -> list[dict[str, Any]]:
        """Return the labels that are said, and every label's probability."""
        return [
            {"labels": said, "probabilities": dict(zip(answer.labels, row, strict=True))}
            for said, row in zip(answer.said(), answer.probabilities.tolist(), strict=True)
        ]

    def about(self) -> dict[str, Any]:
        """Return the labels, and from which probability on each is said."""
        return {"labels": self._labels, "thresholds": self._thresholds.tolist()}

    def _outputs(self, rows: NDArray[Any]) -> Outputs:
        flags = np.ascontiguousarray(rows >= self._thresholds)
        return floats("probabilities", rows), Tensor("said", "BOOL", flags)


class ToldNumber(Told):
    """A number: ``value`` (N,).

    Args:
        model: the regression model.
    """

    def __init__(self, model: Regressor) -> None:
        self._name, self._per_step = model.spec.answer.name, model.spec.answer.per_step

    def forms(self) -> tuple[Form, ...]:
        """Return the number."""
        return (Form("value", "FP64", (-1,)),)

    def whole(self, answer: Estimates) -> Outputs:
        """Return numbers (N,)."""
        return (numbers("value", np.concatenate(answer.values)),)

    def steps(self, said: NDArray[Any]) -> list[Outputs]:
        """Return numbers (T,) of each."""
        return [(numbers("value", said[:, n]),) for n in range(said.shape[1])]

    def worded(self, answer: Estimates) -> list[dict[str, Any]]:
        """Return a sequence's number, or those of its steps."""
        if self._per_step:
            return [{"values": values.tolist()} for values in answer.values]
        return [{"value": float(values[0])} for values in answer.values]

    def about(self) -> dict[str, Any]:
        """Return what the number is called."""
        return {"value": self._name}


class ToldFace(Face[Loaded]):
    """The face of a model that tells a label, several labels or a number, whatever it reads."""

    def __init__(self, model: Loaded) -> None:
        super().__init__(model)
        self.told = told_of(model)

    @property
    def outputs(self) -> tuple[Form, ...]:
        """Return what is told."""
        return self.told.forms()

    def about(self) -> dict[str, Any]:
        """Return what a page needs to know of what is told."""
        return self.told.about()

    def push(self, streams: Any, given: Sequence[Any], numbers: Sequence[int]) -> list[Outputs]:
        """Take streams on, together: a row for each step that became whole."""
        return [self.answered(rows) for rows in streams.push(given, numbers)]

    def answered(self, rows: NDArray[Any]) -> Outputs:
        """Return what one stream said, (T, …), as outputs."""
        (outputs,) = self.told.steps(rows[:, None])
        return outputs


def told_of(model: Model) -> Told:
    """Return what a model of sequences tells."""
    if isinstance(model, Classifier):
        return ToldLabel(model)
    if isinstance(model, Labeler):
        return ToldLabels(model)
    if isinstance(model, Regressor):
        return ToldNumber(model)
    raise TypeError("only models that tell a label, labels or a number are asked this")
