"""The long short-term memory, by any backend; ``reference`` has its equations."""

from collections.abc import Sequence

from torch import Tensor

from ostinato.kernels.dispatch import Backend, Weights, choose, describe, no_resets
from ostinato.kernels.lstm import aten, reference

BACKENDS = {
    "aten": Backend(aten.lstm, no_resets),
    "reference": Backend(reference.lstm, no_resets),
}


def lstm(
    input: Tensor,
    batch_sizes: Tensor,
    state: tuple[Tensor, Tensor],
    weights: Sequence[Weights],
    *,
    backend: str = "auto",
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Run one LSTM layer over a ragged batch.

    Args:
        input: (N, I), step by step.
        batch_sizes: (T,) int64 on the CPU, how many sequences reach each step, never rising.
        state: the initial states h (D, B, H or P) and c (D, B, H).
        weights: one for each direction, forward first; G = 4, rows i, f, g, o.
        backend: a name in ``BACKENDS``, or ``"auto"``.

    Returns:
        The outputs (N, D*H or D*P) and each sequence's last states, shaped as ``state``.
    """
    call = describe("lstm", input, batch_sizes, state, weights)
    run = choose(BACKENDS, backend, call).run
    return run(input, batch_sizes, state, weights)  # type: ignore[no-any-return]
