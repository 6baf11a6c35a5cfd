"""What a graph answers: for each kind of model its outputs, made of what the network says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ostinato.errors import ArgumentError
from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.network import Said
from ostinato.export.onnx.parts import States, Steps, Value, there, transpose
from ostinato.export.onnx.tags import best_tags
from ostinato.runtime.base import Array
from ostinato.spec import model as spec
from ostinato.spec.preprocessing import Series

ANSWERED: Final = "answered"
"""The output, and the axis, of steps that are answered, where a network answers every s-th one alone."""


@dataclass(frozen=True)
class Ending:
    """What answers are made of.

    Args:
        graph: to be added to.
        model: as data.
        tensors: the model's weights.
        said: what the network says.
        states: what is kept between calls.
    """

    graph: Graph
    model: Any
    tensors: Mapping[str, Array]
    said: Said
    states: States

    def steps(self, name: str, value: str, dtype: Any, row: tuple[int, ...], about: str) -> None:
        """Declare an answer for every step, from (T, B, …), as (B, T, …).

        Where the network answers every s-th step alone, the axis has a name of its own.
        """
        turned = transpose(self.graph, value, *((1, 0, 2) if row else (1, 0)))
        time = "time" if self.model.network.stride == 1 else ANSWERED
        self.graph.output(name, turned, dtype, ("batch", time, *row), about)

    def summary(self, name: str, value: str, dtype: Any, row: tuple[int, ...], about: str) -> None:
        """Declare an answer for every sequence, (B, …)."""
        self.graph.output(name, value, dtype, ("batch", *row), about)


def declare(ending: Ending) -> None:
    """Declare a model's answers as outputs."""
    ANSWERS[type(ending.model)](ending)


def check_task(model: spec.Model) -> None:
    """Refuse a model that has no answers in ONNX, with the reason why."""
    if reason := _why_not(model):
        raise ArgumentError(f"this {model.task} model cannot be exported to ONNX: {reason}.")


def _why_not(model: spec.Model) -> str | None:
    if type(model) in WITHOUT:
        return WITHOUT[type(model)]
    if isinstance(model.preprocessing, Series) and not model.preprocessing.plain:
        return "what it makes of missing values, times or descriptors has no form there yet"
    if isinstance(model, spec.ClassifyModel) and model.per_step:
        return "it classifies single frames, which has no form there yet"
    if isinstance(model, spec.ClassifyModel) and model.answer.threshold is not None:
        return (
            "its threshold was tuned, and the label there is the most probable one; train with --threshold "
            "half, and compare probabilities yourself"
        )
    return None


def _classify(ending: Ending) -> None:
    _labelled(ending, ending.said.value, ending.model.answer.labels, "probabilities")


def _labelled(ending: Ending, scores: Value, labels: tuple[str, ...], name: str) -> None:
    """Declare the probabilities of a sequence's labels, and the most probable one."""
    graph = ending.graph
    probabilities = graph.node("Softmax", [_summary(scores)], {"axis": -1})
    about = "of each label, for all steps so far; the labels stand in the metadata"
    ending.summary(name, probabilities, np.float32, (len(labels),), about)
    best = graph.node("ArgMax", [probabilities], {"axis": -1, "keepdims": 0})
    named = graph.node("Gather", [graph.constant(np.array(labels, object)), best])
    ending.summary("label", named, object, (), "the most probable label")


def _language(ending: Ending) -> None:
    steps = _steps(ending.said.value)
    likely = ending.graph.node("LogSoftmax", [steps.value], {"axis": -1})
    about = "log-probability of each token as the next one, after every step"
    ending.steps("log_probabilities", likely, np.float32, (ending.model.network.input_size,), about)


def _transcribe(ending: Ending) -> None:
    steps, symbols = _steps(ending.said.value), ending.model.answer.symbols()
    likely = ending.graph.node("LogSoftmax", [steps.value], {"axis": -1})
    about = "log-probability of each symbol at each step that is answered: of none, then of each letter"
    ending.steps("log_probabilities", likely, np.float32, (len(symbols),), about)
    if ending.model.network.stride > 1:
        about = "how many of the steps are answered, for each sequence"
        ending.summary(ANSWERED, steps.lengths, np.int64, (), about)


def _rolls(ending: Ending) -> None:
    steps, keys = _steps(ending.said.value), ending.model.preprocessing.keys
    likely = ending.graph.node("Sigmoid", [steps.value])
    about = "of each key, A0 to C8, that it sounds in the frame that comes next"
    ending.steps("probabilities", likely, np.float32, (keys,), about)


def _tag(ending: Ending) -> None:
    graph, model, steps = ending.graph, ending.model, _steps(ending.said.value)
    labels = model.answer.labels
    best = best_tags(graph, model, ending.tensors, steps, ending.states)
    named = graph.node("Gather", [graph.constant(np.array(labels, object)), best])
    inside = graph.node("Squeeze", [there(graph, steps), graph.constant(np.array([2]))])
    shown = graph.node("Where", [inside, named, graph.constant(np.array("", object))])
    ending.steps("tags", shown, object, (), "the best tags, which never break their scheme")
    ending.steps("scores", steps.value, np.float32, (len(labels),), "of each tag at each word, by itself")
    if model.sentence is not None:
        label = ending.said.branches["label"]
        _labelled(ending, label, model.sentence.labels, "label_probabilities")


ANSWERS: Final[dict[type[spec.Model], Callable[[Ending], None]]] = {
    spec.ClassifyModel: _classify,
    spec.LanguageModel: _language,
    spec.RollModel: _rolls,
    spec.TranscribeModel: _transcribe,
    spec.TagModel: _tag,
}
"""What declares the answers of each kind of model whose network is one chain."""

WITHOUT: Final[dict[type[spec.Model], str]] = {
    spec.ForecastModel: "its network speaks in units of one window, whose level and spread the runtime adds",
    spec.LabelsModel: "several labels at once have no answers there yet",
    spec.RegressModel: "numbers have no answers there yet",
}
"""Why models of a task have no answers here; every task stands here, in ``ANSWERS``, or is one of pairs."""


def _steps(value: Value) -> Steps:
    if not isinstance(value, Steps):
        raise TypeError("the network answers sequences; expected steps")
    return value


def _summary(value: Value) -> str:
    if isinstance(value, Steps):
        raise TypeError("the network answers steps; expected a summary")
    return value
