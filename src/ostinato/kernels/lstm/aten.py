"""torch's own LSTM: oneDNN's in float32 on a CPU, where all lengths are equal and nothing is projected."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ostinato.kernels import aten
from ostinato.kernels.dispatch import Weights

_FUNCTIONS = aten.Functions(torch.lstm, torch.lstm_cell)


def lstm(
    input: Tensor,
    batch_sizes: Tensor,
    state: tuple[Tensor, Tensor],
    weights: Sequence[Weights],
    resets: Tensor | None = None,
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Return the outputs (N, D*H or D*P) and the last states (D, B, ·)."""
    output, (h, c) = aten.run(_FUNCTIONS, input, batch_sizes, state, weights, resets)
    return output, (h, c)
