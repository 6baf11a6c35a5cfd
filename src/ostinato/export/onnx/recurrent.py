"""The recurrent op in ONNX: one LSTM, GRU or RNN node a layer."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.parts import Place, Steps, cast, concat, numbers, silent, transpose
from ostinato.runtime.base import Array, Weights
from ostinato.spec.network import Recurrent as Spec


class Cell(NamedTuple):
    """How ONNX has a cell.

    Args:
        node: the operator.
        gates: where each of its gates stands in our weights: ONNX has z, r, n (GRU) and i, o, f, g (LSTM).
        states: what it keeps.
        attributes: of the operator.
        activation: of an RNN; each direction has one.
    """

    node: str
    gates: Sequence[int]
    states: tuple[str, ...] = ("h",)
    attributes: tuple[tuple[str, Any], ...] = ()
    activation: str | None = None


CELLS: Final = {
    "rnn_tanh": Cell("RNN", (0,), activation="Tanh"),
    "rnn_relu": Cell("RNN", (0,), activation="Relu"),
    "gru": Cell("GRU", (1, 0, 2), attributes=(("linear_before_reset", 1),)),
    "lstm": Cell("LSTM", (0, 3, 1, 2), ("h", "c")),
}


def recurrent(place: Place, op: Spec, flow: Steps) -> Steps:
    """A stack of recurrent layers; every step of the last layer is handed on.

    A stream keeps ``h`` and, for an LSTM, ``c``: (B, L, H), as in the runtime.
    """
    graph = place.graph
    rows, names = op.layers * op.directions, CELLS[op.cell].states
    begun = [transpose(graph, place.begin(name, (rows, op.hidden_size)), 1, 0, 2) for name in names]
    layers = [_layers(graph, value, op.layers) for value in begun]
    ended: list[list[str]] = []
    for layer in range(op.layers):
        suffixes = [f"l{layer}{suffix}" for suffix in ("", "_reverse")[: op.directions]]
        states = [parts[layer] for parts in layers]
        flow, states = run(graph, op.cell, _of(place.weights, suffixes), flow, states)
        ended.append(states)
    for name, *parts in zip(names, *ended, strict=True):
        place.keep(name, transpose(graph, concat(graph, parts, 0), 1, 0, 2))
    return flow


def run(
    graph: Graph, cell: str, weights: Sequence[Weights], flow: Steps, states: Sequence[str]
) -> tuple[Steps, list[str]]:
    """Return the steps (T, B, D * H) of one layer, and its states (D, B, H) after each sequence's last step.

    A sequence that is not heard keeps its states, which the node itself would set to zero.

    Args:
        graph: to be added to.
        cell: one of ``CELLS``.
        weights: for each of the D directions, weight_ih, weight_hh, bias_ih and bias_hh.
        flow: what the layer is given.
        states: (D, B, H) each, before the first step.
    """
    node, hidden = CELLS[cell], weights[0]["weight_hh"].shape[1]
    arrays = [np.stack([part(one, cell) for one in weights]) for part in (_input, _recurrent, _bias)]
    lengths = cast(graph, flow.lengths, np.int32)
    inputs = [flow.value, *map(graph.constant, arrays), lengths, *states]
    attributes = _attributes(node, hidden, len(weights))
    said, *ended = graph.nodes(node.node, inputs, 1 + len(states), attributes)
    beside = graph.node("Reshape", [transpose(graph, said, 0, 2, 1, 3), numbers(graph, 0, 0, -1)])
    unheard = silent(graph, flow.lengths)
    kept = [graph.node("Where", [unheard, *pair]) for pair in zip(states, ended, strict=True)]
    return flow._replace(value=beside), kept


def _attributes(cell: Cell, hidden: int, directions: int) -> dict[str, Any]:
    made: dict[str, Any] = {"hidden_size": hidden, "direction": ("forward", "bidirectional")[directions - 1]}
    if cell.activation is not None:
        made["activations"] = [cell.activation] * directions
    return made | dict(cell.attributes)


def _layers(graph: Graph, states: str, layers: int) -> list[str]:
    """Return states (L * D, B, H) layer by layer, (D, B, H) each."""
    return graph.nodes("Split", [states], layers, {"axis": 0}) if layers > 1 else [states]


def _of(weights: Weights, suffixes: Sequence[str]) -> list[Weights]:
    parts = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return [{part: weights[f"{part}_{suffix}"] for part in parts} for suffix in suffixes]


def _input(weights: Weights, cell: str) -> Array:
    return _reordered(weights["weight_ih"], cell)


def _recurrent(weights: Weights, cell: str) -> Array:
    return _reordered(weights["weight_hh"], cell)


def _bias(weights: Weights, cell: str) -> Array:
    return np.concatenate([_reordered(weights[name], cell) for name in ("bias_ih", "bias_hh")])


def _reordered(rows: Array, cell: str) -> Array:
    """Return rows of gates in ONNX's order."""
    gates = np.split(rows, len(CELLS[cell].gates))
    return np.concatenate([gates[place] for place in CELLS[cell].gates])
