"""What torch's own lstm, gru, rnn_tanh and rnn_relu have in common: their arguments."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ostinato.kernels.dispatch import Weights


def run(
    function: Callable[..., Any], input: Tensor, batch_sizes: Tensor, state: Any, weights: Sequence[Weights]
) -> Any:
    """Run one layer by one of torch's functions; the arguments are those of the ops.

    Sequences of one length go in as (T, B, I): that alone reaches oneDNN's fused LSTM. ``train`` follows
    autograd, not the layer's mode: it makes cuDNN keep what the backward needs, and one layer has no dropout.
    """
    flat = [weight for direction in weights for weight in direction if weight is not None]
    bias = weights[0].bias_ih is not None
    options = (flat, bias, 1, 0.0, torch.is_grad_enabled(), len(weights) == 2)
    steps, batch = batch_sizes.shape[0], (state if isinstance(state, Tensor) else state[0]).shape[1]
    if input.shape[0] != steps * batch:
        return function(input, batch_sizes, state, *options)
    output, *last = function(input.view(steps, batch, -1), state, *options, False)
    return output.flatten(0, 1), *last
