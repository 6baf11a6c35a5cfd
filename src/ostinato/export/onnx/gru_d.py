"""The GRU-D op in ONNX: a loop over steps, for no operator has a state that fades between them."""

from typing import NamedTuple

import numpy as np

from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.parts import Place, Steps, concat, cut, linear, there
from ostinato.runtime.base import Weights
from ostinato.spec.network import GruD as Spec


class _Body(NamedTuple):
    """What one step reads: the states and, of the step, values, masks beside descriptors, time (B, ·)."""

    beyond: str
    since: str
    h: str
    values: str
    told: str
    time: str
    inside: str


def gru_d(place: Place, op: Spec, flow: Steps) -> Steps:
    """A GRU whose input fades towards the mean and whose state fades (``spec.GruD`` has the equations).

    A stream keeps ``beyond`` (B, I), how far above its mean the last observation of each channel was, which
    begins with 0; ``since`` (B, I) and ``h`` (B, 1, H).
    """
    graph, count = place.graph, op.values
    h = graph.node("Squeeze", [place.begin("h", (1, op.hidden_size)), graph.constant(np.array([1]))])
    begun = [place.begin("beyond", (count,)), place.begin("since", (count,)), h]
    given = [*begun, *_parts(graph, count, flow.value, place.into.size), there(graph, flow)]
    attributes = {"num_scan_inputs": 4, "body": _step(graph, op, place.weights, place.into.size)}
    beyond, since, h, said = graph.nodes("Scan", given, 4, attributes)
    place.keep("beyond", beyond)
    place.keep("since", since)
    place.keep("h", graph.node("Unsqueeze", [h, graph.constant(np.array([1]))]))
    return flow._replace(value=said)


def _parts(graph: Graph, count: int, steps: str, size: int) -> tuple[str, str, str]:
    """Return of steps (T, B, F) the values, the masks with the descriptors beside them, and the time."""
    first, second = 2 * count, 2 * count + 1
    values, masks = cut(graph, steps, 2, 0, count), cut(graph, steps, 2, count, first)
    beside = [cut(graph, steps, 2, second, size)] if size > second else []
    return values, concat(graph, [masks, *beside], 2), cut(graph, steps, 2, first, second)


def _step(outer: Graph, op: Spec, weights: Weights, size: int) -> object:
    """Return the body of the loop: states and a step to states and what is said."""
    graph, count = Graph(outer), op.values
    sizes = (count, count, op.hidden_size, count, size - count - 1, 1)
    names = _Body._fields
    given = [graph.input(f"{n}_here", np.float32, ("batch", s)) for n, s in zip(names, sizes, strict=False)]
    here = _Body._make([*given, graph.input("inside_here", bool, ("batch", 1))])
    since = graph.node("Add", [here.since, here.time])
    h = _gru(graph, op, weights, here, since)
    seen = graph.node("Greater", [cut(graph, here.told, 1, 0, count), _number(graph, 0)])
    above = graph.node("Sub", [here.values, graph.constant(np.array(op.means, np.float32))])
    after = {
        "beyond": graph.node("Where", [seen, above, here.beyond]),
        "since": graph.node("Where", [seen, _number(graph, 0), since]),
        "h": h,
    }
    for name, value in after.items():
        kept = graph.node("Where", [here.inside, value, getattr(here, name)])
        graph.output(f"{name}_after", kept, np.float32, ("batch", "size"))
    graph.output("said_here", h, np.float32, ("batch", op.hidden_size))
    return graph.body("gru_d")


def _gru(graph: Graph, op: Spec, weights: Weights, here: _Body, since: str) -> str:
    """Return the state after a step, (B, H): torch's GRU, of what is seen and of the state that is left."""
    weighed = graph.node("Mul", [since, graph.constant(weights["input_decay.weight"])])
    left = _fading(graph, graph.node("Add", [weighed, graph.constant(weights["input_decay.bias"])]))
    decay = linear(graph, since, weights["hidden_decay.weight"], weights["hidden_decay.bias"])
    before = graph.node("Mul", [_fading(graph, decay), here.h])
    means = graph.constant(np.array(op.means, np.float32))
    faded = graph.node("Add", [graph.node("Mul", [left, here.beyond]), means])
    there = graph.node("Greater", [cut(graph, here.told, 1, 0, op.values), _number(graph, 0)])
    row = concat(graph, [graph.node("Where", [there, here.values, faded]), here.told], 1)
    said = linear(graph, row, weights["cell.weight_ih"], weights["cell.bias_ih"])
    kept = linear(graph, before, weights["cell.weight_hh"], weights["cell.bias_hh"])
    (r, z, n), (r_h, z_h, n_h) = (graph.nodes("Split", [one], 3, {"axis": 1}) for one in (said, kept))
    reset, update = (
        graph.node("Sigmoid", [graph.node("Add", [one, two])]) for one, two in ((r, r_h), (z, z_h))
    )
    new = graph.node("Tanh", [graph.node("Add", [n, graph.node("Mul", [reset, n_h])])])
    moved = graph.node("Mul", [update, graph.node("Sub", [before, new])])
    return graph.node("Add", [new, moved])


def _fading(graph: Graph, value: str) -> str:
    """Return exp(-max(0, x))."""
    return graph.node("Exp", [graph.node("Neg", [graph.node("Relu", [value])])])


def _number(graph: Graph, value: float) -> str:
    return graph.constant(np.float32(value))
