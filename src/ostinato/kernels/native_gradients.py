"""The gradients of a native layer that are to be differentiated in turn: by the reference, which can be.

It is slow, and right to every order.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ostinato.kernels.dispatch import Weights, by_rows
from ostinato.kernels.native_calls import CELLS, Gradients, Inputs, Layer


def differentiable(layer: Layer, inputs: Inputs, cotangents: Sequence[Tensor | None]) -> Gradients:
    """Return the gradients by autograd through the reference, as nodes of the graph where autograd is on."""
    create_graph = torch.is_grad_enabled()
    pairs = [(i, g) for i, g in enumerate(cotangents) if g is not None]
    if not pairs:
        return Gradients(None, None, None, [None] * len(inputs.weights))
    with torch.enable_grad():
        viewed = _views(inputs)
        outputs = _reference(layer, viewed)
    x, _, h, c, w, _ = viewed
    leaves = [t for t in (x, h, c, *w) if t is not None and t.requires_grad]
    ends, starts = [outputs[i] for i, _ in pairs], [g for _, g in pairs]
    found = iter(torch.autograd.grad(ends, leaves, starts, create_graph=create_graph, allow_unused=True))
    d_x, d_h, d_c, *d_w = (None if t is None or not t.requires_grad else next(found) for t in (x, h, c, *w))
    return Gradients(d_x, d_h, d_c, d_w)


def _views(inputs: Inputs) -> Inputs:
    """Return views, so that a path from one input to another is not taken for one through the layer."""
    input, batch_sizes, h0, c0, weights, resets = inputs
    c, *w = (t if t is None else t.view_as(t) for t in (c0, *weights))
    return Inputs(input.view_as(input), batch_sizes, h0.view_as(h0), c, w, resets)


def _reference(layer: Layer, inputs: Inputs) -> list[Tensor]:
    """Return the outputs and the last states by the reference."""
    # here, for the recurrences' own packages import the native layer, whichever is imported first
    from ostinato.kernels.elman import reference as elman
    from ostinato.kernels.gru import reference as gru
    from ostinato.kernels.lstm import reference as lstm

    input, batch_sizes, h0, c0, weights, resets = inputs
    if input.dim() == 3:
        return [*by_rows(input, lambda rows: _reference(layer, inputs._replace(input=rows)))]
    flat: list[Any] = list(weights)
    groups = [Weights(*flat[i : i + 5]) for i in range(0, len(flat), 5)]
    if c0 is not None:
        output, (h_n, c_n) = lstm.lstm(input, batch_sizes, (h0, c0), groups, resets)
        return [output, h_n, c_n]
    if CELLS[layer.cell] == "gru":
        return [*gru.gru(input, batch_sizes, h0, groups, resets)]
    nonlinearity = CELLS[layer.cell].removeprefix("rnn_")
    return [*elman.elman(input, batch_sizes, h0, groups, resets, nonlinearity=nonlinearity)]
