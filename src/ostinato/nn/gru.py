"""The gated recurrent unit, in torch.nn.GRU's place."""

from typing import Any, final

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato.nn import stack


@final
class GRU(torch.nn.GRU):
    """A stack of GRU layers: torch.nn.GRU with ragged batches, restarts and a choice of backends.

        r_t = sigmoid(W_ir x_t + b_ir + W_hr h_(t-1) + b_hr)
        z_t = sigmoid(W_iz x_t + b_iz + W_hz h_(t-1) + b_hz)
        n_t = tanh(W_in x_t + b_in + r_t * (W_hn h_(t-1) + b_hn))
        h_t = (1 - z_t) * n_t + z_t * h_(t-1)

    Source: Cho et al. 2014 (arXiv:1406.1078), but r_t works after the matrix product, as in torch.nn. The
    constructor, the parameters and their names are torch.nn.GRU's; weights stack the gates as r, z, n.

    Example:
        >>> output, last = GRU(3, 4, batch_first=True)(torch.ones(2, 5, 3), lengths=[5, 2])
        >>> tuple(output.shape), tuple(last.shape)
        ((2, 5, 4), (1, 2, 4))
    """

    def forward(
        self,
        input: Tensor | PackedSequence,
        hx: Tensor | None = None,
        *,
        lengths: Any = None,
        reset: Any = None,
        backend: str = "auto",
    ) -> tuple[Any, Tensor]:
        """Return the output of every step, in the input's form, and the last states.

        Args:
            input: (T, B, I), (B, T, I) if ``batch_first``, (T, I) unbatched, or a PackedSequence.
            hx: initial states (L*D, B, H), or (L*D, H) unbatched; zeros if None.
            lengths: the steps of each sequence, (B,), if input is padded; see ``RNN.forward``.
            reset: boolean mask of steps before which the state restarts at zero; see ``RNN.forward``.
            backend: ``"auto"`` or a backend's name.
        """
        state = None if hx is None else (hx,)
        output, (h,) = stack.run(self, input, state, lengths=lengths, reset=reset, backend=backend)
        return output, h
