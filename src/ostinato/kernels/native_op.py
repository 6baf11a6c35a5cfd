"""``torch.ops.ostinato.layer``: the native layer as an op, for what traces (torch.compile, torch.export).

Its weights are those that there are, two to five for each direction, for an op takes no list with gaps.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ostinato import checks
from ostinato.kernels.native_calls import Inputs, Layer, backward, check_kept, forward, saved_size, sizes_of
from ostinato.kernels.native_gradients import differentiable

torch.library.define(
    "ostinato::layer",
    "(int cell, int keep, Tensor input, Tensor batch_sizes, Tensor h0, Tensor? c0, Tensor[] weights, "
    "Tensor? resets) -> (Tensor output, Tensor h_n, Tensor c_n, Tensor saved)",
)
torch.library.define(
    "ostinato::layer_backward",
    "(int cell, int kept, Tensor input, Tensor batch_sizes, Tensor h0, Tensor? c0, Tensor[] weights, "
    "Tensor? resets, Tensor output, Tensor saved, Tensor? d_output, Tensor? d_h_n, Tensor? d_c_n) "
    "-> (Tensor d_input, Tensor d_h0, Tensor d_c0, Tensor[] d_weights)",
)


def _spread(weights: Sequence[Tensor], directions: int) -> list[Tensor | None]:
    """Return five for each direction, from those that there are: with or without biases and a projection."""
    each = len(weights) // directions
    groups = [list(weights[i : i + each]) for i in range(0, len(weights), each)]
    every: list[Tensor | None] = []
    for group in groups:
        biases: list[Tensor | None] = [*group[2:4]] if each >= 4 else [None, None]
        every += [*group[:2], *biases, group[-1] if each in (3, 5) else None]
    return every


@torch.library.impl("ostinato::layer", "CPU")
def _layer(
    cell: int,
    keep: int,
    input: Tensor,
    batch_sizes: Tensor,
    h0: Tensor,
    c0: Tensor | None,
    weights: list[Tensor],
    resets: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    inputs = Inputs(input, batch_sizes, h0, c0, _spread(weights, h0.shape[0]), resets)
    output, h_n, *rest = forward(Layer(cell, keep), inputs)
    c_n, saved = (input.new_empty(0) if x is None else x for x in rest)  # an op returns tensors
    return output, h_n, c_n, saved


@torch.library.register_fake("ostinato::layer")  # type: ignore[untyped-decorator]
def _layer_fake(
    cell: int,
    keep: int,
    input: Tensor,
    batch_sizes: Tensor,
    h0: Tensor,
    c0: Tensor | None,
    weights: list[Tensor],
    resets: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    sizes = sizes_of(input, batch_sizes, h0, c0, _spread(weights, h0.shape[0]))
    saved = input.new_empty(saved_size(Layer(cell, keep), sizes, input.dtype))
    c_n = input.new_empty(0) if c0 is None else torch.empty_like(c0, memory_format=torch.contiguous_format)
    output = input.new_empty(input.shape[0], h0.shape[0] * h0.shape[2])
    return output, torch.empty_like(h0, memory_format=torch.contiguous_format), c_n, saved


@torch.library.impl("ostinato::layer_backward", "CPU")
def _layer_backward(
    cell: int,
    kept: int,
    input: Tensor,
    batch_sizes: Tensor,
    h0: Tensor,
    c0: Tensor | None,
    weights: list[Tensor],
    resets: Tensor | None,
    output: Tensor,
    saved: Tensor,
    d_output: Tensor | None,
    d_h_n: Tensor | None,
    d_c_n: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor, list[Tensor]]:
    inputs = Inputs(input, batch_sizes, h0, c0, _spread(weights, h0.shape[0]), resets)
    d_c_n = None if c0 is None else d_c_n
    check_kept(Layer(cell, kept), inputs, output, saved, (d_output, d_h_n, d_c_n))
    found = backward(Layer(cell, kept), inputs, output, saved, (d_output, d_h_n, d_c_n), (True,) * 4)
    d_c0 = input.new_empty(0) if found.c0 is None else found.c0
    d_weights = [weight for weight in found.weights if weight is not None]
    return checks.given("d_input", found.input), checks.given("d_h0", found.h0), d_c0, d_weights


@torch.library.register_fake("ostinato::layer_backward")  # type: ignore[untyped-decorator]
def _layer_backward_fake(
    cell: int,
    kept: int,
    input: Tensor,
    batch_sizes: Tensor,
    h0: Tensor,
    c0: Tensor | None,
    weights: list[Tensor],
    *_: Any,
) -> tuple[Tensor, Tensor, Tensor, list[Tensor]]:
    d_c0 = input.new_empty(0) if c0 is None else c0.new_empty(c0.shape)
    return (
        input.new_empty(input.shape),
        h0.new_empty(h0.shape),
        d_c0,
        [w.new_empty(w.shape) for w in weights],
    )


def _keep_for_backward(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    cell, keep, input, batch_sizes, h0, c0, weights, resets = inputs
    ctx.layer = Layer(cell, keep)
    ctx.set_materialize_grads(False)
    ctx.mark_non_differentiable(output[3])
    ctx.save_for_backward(input, batch_sizes, h0, c0, resets, output[0], output[3], *weights)


def _layer_gradients(ctx: Any, *cotangents: Tensor | None) -> tuple[Any, ...]:
    input, batch_sizes, h0, c0, resets, output, saved, *weights = ctx.saved_tensors
    d_output, d_h, d_c, _ = cotangents
    if torch.is_grad_enabled():
        inputs = Inputs(input, batch_sizes, h0, c0, _spread(weights, h0.shape[0]), resets)
        found = differentiable(ctx.layer, inputs, (d_output, d_h, None if c0 is None else d_c))
        given = [g for g, w in zip(found.weights, inputs.weights, strict=True) if w is not None]
        return None, None, found.input, None, found.h0, found.c0, given, None
    d_input, d_h0, d_c0, d_weights = torch.ops.ostinato.layer_backward(
        *ctx.layer, input, batch_sizes, h0, c0, weights, resets, output, saved, d_output, d_h, d_c
    )
    return None, None, d_input, None, d_h0, None if c0 is None else d_c0, d_weights, None


torch.library.register_autograd("ostinato::layer", _layer_gradients, setup_context=_keep_for_backward)

layer = torch.ops.ostinato.layer
