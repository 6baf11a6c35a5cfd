"""The op that begins a decoder where its encoder ended, in ONNX."""

import numpy as np

from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.parts import (
    Memory,
    Place,
    Steps,
    Value,
    cast,
    column,
    concat,
    cut,
    last_row,
    linear,
    numbers,
    there,
    transpose,
)
from ostinato.spec.network import Bridge as Spec


def bridge(place: Place, op: Spec, flow: Value) -> Value:
    """Pass steps on as they are: what it begins, ``begun`` makes where the encoder stands."""
    return flow


def begun(place: Place, op: Spec, memory: Memory) -> dict[str, str]:
    """Return the states that another op begins with: by name ``op.h``, each (B, L, H)."""
    graph = place.graph
    steps = Steps(transpose(graph, memory.values, 1, 0, 2), memory.lengths)
    whole = _mean(graph, steps) if op.kind == "mean" else _last(graph, op, steps)
    made = graph.node("Tanh", [linear(graph, whole, place.weights["weight"], place.weights["bias"])])
    rows = op.layers * op.hidden_size
    parts = [cut(graph, made, 1, number * rows, (number + 1) * rows) for number in range(op.states)]
    shape = numbers(graph, 0, op.layers, op.hidden_size)
    return {
        f"{op.to}.{name}": graph.node("Reshape", [part, shape])
        for name, part in zip(op.begun(), parts, strict=True)
    }


def _mean(graph: Graph, steps: Steps) -> str:
    given = graph.node("Where", [there(graph, steps), steps.value, graph.constant(np.float32(0))])
    total = graph.node("ReduceSum", [given, numbers(graph, 0)], {"keepdims": 0})
    return graph.node("Div", [total, cast(graph, column(graph, steps.lengths), np.float32)])


def _last(graph: Graph, op: Spec, steps: Steps) -> str:
    """Return where the encoder ended, (B, M): of two directions, the reverse one ends at step 1."""
    row = last_row(graph, steps)
    if op.directions == 1:
        return row
    first = graph.node("Gather", [steps.value, graph.constant(np.int64(0))])
    half = op.memory_size // 2
    return concat(graph, [cut(graph, row, 1, 0, half), cut(graph, first, 1, half, op.memory_size)], 1)
