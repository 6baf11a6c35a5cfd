"""The long short-term memory, in torch.nn.LSTM's place."""

from typing import Any, final

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato.nn import stack


@final
class LSTM(torch.nn.LSTM):
    """A stack of LSTM layers: torch.nn.LSTM with ragged batches, restarts and a choice of backends.

        i_t, f_t, o_t = sigmoid(W_i. x_t + b_i. + W_h. h_(t-1) + b_h.), for each of i, f, o
        g_t = tanh(W_ig x_t + b_ig + W_hg h_(t-1) + b_hg)
        c_t = f_t * c_(t-1) + i_t * g_t
        h_t = o_t * tanh(c_t), or W_hr (o_t * tanh(c_t)) if ``proj_size``

    Source: Hochreiter & Schmidhuber 1997, with Gers et al. 2000's forget gate. The constructor, the
    parameters and their names are torch.nn.LSTM's; weights stack the gates as i, f, g, o.

    Example:
        >>> output, (h, c) = LSTM(3, 4)(torch.ones(5, 2, 3), lengths=[5, 2])
        >>> tuple(output.shape), tuple(h.shape), tuple(c.shape)
        ((5, 2, 4), (1, 2, 4), (1, 2, 4))
    """

    def forward(
        self,
        input: Tensor | PackedSequence,
        hx: tuple[Tensor, Tensor] | None = None,
        *,
        lengths: Any = None,
        reset: Any = None,
        backend: str = "auto",
    ) -> tuple[Any, tuple[Tensor, Tensor]]:
        """Return the output of every step, in the input's form, and the last states (h, c).

        Args:
            input: (T, B, I), (B, T, I) if ``batch_first``, (T, I) unbatched, or a PackedSequence.
            hx: initial states h (L*D, B, H or P) and c (L*D, B, H), without B if unbatched; zeros if None.
            lengths: the steps of each sequence, (B,), if input is padded; see ``RNN.forward``.
            reset: boolean mask of steps before which the state restarts at zero; see ``RNN.forward``.
            backend: ``"auto"`` or a backend's name.
        """
        state = None if hx is None else (hx[0], hx[1])
        output, (h, c) = stack.run(self, input, state, lengths=lengths, reset=reset, backend=backend)
        return output, (h, c)
