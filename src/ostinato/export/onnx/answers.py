"""What a graph answers: for each kind of model its outputs, made of what the network says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.network import Said
from ostinato.export.onnx.parts import States, Steps, Value, cast, there, transpose
from ostinato.export.onnx.tags import best_tags
from ostinato.runtime.base import Array
from ostinato.spec import model as spec
from ostinato.spec.answers import Classes

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


def _classify(ending: Ending) -> None:
    model, value = ending.model, ending.said.value
    if model.per_step:
        _labelled_steps(ending, _steps(value), model.answer)
    else:
        _labelled(ending, value, model.answer, "probabilities")


def _labelled(ending: Ending, scores: Value, answer: Classes, name: str) -> None:
    """Declare the probabilities of a sequence's labels, and the label that is said."""
    graph = ending.graph
    probabilities = graph.node("Softmax", [_summary(scores)], {"axis": -1})
    about = "of each label, for all steps so far; the labels stand in the metadata"
    ending.summary(name, probabilities, np.float32, (len(answer.labels),), about)
    ending.summary("label", _best(graph, probabilities, answer), object, (), "the label that is said")


def _labelled_steps(ending: Ending, steps: Steps, answer: Classes) -> None:
    """Declare the probabilities of the labels of every step, and the label that is said of it."""
    graph = ending.graph
    probabilities = graph.node("Softmax", [steps.value], {"axis": -1})
    about = "of each label, at each step; the labels stand in the metadata"
    ending.steps("probabilities", probabilities, np.float32, (len(answer.labels),), about)
    shown = _inside(graph, steps, _best(graph, probabilities, answer))
    ending.steps("label", shown, object, (), "the label that is said of each step")


def _best(graph: Graph, probabilities: str, answer: Classes) -> str:
    """Return the label that is said: the most probable one or, with a threshold, the second from there on."""
    best = graph.node("ArgMax", [probabilities], {"axis": -1, "keepdims": 0})
    if answer.threshold is not None:
        second = graph.node("Gather", [probabilities, graph.constant(np.int64(1))], {"axis": -1})
        reached = graph.node("GreaterOrEqual", [second, graph.constant(np.float32(answer.threshold))])
        best = cast(graph, reached, np.int64)
    return graph.node("Gather", [graph.constant(np.array(answer.labels, object)), best])


def _inside(graph: Graph, steps: Steps, words: str) -> str:
    """Return words (T, B), "" behind each sequence's end."""
    inside = graph.node("Squeeze", [there(graph, steps), graph.constant(np.array([2]))])
    return graph.node("Where", [inside, words, graph.constant(np.array("", object))])


def _labels(ending: Ending) -> None:
    graph, answer = ending.graph, ending.model.answer
    probabilities = graph.node("Sigmoid", [_summary(ending.said.value)])
    about = "of each label by itself, for all steps so far; the labels stand in the metadata"
    ending.summary("probabilities", probabilities, np.float32, (len(answer.labels),), about)
    thresholds = graph.constant(np.array(answer.thresholds, np.float32))
    said = graph.node("GreaterOrEqual", [probabilities, thresholds])
    ending.summary("said", said, bool, (len(answer.labels),), "which labels are said")


def _regress(ending: Ending) -> None:
    graph, answer, said = ending.graph, ending.model.answer, ending.said.value
    scores = said.value if isinstance(said, Steps) else said
    one = graph.node("Squeeze", [cast(graph, scores, np.float64), graph.constant(np.array([-1]))])
    spread, center = (graph.constant(np.float64(part)) for part in (answer.spread, answer.center))
    value = cast(graph, graph.node("Add", [graph.node("Mul", [one, spread]), center]), np.float32)
    declared = ending.steps if answer.per_step else ending.summary
    when = "at each step" if answer.per_step else "for all steps so far"
    declared("value", value, np.float32, (), f"{answer.name}, {when}")


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
    ending.steps(
        "tags", _inside(graph, steps, named), object, (), "the best tags, which never break their scheme"
    )
    ending.steps("scores", steps.value, np.float32, (len(labels),), "of each tag at each word, by itself")
    if model.sentence is not None:
        label = ending.said.branches["label"]
        _labelled(ending, label, model.sentence, "label_probabilities")


ANSWERS: Final[dict[type[spec.Model], Callable[[Ending], None]]] = {
    spec.ClassifyModel: _classify,
    spec.LabelsModel: _labels,
    spec.RegressModel: _regress,
    spec.LanguageModel: _language,
    spec.RollModel: _rolls,
    spec.TranscribeModel: _transcribe,
    spec.TagModel: _tag,
}
"""What declares the answers of each kind of model whose network is one chain."""


def _steps(value: Value) -> Steps:
    if not isinstance(value, Steps):
        raise TypeError("the network answers sequences; expected steps")
    return value


def _summary(value: Value) -> str:
    if isinstance(value, Steps):
        raise TypeError("the network answers steps; expected a summary")
    return value
