"""The head op in ONNX."""

from ostinato.export.onnx.parts import Place, Value, linear, mapped
from ostinato.spec.network import Head as Spec


def head(place: Place, op: Spec, flow: Value) -> Value:
    """The textbook's output: y = W_hy h + b_y, for every step or for the summary."""
    weight, bias = place.weights["weight"], place.weights["bias"]
    return mapped(flow, lambda rows: linear(place.graph, rows, weight, bias))
