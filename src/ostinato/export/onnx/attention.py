"""The attention op in ONNX."""

import numpy as np

from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.parts import (
    LOWEST,
    Memory,
    Place,
    Steps,
    concat,
    linear,
    size,
    transpose,
    unsqueeze,
)
from ostinato.runtime.base import Array
from ostinato.spec.network import Attention as Spec


def attention(place: Place, op: Spec, flow: Steps) -> Steps:
    """Look back at the encoder's steps, and hand on what was seen with the step (``spec.Attention``)."""
    graph, memory = place.graph, place.looked_at()
    rows = transpose(graph, flow.value, 1, 0, 2)
    seen, share = look(graph, memory, _worth(place, op, memory, rows))
    place.attention.append(share)
    output = linear(graph, concat(graph, [seen, rows], 2), place.weights["output.weight"])
    return flow._replace(value=transpose(graph, graph.node("Tanh", [output]), 1, 0, 2))


def keys(place: Place, values: str) -> str:
    """Return what an op's scores compare with, made of a memory's values (B, S, M): (B, S, ·)."""
    weight = place.weights.get("key.weight")
    return values if weight is None else linear(place.graph, values, weight)


def additive_worth(graph: Graph, query: str, compared: str, vector: Array) -> str:
    """Return ``v . tanh(query_t + key_s)``, (B, T, S), from queries (B, T, A), keys (B, S, A) and v (A,)."""
    both = graph.node("Add", [unsqueeze(graph, query, 2), unsqueeze(graph, compared, 1)])
    return graph.node("MatMul", [graph.node("Tanh", [both]), graph.constant(vector)])


def look(graph: Graph, memory: Memory, worth: str) -> tuple[str, str]:
    """Return what each step sees (B, T, M) and its attention (B, T, S), from each place's worth (B, T, S)."""
    count = graph.node("Squeeze", [size(graph, memory.values, 1)])
    every = graph.node("Range", [graph.constant(np.int64(0)), count, graph.constant(np.int64(1))])
    inside = graph.node("Less", [unsqueeze(graph, every, 0), unsqueeze(graph, memory.lengths, 1)])
    allowed = graph.node("Where", [unsqueeze(graph, inside, 1), worth, graph.constant(LOWEST)])
    share = graph.node("Softmax", [allowed], {"axis": -1})
    return graph.node("MatMul", [share, memory.values]), share


def _worth(place: Place, op: Spec, memory: Memory, rows: str) -> str:
    graph, compared = place.graph, memory.keys[op.name]
    if op.score == "additive":
        query = linear(graph, rows, place.weights["query.weight"])
        return additive_worth(graph, query, compared, place.weights["vector"])
    return graph.node("MatMul", [rows, transpose(graph, compared, 0, 2, 1)])
