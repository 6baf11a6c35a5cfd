"""The oracle of every Elman kernel: the textbook's recurrent layer (Elman 1990, "Finding structure in time").

    h_t = f(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh),  f = tanh or relu

The textbook's single bias b_h is b_ih + b_hh. Never optimised; gradients by autograd.
"""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import linear

from ostinato.kernels import ragged
from ostinato.kernels.dispatch import Weights
from ostinato.kernels.ragged import State

_FUNCTIONS = {"tanh": torch.tanh, "relu": torch.relu}


def step(x: Tensor, state: State, weights: Weights, *, nonlinearity: str = "tanh") -> State:
    """Return (h_t,) from x_t (b, I) and (h_(t-1),), (b, H)."""
    (h,) = state
    w = weights
    return (_FUNCTIONS[nonlinearity](linear(x, w.weight_ih, w.bias_ih) + linear(h, w.weight_hh, w.bias_hh)),)


def steps(
    input: Tensor,
    batch_sizes: Tensor,
    state: Tensor,
    weights: Sequence[Weights],
    resets: Tensor | None = None,
    *,
    nonlinearity: str = "tanh",
) -> list[list[State]]:
    """Return ``states[d][t]`` = (h_t (b_t, H),); the arguments are those of ``elman``."""
    return ragged.states(
        partial(step, nonlinearity=nonlinearity), input, batch_sizes, (state,), weights, resets
    )


def elman(
    input: Tensor,
    batch_sizes: Tensor,
    state: Tensor,
    weights: Sequence[Weights],
    resets: Tensor | None = None,
    *,
    nonlinearity: str = "tanh",
) -> tuple[Tensor, Tensor]:
    """Return the outputs (N, D*H) and the last states (D, B, H)."""
    every = steps(input, batch_sizes, state, weights, resets, nonlinearity=nonlinearity)
    output, (h,) = ragged.collect(every)
    return output, h
