"""The convolution op in ONNX."""

import numpy as np

from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.parts import Place, Steps, concat, rows_at, transpose, unsqueeze
from ostinato.runtime.base import Array, Weights
from ostinato.runtime.convolution import EPSILON
from ostinato.spec.network import Convolution as Spec


def convolution(place: Place, op: Spec, flow: Steps) -> Steps:
    """A causal convolution along time, its normalisation folded into the weights, and a rectifier.

    A stream keeps ``past``, (B, K - 1, I), the last steps; with one tap, K = 1, nothing.
    """
    graph = place.graph
    seen = flow.value
    if op.kernel_size > 1:
        past = place.begin("past", (op.kernel_size - 1, place.into.size))
        seen = concat(graph, [transpose(graph, past, 1, 0, 2), flow.value], 0)
        place.keep("past", transpose(graph, _last(graph, seen, flow, op.kernel_size - 1), 1, 0, 2))
    weights = [graph.constant(array) for array in folded(place.weights, op.normalization)]
    said = graph.node("Conv", [transpose(graph, seen, 1, 2, 0), *weights])
    return flow._replace(value=transpose(graph, graph.node("Relu", [said]), 2, 0, 1))


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
