"""The oracle of every LSTM kernel (Hochreiter & Schmidhuber 1997; forget gate by Gers et al. 2000).

    i_t = sigmoid(W_ii x_t + b_ii + W_hi h_(t-1) + b_hi)
    f_t = sigmoid(W_if x_t + b_if + W_hf h_(t-1) + b_hf)
    g_t = tanh(W_ig x_t + b_ig + W_hg h_(t-1) + b_hg)
    o_t = sigmoid(W_io x_t + b_io + W_ho h_(t-1) + b_ho)
    c_t = f_t * c_(t-1) + i_t * g_t
    h_t = o_t * tanh(c_t), or W_hr (o_t * tanh(c_t)) with a projection (Sak et al. 2014, arXiv:1402.1128)

Never optimised; gradients by autograd.
"""

from collections.abc import Sequence

from torch import Tensor
from torch.nn.functional import linear

from ostinato.kernels import ragged
from ostinato.kernels.dispatch import Weights
from ostinato.kernels.ragged import State


def step(x: Tensor, state: State, weights: Weights) -> State:
    """Return (h_t, c_t) from x_t (b, I) and (h_(t-1), c_(t-1)), (b, H or P) and (b, H)."""
    h, c = state
    gates = linear(x, weights.weight_ih, weights.bias_ih) + linear(h, weights.weight_hh, weights.bias_hh)
    i, f, g, o = gates.chunk(4, dim=-1)  # rows: i, f, g, o
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * c.tanh()
    return h if weights.weight_hr is None else linear(h, weights.weight_hr), c


def steps(
    input: Tensor,
    batch_sizes: Tensor,
    state: tuple[Tensor, Tensor],
    weights: Sequence[Weights],
    resets: Tensor | None = None,
) -> list[list[State]]:
    """Return ``states[d][t]`` = (h_t (b_t, H or P), c_t (b_t, H)); the arguments are those of ``lstm``."""
    return ragged.states(step, input, batch_sizes, tuple(state), weights, resets)


def lstm(
    input: Tensor,
    batch_sizes: Tensor,
    state: tuple[Tensor, Tensor],
    weights: Sequence[Weights],
    resets: Tensor | None = None,
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Return the outputs (N, D*H or D*P) and the last states (D, B, ·)."""
    output, (h, c) = ragged.collect(steps(input, batch_sizes, state, weights, resets))
    return output, (h, c)
