"""The gradients of a native layer that are to be differentiated in turn: by the reference, which can be.

It is slow, and right to every order.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ostinato.kernels.dispatch import Weights
from ostinato.kernels.native_calls import CELLS, Gradients, Inputs, Layer


def differentiable(layer: Layer, inputs: Inputs, cotangents: Sequence[Tensor | None]) -> Gradients:
    """Return the gradients by autograd through the reference, as nodes of the graph."""
    input, batch_sizes, h0, c0, weights, resets = inputs
    # views, so that a path from one input to another is not taken for one through the layer
    x, h = input.view_as(input), h0.view_as(h0)
    c, *w = (t if t is None else t.view_as(t) for t in (c0, *weights))
    outputs = _reference(layer, Inputs(x, batch_sizes, h, c, w, resets))
    pairs = [(y, g) for y, g in zip(outputs, cotangents, strict=False) if g is not None]
    leaves = [t for t in (x, h, c, *w) if t is not None and t.requires_grad]
    ends, starts = zip(*pairs, strict=True)
    found = iter(torch.autograd.grad(ends, leaves, starts, create_graph=True, allow_unused=True))
    d_x, d_h, d_c, *d_w = (None if t is None or not t.requires_grad else next(found) for t in (x, h, c, *w))
    return Gradients(d_x, d_h, d_c, d_w)


def _reference(layer: Layer, inputs: Inputs) -> list[Tensor]:
    """Return the outputs and the last states by the reference."""
    # here, for the recurrences' own packages import the native layer, whichever is imported first
    from ostinato.kernels.elman import reference as elman
    from ostinato.kernels.gru import reference as gru
    from ostinato.kernels.lstm import reference as lstm

    input, batch_sizes, h0, c0, weights, resets = inputs
    flat: list[Any] = list(weights)
    groups = [Weights(*flat[i : i + 5]) for i in range(0, len(flat), 5)]
    if c0 is not None:
        output, (h_n, c_n) = lstm.lstm(input, batch_sizes, (h0, c0), groups, resets)
        return [output, h_n, c_n]
    if CELLS[layer.cell] == "gru":
        return [*gru.gru(input, batch_sizes, h0, groups, resets)]
    nonlinearity = CELLS[layer.cell].removeprefix("rnn_")
    return [*elman.elman(input, batch_sizes, h0, groups, resets, nonlinearity=nonlinearity)]
