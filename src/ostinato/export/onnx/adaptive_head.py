"""The adaptive head op in ONNX."""

from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.parts import Place, Value, concat, cut, linear, mapped
from ostinato.runtime.base import Weights
from ostinato.spec.network import AdaptiveHead as Spec


def adaptive_head(place: Place, op: Spec, flow: Value) -> Value:
    """Log-probabilities over a large vocabulary (``spec.AdaptiveHead``)."""
    return mapped(flow, lambda rows: _words(place.graph, op, place.weights, rows))


def _words(graph: Graph, op: Spec, weights: Weights, rows: str) -> str:
    first = op.cutoffs[0]
    head = _log_softmax(
        graph, linear(graph, rows, weights["softmax.head.weight"], weights["softmax.head.bias"])
    )
    parts = [cut(graph, head, -1, 0, first)]
    for k in range(len(op.cutoffs)):
        narrow = linear(graph, rows, weights[f"softmax.tail.{k}.0.weight"])
        tail = _log_softmax(graph, linear(graph, narrow, weights[f"softmax.tail.{k}.1.weight"]))
        cluster = cut(graph, head, -1, first + k, first + k + 1)
        parts.append(graph.node("Add", [cluster, tail]))
    return concat(graph, parts, -1)


def _log_softmax(graph: Graph, scores: str) -> str:
    return graph.node("LogSoftmax", [scores], {"axis": -1})
