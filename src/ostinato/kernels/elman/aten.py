"""torch's own Elman layer."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ostinato.kernels import aten
from ostinato.kernels.dispatch import Weights

_FUNCTIONS = {
    "tanh": aten.Functions(torch.rnn_tanh, torch.rnn_tanh_cell),
    "relu": aten.Functions(torch.rnn_relu, torch.rnn_relu_cell),
}


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
    output, (h,) = aten.run(_FUNCTIONS[nonlinearity], input, batch_sizes, (state,), weights, resets)
    return output, h
