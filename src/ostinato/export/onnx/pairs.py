"""The two graphs of a model with an encoder: one reads a source, one says the next token of the target."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from ostinato.export.onnx.attention import keys
from ostinato.export.onnx.bridge import begun
from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.inputs import LENGTHS, read, single
from ostinato.export.onnx.network import emit, weights_of
from ostinato.export.onnx.parts import Memory, Place, States, Steps, cut, numbers, transpose, zeros
from ostinato.runtime.base import Array
from ostinato.runtime.network import part
from ostinato.spec import network as spec
from ostinato.spec.network import ENCODER, Bridge, Network

MEMORY, KEYS = "memory", "keys."
"""What the memory and, before an op's name, its keys are called, where they are made and where read."""

ABOUT_MEMORY: Final = "what the encoder says of each step of the source"
ABOUT_KEYS: Final = "what the scores of a decoder's op compare with"


def encoder(network: Network, tensors: Mapping[str, Array]) -> Graph:
    """Return the graph that reads whole sources: its outputs are the decoder's inputs of the same names."""
    inner = _inner(network)
    graph = Graph()
    steps = read(graph, inner, f"source_{inner.input}", "a source, with the mark at its end")
    states = States(graph, steps.lengths, kept=False)
    said = emit(graph, inner, part(tensors, ENCODER), steps, states).value
    if not isinstance(said, Steps):
        raise TypeError("an encoder makes steps")
    memory = Memory(transpose(graph, said.value, 1, 0, 2), steps.lengths, {})
    size = inner.flows()[-1].size
    graph.output(MEMORY, memory.values, np.float32, ("batch", "source_time", size), ABOUT_MEMORY)
    started: dict[str, str] = {}
    for op, place in _places(graph, network, tensors, states):
        if "key.weight" in place.weights:
            kept = keys(place, memory.values)
            graph.output(f"{KEYS}{op.name}", kept, np.float32, _keys_shape(place), ABOUT_KEYS)
        if isinstance(op, Bridge):
            started |= begun(place, op, memory)
    for name, shape in state_shapes(network).items():
        value = started.get(name) or zeros(graph, steps.lengths, shape, np.float32)
        graph.output(name, value, np.float32, ("batch", *shape), "the decoder's state before its first step")
    return graph


def decoder(network: Network, tensors: Mapping[str, Array]) -> tuple[Graph, States]:
    """Return the graph of one step of the decoder, and what is kept between two of them."""
    graph = Graph()
    steps = single(graph, network, network.input, "the token before; at first the boundary")
    size = _inner(network).flows()[-1].size
    values = graph.input(MEMORY, np.float32, ("batch", "source_time", size), ABOUT_MEMORY)
    lengths = graph.input(LENGTHS, np.int64, ("batch",), "steps of each source")
    states = States(graph, steps.lengths, kept=True)
    compared = {
        op.name: graph.input(f"{KEYS}{op.name}", np.float32, _keys_shape(place), ABOUT_KEYS)
        if "key.weight" in place.weights
        else values
        for op, place in _places(graph, network, tensors, states)
        if op.memory() is not None
    }
    said = emit(graph, network, tensors, steps, states, Memory(values, lengths, compared))
    _declare(graph, network, said.value, said.attention)
    states.declare()
    return graph, states


def state_shapes(network: Network) -> dict[str, tuple[int, ...]]:
    """Return the shapes of one stream's states of a decoder, by name."""
    shapes: dict[str, tuple[int, ...]] = {}
    for op, into in zip(network.ops, network.flows(), strict=False):
        kept = op.stream(into)
        shapes |= {f"{op.name}.{key}": shape for key, shape in (kept.state if kept else {}).items()}
    return shapes


def _declare(graph: Graph, network: Network, said: object, attention: str | None) -> None:
    if not isinstance(said, Steps):
        raise TypeError("a decoder makes steps")
    step = graph.node("Squeeze", [said.value, numbers(graph, 0)])
    likely = graph.node("LogSoftmax", [step], {"axis": -1})
    about = "log-probability of each token as the next one"
    graph.output("log_probabilities", likely, np.float32, ("batch", network.flows()[-1].size), about)
    if attention is not None:
        shares = graph.node("Squeeze", [cut(graph, attention, 1, 0, 1), numbers(graph, 1)])
        about = "how much the step looked at each place of its source"
        graph.output("attention", shares, np.float32, ("batch", "source_time"), about)


def _places(
    graph: Graph, network: Network, tensors: Mapping[str, Array], states: States
) -> list[tuple[spec.Op, Place]]:
    pairs = zip(network.ops, network.flows(), strict=False)
    return [(op, Place(graph, op, into, weights_of(op, into, tensors), states)) for op, into in pairs]


def _keys_shape(place: Place) -> tuple[str, str, int]:
    return "batch", "source_time", len(place.weights["key.weight"])


def _inner(network: Network) -> Network:
    if network.encoder is None:
        raise TypeError("the network has no encoder")
    return network.encoder
