"""The plain recurrent layer, h_t = f(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), by any backend."""

from collections.abc import Sequence

from torch import Tensor

from ostinato.kernels.dispatch import Backend, Weights, choose, describe, no_resets
from ostinato.kernels.elman import aten, reference

BACKENDS = {
    "aten": Backend(aten.elman, no_resets),
    "reference": Backend(reference.elman, no_resets),
}


def elman(
    input: Tensor,
    batch_sizes: Tensor,
    state: Tensor,
    weights: Sequence[Weights],
    *,
    nonlinearity: str = "tanh",
    backend: str = "auto",
) -> tuple[Tensor, Tensor]:
    """Run one Elman layer over a ragged batch.

    Args:
        input: (N, I), step by step.
        batch_sizes: (T,) int64 on the CPU, how many sequences reach each step, never rising.
        state: the initial states (D, B, H).
        weights: one for each direction, forward first; G = 1.
        nonlinearity: ``"tanh"`` or ``"relu"``.
        backend: a name in ``BACKENDS``, or ``"auto"``.

    Returns:
        The outputs (N, D*H) and each sequence's last states (D, B, H).
    """
    call = describe("elman", input, batch_sizes, (state,), weights)
    run = choose(BACKENDS, backend, call).run
    return run(input, batch_sizes, state, weights, nonlinearity=nonlinearity)  # type: ignore[no-any-return]
