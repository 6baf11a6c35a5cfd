"""The convolution op in ONNX."""

import numpy as np

from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.parts import (
    Place,
    Steps,
    column,
    concat,
    numbers,
    rows_at,
    size,
    transpose,
    unsqueeze,
)
from ostinato.runtime.base import Array, Weights
from ostinato.runtime.convolution import EPSILON
from ostinato.spec.network import Convolution as Spec


def convolution(place: Place, op: Spec, flow: Steps) -> Steps:
    """A causal convolution along time, its normalisation folded into the weights, and a rectifier.

    A stream keeps ``past``, (B, K - 1, I), the last steps, but for one tap, K = 1; and with a stride ``wait``
    (B, 1): how many steps pass before the next one that is answered.
    """
    graph = place.graph
    seen = flow.value
    if op.kernel_size > 1:
        past = place.begin("past", (op.kernel_size - 1, place.into.size))
        seen = concat(graph, [transpose(graph, past, 1, 0, 2), flow.value], 0)
        place.keep("past", transpose(graph, _last(graph, seen, flow, op.kernel_size - 1), 1, 0, 2))
    weights = [graph.constant(array) for array in folded(place.weights, op.normalization)]
    said = graph.node("Conv", [transpose(graph, seen, 1, 2, 0), *weights])
    steps = flow._replace(
        value=transpose(graph, graph.node("Relu", [said]) if op.activation == "relu" else said, 2, 0, 1)
    )
    return steps if op.stride == 1 else _strided(place, op, steps)


def _strided(place: Place, op: Spec, flow: Steps) -> Steps:
    """Return the steps that are answered: those of a sequence that it waits for, and every s-th from there.

    Where a chunk holds none of any sequence, one stands there that is part of no sequence.
    """
    graph, stride = place.graph, place.graph.constant(np.int64(op.stride))
    wait, lengths = place.begin("wait", (1,), np.int64), column(graph, flow.lengths)
    left = graph.node("Sub", [wait, lengths])
    place.keep("wait", graph.node("Mod", [left, stride]))
    room = graph.node("Sub", [graph.constant(np.int64(op.stride - 1)), left])
    answered = graph.node("Max", [graph.node("Div", [room, stride]), graph.constant(np.int64(0))])
    most = graph.node(
        "Max", [graph.node("ReduceMax", [answered], {"keepdims": 0}), graph.constant(np.int64(1))]
    )
    every = graph.node("Range", [graph.constant(np.int64(0)), most, graph.constant(np.int64(1))])
    first = transpose(graph, wait, 1, 0)
    wanted = graph.node("Add", [graph.node("Mul", [unsqueeze(graph, every, 1), stride]), first])
    last = graph.node("Sub", [size(graph, flow.value, 0), graph.constant(np.int64(1))])
    rows = rows_at(graph, flow.value, graph.node("Min", [wanted, last]))
    return Steps(rows, graph.node("Squeeze", [answered, numbers(graph, 1)]))


def _last(graph: Graph, seen: str, flow: Steps, count: int) -> str:
    """Return the last steps of each sequence, (K - 1, B, I), of those before and those of this time."""
    every = graph.constant(np.arange(count, dtype=np.int64)[:, None])
    return rows_at(graph, seen, graph.node("Add", [every, unsqueeze(graph, flow.lengths, 0)]))


def folded(weights: Weights, normalization: str) -> tuple[Array, Array]:
    """Return a convolution's weight (C, I, ...) and bias (C,) with its normalisation in them."""
    if normalization == "none":
        return weights["weight"], weights["bias"]
    wide = {name: array.astype(np.float64) for name, array in weights.items()}
    scale = wide["norm.weight"] / np.sqrt(wide["norm.running_var"] + EPSILON)
    shift = wide["norm.bias"] - wide["norm.running_mean"] * scale
    taps = wide["weight"] * scale.reshape(-1, *[1] * (wide["weight"].ndim - 1))
    return taps.astype(np.float32), (wide["bias"] * scale + shift).astype(np.float32)
