"""A network as a part of an ONNX graph: every op by an emitter of its own."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from ostinato.export.onnx.adaptive_head import adaptive_head
from ostinato.export.onnx.attention import attention
from ostinato.export.onnx.attentive_recurrent import attentive_recurrent
from ostinato.export.onnx.bridge import bridge
from ostinato.export.onnx.convolution import convolution
from ostinato.export.onnx.crf import crf
from ostinato.export.onnx.dropout import dropout
from ostinato.export.onnx.embedding import embedding
from ostinato.export.onnx.frame_convolution import frame_convolution
from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.gru_d import gru_d
from ostinato.export.onnx.head import head
from ostinato.export.onnx.parts import Memory, Place, States, Steps, Value
from ostinato.export.onnx.pool import pool
from ostinato.export.onnx.recurrent import recurrent
from ostinato.export.onnx.word_characters import word_characters
from ostinato.runtime.base import Array, Weights
from ostinato.runtime.network import part
from ostinato.spec import network as spec
from ostinato.spec.flow import Flow

Emitter = Callable[[Place, Any, Any], Value]

EMITTERS: Final[dict[type[spec.Op], Emitter]] = {
    spec.Embedding: embedding,
    spec.Dropout: dropout,
    spec.Convolution: convolution,
    spec.Recurrent: recurrent,
    spec.Pool: pool,
    spec.Head: head,
    spec.AdaptiveHead: adaptive_head,
    spec.Crf: crf,
    spec.WordCharacters: word_characters,
    spec.Attention: attention,
    spec.AttentiveRecurrent: attentive_recurrent,
    spec.Bridge: bridge,
    spec.FrameConvolution: frame_convolution,
    spec.GruD: gru_d,
}
"""What adds each op to a graph, from where it stands, the op, and the flow that it is given."""


class Said(NamedTuple):
    """What a network says.

    Args:
        value: of the chain.
        branches: of each branch, by its name.
        attention: how much the last op that looks back looked at each place, (B, T, S); None without one.
    """

    value: Value
    branches: dict[str, Value]
    attention: str | None


def emit(
    graph: Graph,
    network: spec.Network,
    tensors: Mapping[str, Array],
    given: Steps,
    states: States,
    memory: Memory | None = None,
    prefix: str = "",
) -> Said:
    """Add a network and its branches to a graph.

    Args:
        graph: to be added to.
        network: as data.
        tensors: the weights, under the names of ``network.tensors()``.
        given: what the first op is given.
        states: what is kept between calls.
        memory: what its ops look back at, if they do.
        prefix: what stands before its states' names.
    """
    flow: Value = given
    seen: dict[str, Value] = {}
    attention: list[str] = []
    for op, into in zip(network.ops, network.flows(), strict=False):
        place = Place(
            graph, op, into, weights_of(op, into, tensors), states, prefix, memory, attention=attention
        )
        seen[op.name] = flow = EMITTERS[type(op)](place, op, flow)
    branches: dict[str, Value] = {}
    for one in network.branches:
        given = _steps(seen[one.after])
        inner, weights = network.branch(one), part(tensors, one.name)
        branches[one.name] = emit(graph, inner, weights, given, states, prefix=f"{one.name}.").value
    return Said(flow, branches, attention[-1] if attention else None)


def weights_of(op: spec.Op, into: Flow, tensors: Mapping[str, Array]) -> Weights:
    """Return an op's weights by their names in it, float32."""
    names = {name: f"{op.name}.{name}" for name in op.tensors(into)} | op.shared()
    return {name: np.asarray(tensors[full], np.float32) for name, full in names.items()}


def _steps(value: Value) -> Steps:
    if not isinstance(value, Steps):
        raise TypeError("a branch reads steps")
    return value
