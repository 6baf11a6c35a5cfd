"""The textbook's recurrent layer, in torch.nn.RNN's place."""

from typing import Any, final

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato.nn import stack


@final
class RNN(torch.nn.RNN):
    """A stack of plain recurrent layers: torch.nn.RNN with ragged batches, restarts and a choice of backends.

        h_t = f(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh),  f = tanh or relu

    Source: Elman 1990, "Finding structure in time"; the textbook's b_h is b_ih + b_hh. The constructor, the
    parameters and their names are torch.nn.RNN's.

    Example:
        >>> output, last = RNN(3, 4)(torch.ones(5, 2, 3), lengths=[5, 2])
        >>> tuple(output.shape), tuple(last.shape)
        ((5, 2, 4), (1, 2, 4))
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
            lengths: the steps of each sequence, (B,), if input is padded: padding is not read, and its output
                is zero. Each last state is that of the sequence's own last step.
            reset: boolean mask of steps before which the state restarts at zero, (T, B), (B, T) if
                ``batch_first``, or (T,) unbatched; for a PackedSequence in the order of the sequences
                before packing. A reverse direction restarts at the same boundaries; at the first step the
                mask drops the forward direction's initial state.
            backend: ``"auto"`` or a backend's name.

        Raises:
            ArgumentError, ShapeError: shapes, lengths or reset do not fit; a ValueError or RuntimeError, as
                torch.nn raises.
            BackendError: the backend asked for cannot run this call.
        """
        state = None if hx is None else (hx,)
        output, (h,) = stack.run(self, input, state, lengths=lengths, reset=reset, backend=backend)
        return output, h
