"""torch's own GRU."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ostinato.kernels import aten
from ostinato.kernels.dispatch import Weights

_FUNCTIONS = aten.Functions(torch.gru, torch.gru_cell)


def gru(
    input: Tensor,
    batch_sizes: Tensor,
    state: Tensor,
    weights: Sequence[Weights],
    resets: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the outputs (N, D*H) and the last states (D, B, H)."""
    output, (h,) = aten.run(_FUNCTIONS, input, batch_sizes, (state,), weights, resets)
    return output, h
