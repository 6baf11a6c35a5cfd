"""Recurrent weights as 8-bit integers in a file: each row with a scale of its own.

    s_r = max_k |W_rk| / 127,   Q_rk = round(W_rk / s_r)

which is what the native kernels make of a row (``native/include/ostinato/quantized.h``): they read the
rows ``s_r Q_r`` and find the same integers again. The file holds Q under the weight's own name, such as
``recurrent.weight_ih_l0``, and s under that name with ``.scale``.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import ArgumentError
from ostinato.spec.network import Network, Recurrent, Shapes, WordCharacters

LARGEST = 127
SCALE = ".scale"

Tensors = dict[str, NDArray[Any]]


def why_not(network: Network) -> str | None:
    """Return why a network cannot be run with such weights, or None if it can."""
    if network.encoder is not None:
        return "it has an encoder; int8 is for models that can stream"
    for op in network.ops:
        if isinstance(op, WordCharacters) or (isinstance(op, Recurrent) and op.bidirectional):
            return f"op {op.name!r} reads both ways; int8 is for models that can stream"
    if not any(isinstance(op, Recurrent) for op in network.ops):
        return "it has no recurrent weights"
    return None


def rounded(network: Network) -> list[str]:
    """Return the names of the weights that are rounded: the matrices of recurrent ops, in the chain alone."""
    names = (
        f"{op.name}.{name}"
        for op, into in zip(network.ops, network.flows(), strict=False)
        if isinstance(op, Recurrent)
        for name, shape in op.tensors(into).items()
        if len(shape) == 2
    )
    return [*names]


def shapes(network: Network) -> Shapes:
    """Return the shape of every array in the file, by name."""
    found = network.tensors()
    return found | {f"{name}{SCALE}": found[name][:1] for name in rounded(network)}


def stored(network: Network, tensors: Mapping[str, NDArray[Any]]) -> Tensors:
    """Return weights as the file holds them.

    Raises:
        ArgumentError: the network cannot be run with such weights.

    Example:
        >>> network = Network(input="steps", input_size=2, ops=(Recurrent(cell="rnn_tanh", hidden_size=1),))
        >>> ones = {name: np.ones(shape, np.float32) for name, shape in network.tensors().items()}
        >>> stored(network, ones)["recurrent.weight_ih_l0"].tolist()
        [[127, 127]]
    """
    if reason := why_not(network):
        raise ArgumentError(f"the model cannot have int8 weights: {reason}.")
    found: Tensors = {name: np.asarray(array, np.float32) for name, array in tensors.items()}
    for name in rounded(network):
        weight = found[name]
        scale = np.abs(weight).max(axis=1) / np.float32(LARGEST)
        whole = np.rint(weight / np.where(scale > 0, scale, 1)[:, None])
        found[name], found[f"{name}{SCALE}"] = whole.astype(np.int8), scale
    return found


def restored(network: Network, tensors: Mapping[str, NDArray[Any]]) -> Tensors:
    """Return the weights, in float32, that a file's arrays stand for."""
    found = {name: array for name, array in tensors.items() if not name.endswith(SCALE)}
    for name in rounded(network):
        found[name] = found[name].astype(np.float32) * tensors[f"{name}{SCALE}"][:, None]
    return found
