"""What a graph is given."""

import numpy as np

from ostinato.export.onnx.graph import Graph, Shape
from ostinato.export.onnx.parts import Steps, numbers, size, transpose
from ostinato.spec.model import Model
from ostinato.spec.network import Network
from ostinato.spec.preprocessing import Series

LENGTHS = "lengths"
"""The name of the input that says how many steps each sequence has."""

KINDS = {
    "tokens": "numbers of tokens",
    "words": "rows of numbers: a word's, then its letters'",
    "steps": "what the model's preprocessing makes of each step",
}

MISSING = dict.fromkeys(("forward-fill", "mask", "decay"), "; NaN where one was not") | {"forbid": ""}


def given(graph: Graph, model: Model, ragged: bool) -> Steps:
    """Declare a model's input, batch first, and return its steps: of series the channels, unscaled.

    Args:
        graph: to be added to.
        model: as data.
        ragged: whether sequences of a batch differ in length, which makes ``lengths`` an input.
    """
    network, series = model.network, model.preprocessing
    if isinstance(series, Series):
        about = f"the channels as they were measured: {', '.join(series.channels)}{MISSING[series.missing]}"
        return _time_major(graph, "series", np.float32, (len(series.channels),), about, ragged)
    return read(graph, network, network.input, KINDS[network.input], ragged)


def read(graph: Graph, network: Network, name: str, about: str, ragged: bool = True) -> Steps:
    """Declare the input of a network as it reads it, (B, T) tokens or (B, T, ·), and return its steps."""
    row = () if network.input == "tokens" else (network.input_size,)
    dtype = np.float32 if network.input == "steps" else np.int64
    return _time_major(graph, name, dtype, row, about, ragged)


def _time_major(graph: Graph, name: str, dtype: type, row: Shape, about: str, ragged: bool) -> Steps:
    value = graph.input(name, dtype, ("batch", "time", *row), about)
    if ragged:
        lengths = graph.input(LENGTHS, np.int64, ("batch",), "steps of each sequence that are there")
    else:
        lengths = graph.node("Expand", [size(graph, value, 1), size(graph, value, 0)])
    order = (1, 0, 2) if row else (1, 0)
    return Steps(transpose(graph, value, *order), lengths)


def single(graph: Graph, network: Network, name: str, about: str) -> Steps:
    """Declare the input of one step a sequence, (B,) tokens or (B, I), and return it as steps (1, B, ·)."""
    row = () if network.input == "tokens" else (network.input_size,)
    dtype = np.float32 if network.input == "steps" else np.int64
    value = graph.input(name, dtype, ("batch", *row), about)
    one = graph.node("Expand", [numbers(graph, 1), size(graph, value, 0)])
    return Steps(graph.node("Unsqueeze", [value, numbers(graph, 0)]), one)
