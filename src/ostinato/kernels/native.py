"""Every recurrence on the native kernels, read in place from torch's memory, with its gradients.

Eagerly the layer is a ``torch.autograd.Function``, which costs the least to call. Where torch traces instead
of running (torch.compile, torch.export, fake tensors) it is the op ``torch.ops.ostinato.layer``, with the
same two functions behind it. The number of threads is torch's: ``torch.set_num_threads``.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import _get_current_dispatch_mode

from ostinato.kernels.dispatch import Weights, by_rows, wants_gradients
from ostinato.kernels.native_calls import ALL, CELLS, NOTHING, Inputs, Layer, backward, forward
from ostinato.kernels.native_gradients import differentiable
from ostinato.kernels.native_op import layer as traced_layer
from ostinato.kernels.native_packed import packed_of


def run(
    cell: str,
    input: Tensor,
    batch_sizes: Tensor,
    state: Sequence[Tensor],
    weights: Sequence[Weights],
    resets: Tensor | None,
    *,
    keep: int = ALL,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run one layer; the arguments are those of the ops, the state (h,) or (h, c).

    Args:
        input: (N, I) or (T, B, I).
        keep: for a call whose gradients may be wanted.
    """
    number = CELLS.index(cell)
    h, c = state[0], state[1] if len(state) == 2 else None
    flat = [weight for direction in weights for weight in direction]
    wanted = wants_gradients(input, *state, *flat)
    fixed = Layer(number, keep if wanted else NOTHING)
    if _traces(input):
        given = [weight for weight in flat if weight is not None]
        output, *last, _ = by_rows(
            input, lambda rows: traced_layer(*fixed, rows, batch_sizes, h, c, given, resets)
        )
    elif wanted:
        output, *last = _apply(fixed, resets, batch_sizes, input, h, c, *flat)
    else:
        inputs = Inputs(input, batch_sizes, h, c, flat, resets)
        output, *last, _ = forward(fixed, inputs, packed_of(fixed, inputs, weights))
    return output, tuple(last[: len(state)])


def _traces(input: Tensor) -> bool:
    """Return whether torch is recording or faking what is called, so that there is no memory to read."""
    plain = type(input) is Tensor or type(input) is torch.nn.Parameter
    return torch.compiler.is_compiling() or not plain or _get_current_dispatch_mode() is not None


def _batched(cotangents: Sequence[Tensor | None]) -> bool:
    """Return whether they stand for many each, as with is_grads_batched or under vmap: no memory to read."""
    functorch = torch._C._functorch
    return functorch.peek_interpreter_stack() is not None or any(
        functorch.is_legacy_batchedtensor(x) for x in cotangents if x is not None
    )


class _Function(torch.autograd.Function):
    """The layer in autograd's eyes."""

    @staticmethod
    def forward(
        ctx: Any,
        layer: Layer,
        resets: Tensor | None,
        batch_sizes: Tensor,
        input: Tensor,
        h0: Tensor,
        c0: Tensor | None,
        *weights: Tensor | None,
    ) -> tuple[Tensor | None, ...]:
        *results, saved = forward(layer, Inputs(input, batch_sizes, h0, c0, weights, resets))
        ctx.layer = layer
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(input, batch_sizes, h0, c0, resets, results[0], saved, *weights)
        return tuple(results)

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor | None) -> tuple[Any, ...]:
        input, batch_sizes, h0, c0, resets, output, saved, *weights = ctx.saved_tensors
        inputs = Inputs(input, batch_sizes, h0, c0, weights, resets)
        if torch.is_grad_enabled() or _batched(cotangents):
            found = differentiable(ctx.layer, inputs, cotangents)
        else:
            needs = ctx.needs_input_grad
            wanted = (*needs[3:6], any(needs[6:]))
            found = backward(ctx.layer, inputs, output, saved, cotangents, wanted)
        return None, None, None, found.input, found.h0, found.c0, *found.weights


_apply: Any = super(torch.autograd.Function, _Function).apply
"""``_Function.apply`` at two thirds of its cost: it asks for torch.func's transforms, as ``why_not`` has."""
