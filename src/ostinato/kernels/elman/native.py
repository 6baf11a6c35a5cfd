"""The native Elman layer."""

from collections.abc import Sequence

from torch import Tensor

from ostinato.kernels import native
from ostinato.kernels.dispatch import Weights
from ostinato.kernels.native_calls import ALL


def elman(
    input: Tensor,
    batch_sizes: Tensor,
    state: Tensor,
    weights: Sequence[Weights],
    resets: Tensor | None = None,
    *,
    nonlinearity: str = "tanh",
    keep: int = ALL,
) -> tuple[Tensor, Tensor]:
    """Return the outputs, in the input's form, and the last states (D, B, H)."""
    cell = f"rnn_{nonlinearity}"
    output, (h,) = native.run(cell, input, batch_sizes, (state,), weights, resets, keep=keep)
    return output, h
