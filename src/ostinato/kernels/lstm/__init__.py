"""The long short-term memory, by any backend; ``reference`` has its equations."""

from collections.abc import Sequence
from functools import partial

from torch import Tensor

from ostinato.kernels.dispatch import Backend, Weights, always, choose, describe
from ostinato.kernels.lstm import aten, native, reference
from ostinato.kernels.native_calls import CELL_STATES, why_not

BACKENDS = {
    "native": Backend(native.lstm, why_not, by_steps=True),
    "aten": Backend(aten.lstm, always),
    "reference": Backend(reference.lstm, always),
    "native_recompute": Backend(partial(native.lstm, keep=CELL_STATES), why_not, by_steps=True),
}
"""In the order in which ``"auto"`` asks; the last saves memory: it computes gate activations again."""


def lstm(
    input: Tensor,
    batch_sizes: Tensor,
    state: tuple[Tensor, Tensor],
    weights: Sequence[Weights],
    resets: Tensor | None = None,
    *,
    backend: str = "auto",
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Run one LSTM layer over a ragged batch.

    Args:
        input: (N, I), step by step, or (T, B, I) where all sequences have T steps.
        batch_sizes: (T,) int64 on the CPU, how many sequences reach each step, never rising.
        state: the initial states h (D, B, H or P) and c (D, B, H).
        weights: one for each direction, forward first; G = 4, rows i, f, g, o.
        resets: (N,) boolean, True where the state restarts at zero before the row's step (in reverse: where
            none crosses from that step to the one before); None for nowhere.
        backend: a name in ``BACKENDS``, or ``"auto"``.

    Returns:
        The outputs, (N, D*H or D*P) or (T, B, ·), and each sequence's last states, shaped as ``state``.
    """
    call = describe("lstm", input, batch_sizes, state, weights, resets)
    run = choose(BACKENDS, backend, call)
    return run(input, batch_sizes, state, weights, resets)
