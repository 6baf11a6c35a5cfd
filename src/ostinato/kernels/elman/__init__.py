"""The plain recurrent layer, h_t = f(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), by any backend."""

from collections.abc import Sequence
from functools import partial

from torch import Tensor

from ostinato.kernels.dispatch import Backend, Weights, always, choose, describe
from ostinato.kernels.elman import aten, native, reference
from ostinato.kernels.native_calls import CELL_STATES, why_not

BACKENDS = {
    "native": Backend(native.elman, why_not, by_steps=True),
    "aten": Backend(aten.elman, always),
    "reference": Backend(reference.elman, always),
    "native_recompute": Backend(partial(native.elman, keep=CELL_STATES), why_not, by_steps=True),
}
"""In the order in which ``"auto"`` asks; the last saves memory: it computes gate activations again."""


def elman(
    input: Tensor,
    batch_sizes: Tensor,
    state: Tensor,
    weights: Sequence[Weights],
    resets: Tensor | None = None,
    *,
    nonlinearity: str = "tanh",
    backend: str = "auto",
) -> tuple[Tensor, Tensor]:
    """Run one Elman layer over a ragged batch.

    Args:
        input: (N, I), step by step, or (T, B, I) where all sequences have T steps.
        batch_sizes: (T,) int64 on the CPU, how many sequences reach each step, never rising.
        state: the initial states (D, B, H).
        weights: one for each direction, forward first; G = 1.
        nonlinearity: ``"tanh"`` or ``"relu"``.
        resets: (N,) boolean, True where the state restarts at zero before the row's step (in reverse: where
            none crosses from that step to the one before); None for nowhere.
        backend: a name in ``BACKENDS``, or ``"auto"``.

    Returns:
        The outputs, (N, D*H) or (T, B, D*H), and each sequence's last states (D, B, H).
    """
    call = describe("elman", input, batch_sizes, (state,), weights, resets)
    run = choose(BACKENDS, backend, call)
    return run(input, batch_sizes, state, weights, resets, nonlinearity=nonlinearity)
