"""The word characters op in ONNX."""

import numpy as np

from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.parts import (
    Place,
    Steps,
    cast,
    concat,
    cut,
    numbers,
    transpose,
    zeros,
)
from ostinato.export.onnx.recurrent import CELLS, run
from ostinato.runtime.base import Weights
from ostinato.spec.network import WordCharacters as Spec


def word_characters(place: Place, op: Spec, flow: Steps) -> Steps:
    """Turn each word into its own vector, beside the last states of a layer that reads its letters both ways.

    Every word of the batch is spelt, the same one as often as it stands there.
    """
    graph = place.graph
    first = graph.node("Gather", [flow.value, graph.constant(np.int64(0))], {"axis": 2})
    words = graph.node("Gather", [graph.constant(place.weights["words.weight"]), first])
    letters = cut(graph, flow.value, 2, 1, place.into.size)
    flat = graph.node("Reshape", [letters, numbers(graph, -1, place.into.size - 1)])
    spelt = _spelt(place, op, flat)
    wanted = concat(graph, [graph.node("Shape", [first]), numbers(graph, 2 * op.letter_hidden_size)], 0)
    return flow._replace(value=concat(graph, [words, graph.node("Reshape", [spelt, wanted])], 2))


def _spelt(place: Place, op: Spec, letters: str) -> str:
    """Return what the letters (N, K) of each word say, (N, 2 H): where either direction ended."""
    graph = place.graph
    vectors = graph.constant(place.weights["letters.weight"])
    steps = graph.node("Gather", [vectors, transpose(graph, letters, 1, 0)])
    lengths = _lengths(graph, letters)
    begun = transpose(graph, zeros(graph, lengths, (2, op.letter_hidden_size), np.float32), 1, 0, 2)
    weights = [_of(place.weights, suffix) for suffix in ("l0", "l0_reverse")]
    states = [begun] * len(CELLS[op.cell].states)
    _, (ends, *_) = run(graph, op.cell, weights, Steps(steps, lengths), states)
    return graph.node("Reshape", [transpose(graph, ends, 1, 0, 2), numbers(graph, 0, -1)])


def _lengths(graph: Graph, letters: str) -> str:
    """Return how many letters stand before the first 0 of each row, and 1 where it is the first, (N,)."""
    ended = cast(graph, graph.node("Equal", [letters, graph.constant(np.int64(0))]), np.int64)
    ends = graph.node("CumSum", [ended, graph.constant(np.int64(1))])
    before = cast(graph, graph.node("Equal", [ends, graph.constant(np.int64(0))]), np.int64)
    counted = graph.node("ReduceSum", [before, numbers(graph, 1)], {"keepdims": 0})
    return graph.node("Max", [counted, graph.constant(np.int64(1))])


def _of(weights: Weights, suffix: str) -> Weights:
    parts = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return {part: weights[f"recurrent.{part}_{suffix}"] for part in parts}
