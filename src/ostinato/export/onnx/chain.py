"""The graph of a model whose network is one chain."""

from collections.abc import Mapping

from ostinato.export.onnx.answers import Ending, declare
from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.inputs import given
from ostinato.export.onnx.network import emit
from ostinato.export.onnx.parts import States
from ostinato.export.onnx.series import prepared
from ostinato.runtime.base import Array
from ostinato.spec.model import Model
from ostinato.spec.preprocessing import Series


def chain(model: Model, tensors: Mapping[str, Array], ragged: bool = True) -> tuple[Graph, States]:
    """Return a model's graph, and what is kept between two calls of it: nothing if it cannot run as a stream.

    Args:
        model: as data.
        tensors: its weights.
        ragged: whether the lengths of sequences are an input; if not, all of a batch are equally long.
    """
    graph = Graph()
    steps = given(graph, model, ragged)
    states = States(graph, steps.lengths, kept=model.network.why_not_stream() is None)
    if isinstance(model.preprocessing, Series):
        steps = prepared(graph, model.preprocessing, steps, states)
    said = emit(graph, model.network, tensors, steps, states)
    declare(Ending(graph, model, tensors, said, states))
    states.declare()
    return graph, states
