"""The gated recurrent unit, by any backend; ``reference`` has its equations."""

from collections.abc import Sequence

from torch import Tensor

from ostinato.kernels.dispatch import Backend, Weights, choose, describe, no_resets
from ostinato.kernels.gru import aten, reference

BACKENDS = {
    "aten": Backend(aten.gru, no_resets),
    "reference": Backend(reference.gru, no_resets),
}


def gru(
    input: Tensor, batch_sizes: Tensor, state: Tensor, weights: Sequence[Weights], *, backend: str = "auto"
) -> tuple[Tensor, Tensor]:
    """Run one GRU layer over a ragged batch.

    Args:
        input: (N, I), step by step.
        batch_sizes: (T,) int64 on the CPU, how many sequences reach each step, never rising.
        state: the initial states (D, B, H).
        weights: one for each direction, forward first; G = 3, rows r, z, n.
        backend: a name in ``BACKENDS``, or ``"auto"``.

    Returns:
        The outputs (N, D*H) and each sequence's last states (D, B, H).
    """
    call = describe("gru", input, batch_sizes, (state,), weights)
    run = choose(BACKENDS, backend, call).run
    return run(input, batch_sizes, state, weights)  # type: ignore[no-any-return]
