"""The embedding op in ONNX."""

from ostinato.export.onnx.parts import Place, Value, mapped
from ostinato.spec.network import Embedding as Spec


def embedding(place: Place, op: Spec, flow: Value) -> Value:
    """Turn each token into a vector: row ``token`` of weight (V, E)."""
    weight = place.graph.constant(place.weights["weight"])
    return mapped(flow, lambda tokens: place.graph.node("Gather", [weight, tokens]))
