"""The pool op in ONNX; sums are in float64, as in the runtime."""

from collections.abc import Callable
from typing import Final

import numpy as np

from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.parts import (
    LOWEST,
    Place,
    Steps,
    cast,
    column,
    concat,
    cut,
    last_row,
    linear,
    numbers,
    silent,
    there,
)
from ostinato.spec.network import Pool as Spec

WIDE = np.float64


def pool(place: Place, op: Spec, flow: Steps) -> str:
    """Turn the steps of a sequence into one vector: the parts named in ``kinds``, side by side.

    A stream keeps what the runtime's does, each number of a stream as a column (B, 1); where ``count`` is 0,
    ``max`` and ``peak`` are not read, so that a stream begins with zeros.
    """
    graph = place.graph
    heard = _Heard(place, op, flow)
    parts = [PARTS[kind](heard) for kind in op.kinds]
    place.keep("count", heard.count)
    return concat(graph, [cast(graph, part, np.float32) for part in parts], 1)


class _Heard:
    """What every part of a summary reads."""

    def __init__(self, place: Place, op: Spec, flow: Steps) -> None:
        self.place, self.op, self.flow, self.graph = place, op, flow, place.graph
        self.size = place.into.size
        before = place.begin("count", (1,), np.int64)
        self.first = self.graph.node("Equal", [before, self.graph.constant(np.int64(0))])
        self.count = self.graph.node("Add", [before, column(self.graph, flow.lengths)])
        self.there = there(self.graph, flow)


def _last(heard: _Heard) -> str:
    """The last step; with two directions, the forward half of the last and the reverse half of the first."""
    graph, flow = heard.graph, heard.flow
    row = last_row(graph, flow)
    if heard.op.directions == 2:
        first = graph.node("Gather", [flow.value, graph.constant(np.int64(0))])
        half = heard.size // 2
        halves = [cut(graph, row, 1, 0, half), cut(graph, first, 1, half, heard.size)]
        return concat(graph, halves, 1)
    before = heard.place.begin("last", (heard.size,))
    last = graph.node("Where", [silent(graph, flow.lengths), before, row])
    heard.place.keep("last", last)
    return last


def _mean(heard: _Heard) -> str:
    graph = heard.graph
    before = heard.place.begin("sum", (heard.size,), WIDE)
    total = graph.node("Add", [before, _sum(graph, heard, cast(graph, heard.flow.value, WIDE))])
    heard.place.keep("sum", total)
    return graph.node("Div", [total, cast(graph, heard.count, WIDE)])


def _max(heard: _Heard) -> str:
    graph, lowest = heard.graph, heard.graph.constant(LOWEST)
    given = graph.node("Where", [heard.there, heard.flow.value, lowest])
    before = graph.node("Where", [heard.first, lowest, heard.place.begin("max", (heard.size,))])
    highest = graph.node("Max", [before, _highest(graph, given)])
    heard.place.keep("max", highest)
    return highest


def _attention(heard: _Heard) -> str:
    """The steps weighed by a softmax over all that were heard, its sums scaled by the highest so far."""
    graph, place = heard.graph, heard.place
    lowest = graph.constant(WIDE(LOWEST))
    weighted = place.begin("weighted", (heard.size,), WIDE)
    total, peak = (place.begin(name, (1,), WIDE) for name in ("total", "peak"))
    worth = graph.node("Where", [heard.there, cast(graph, _worth(heard), WIDE), lowest])
    before = graph.node("Where", [heard.first, lowest, peak])
    highest = graph.node("Max", [before, _highest(graph, worth)])
    kept = graph.node("Exp", [graph.node("Sub", [before, highest])])
    share = graph.node("Exp", [graph.node("Sub", [worth, highest])])
    steps = graph.node("Mul", [share, cast(graph, heard.flow.value, WIDE)])
    ended = {
        "weighted": _onward(graph, weighted, kept, _sum(graph, heard, steps)),
        "total": _onward(graph, total, kept, _sum(graph, heard, share)),
        "peak": highest,
    }
    for name, value in ended.items():
        place.keep(name, value)
    return graph.node("Div", [ended["weighted"], ended["total"]])


PARTS: Final[dict[str, Callable[[_Heard], str]]] = {
    "last": _last,
    "mean": _mean,
    "max": _max,
    "attention": _attention,
}


def _worth(heard: _Heard) -> str:
    """Return v . tanh(W h + b) of every step, (T, B, 1)."""
    names = ("attention.weight", "attention.bias", "attention.query")
    weight, bias, query = (heard.place.weights[name] for name in names)
    inner = heard.graph.node("Tanh", [linear(heard.graph, heard.flow.value, weight, bias)])
    return linear(heard.graph, inner, query[None])


def _onward(graph: Graph, before: str, kept: str, added: str) -> str:
    return graph.node("Add", [graph.node("Mul", [before, kept]), added])


def _sum(graph: Graph, heard: _Heard, steps: str) -> str:
    """Return the sum over each sequence's own steps, (B, ·), of numbers in float64."""
    given = graph.node("Where", [heard.there, steps, graph.constant(WIDE(0))])
    return graph.node("ReduceSum", [given, numbers(graph, 0)], {"keepdims": 0})


def _highest(graph: Graph, steps: str) -> str:
    return graph.node("ReduceMax", [steps], {"axes": [0], "keepdims": 0})
