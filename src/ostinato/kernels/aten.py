"""What torch's own lstm, gru, rnn_tanh and rnn_relu have in common: their arguments."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ostinato.kernels.dispatch import Weights
from ostinato.kernels.ragged import State
from ostinato.kernels.segments import segments


class Functions(NamedTuple):
    """torch's functions for one recurrence: over sequences, and for a single step."""

    sequence: Callable[..., Any]
    step: Callable[..., Any]


def run(
    functions: Functions,
    input: Tensor,
    batch_sizes: Tensor,
    state: State,
    weights: Sequence[Weights],
    resets: Tensor | None,
) -> tuple[Tensor, State]:
    """Run one layer by torch's functions; the arguments are those of the ops, the state (h,) or (h, c).

    torch's functions cannot restart a state inside a sequence, so sequences are cut where theirs does.
    """
    if resets is None:
        return _run(functions, input, batch_sizes, state, weights)
    cuts = segments(batch_sizes, resets)
    output, last = _run(functions, cuts.cut(input), cuts.batch_sizes, cuts.enter(state), weights)
    return cuts.join(output), cuts.leave(last)


def _run(
    functions: Functions, input: Tensor, batch_sizes: Tensor, state: State, weights: Sequence[Weights]
) -> tuple[Tensor, State]:
    """Run one layer over sequences from end to end.

    Sequences of one length go in as (T, B, I): that alone reaches oneDNN's fused LSTM. ``train`` follows
    autograd, not the layer's mode: it makes cuDNN keep what the backward needs, and one layer has no dropout.
    """
    steps, batch = batch_sizes.shape[0], state[0].shape[1]
    if steps == 1 and len(weights) == 1 and weights[0].weight_hr is None:
        return _one_step(functions.step, input, state, weights[0])
    flat = [weight for direction in weights for weight in direction if weight is not None]
    bias = weights[0].bias_ih is not None
    options = (flat, bias, 1, 0.0, torch.is_grad_enabled(), len(weights) == 2)
    hx = state if len(state) == 2 else state[0]
    if input.shape[0] != steps * batch:
        output, *last = functions.sequence(input, batch_sizes, hx, *options)
        return output, tuple(last)
    output, *last = functions.sequence(input.view(steps, batch, input.shape[1]), hx, *options, False)
    return output.flatten(0, 1), tuple(last)


def _one_step(
    step: Callable[..., Any], input: Tensor, state: State, weights: Weights
) -> tuple[Tensor, State]:
    """Run a single step by the cell's function, which spares the LSTM oneDNN's reordering of the weights."""
    before = tuple(x[0] for x in state)
    after = step(input, before if len(before) == 2 else before[0], *weights[:4])
    last = after if len(before) == 2 else (after,)
    return last[0], tuple(x.unsqueeze(0) for x in last)
