"""The oracle of every GRU kernel (Cho et al. 2014, arXiv:1406.1078), in torch.nn's form.

    r_t = sigmoid(W_ir x_t + b_ir + W_hr h_(t-1) + b_hr)
    z_t = sigmoid(W_iz x_t + b_iz + W_hz h_(t-1) + b_hz)
    n_t = tanh(W_in x_t + b_in + r_t * (W_hn h_(t-1) + b_hn))
    h_t = (1 - z_t) * n_t + z_t * h_(t-1)

The paper applies r_t to h_(t-1) before the matrix product; torch.nn and this file apply it after. Never
optimised; gradients by autograd.
"""

from collections.abc import Sequence

from torch import Tensor
from torch.nn.functional import linear

from ostinato.kernels import ragged
from ostinato.kernels.dispatch import Weights
from ostinato.kernels.ragged import State


def step(x: Tensor, state: State, weights: Weights) -> State:
    """Return (h_t,) from x_t (b, I) and (h_(t-1),), (b, H)."""
    (h,) = state
    x_r, x_z, x_n = linear(x, weights.weight_ih, weights.bias_ih).chunk(3, dim=-1)  # rows: r, z, n
    h_r, h_z, h_n = linear(h, weights.weight_hh, weights.bias_hh).chunk(3, dim=-1)
    r = (x_r + h_r).sigmoid()
    z = (x_z + h_z).sigmoid()
    n = (x_n + r * h_n).tanh()
    return ((1 - z) * n + z * h,)


def steps(
    input: Tensor,
    batch_sizes: Tensor,
    state: Tensor,
    weights: Sequence[Weights],
    resets: Tensor | None = None,
) -> list[list[State]]:
    """Return ``states[d][t]`` = (h_t (b_t, H),); the arguments are those of ``gru``."""
    return ragged.states(step, input, batch_sizes, (state,), weights, resets)


def gru(
    input: Tensor,
    batch_sizes: Tensor,
    state: Tensor,
    weights: Sequence[Weights],
    resets: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the outputs (N, D*H) and the last states (D, B, H)."""
    output, (h,) = ragged.collect(steps(input, batch_sizes, state, weights, resets))
    return output, h
