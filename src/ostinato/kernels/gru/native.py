"""The native GRU."""

from collections.abc import Sequence

from torch import Tensor

from ostinato.kernels import native
from ostinato.kernels.dispatch import Weights
from ostinato.kernels.native_calls import ALL


def gru(
    input: Tensor,
    batch_sizes: Tensor,
    state: Tensor,
    weights: Sequence[Weights],
    resets: Tensor | None = None,
    *,
    keep: int = ALL,
) -> tuple[Tensor, Tensor]:
    """Return the outputs, in the input's form, and the last states (D, B, H)."""
    output, (h,) = native.run("gru", input, batch_sizes, (state,), weights, resets, keep=keep)
    return output, h
