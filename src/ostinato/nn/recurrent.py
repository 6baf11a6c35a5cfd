"""The recurrent op in torch: what the drop-in layers do, with the dropout that language models need."""

from typing import final

from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.kernels.dispatch import Weights
from ostinato.nn import stack
from ostinato.nn.dropout import locked_dropout
from ostinato.nn.layout import State
from ostinato.spec.flow import Flow
from ostinato.spec.network import Recurrent as Spec


@final
class Recurrent(nn.RNNBase):
    """A stack of recurrent layers, with the weights of ``RNN``, ``LSTM`` or ``GRU`` under their names.

    While training, ``weight_dropout`` zeroes recurrent weights, once for all steps of the batch, and divides
    the others by ``1 - weight_dropout``: DropConnect (Merity et al. 2018, section 2, arXiv:1708.02182). The
    kernels are given the weights that are left, so every backend runs it, and the gradient of a weight that
    was zeroed is zero. Between layers numbers are dropped as torch.nn does it, or with ``locked`` the same
    ones at all steps of a sequence.

    Args:
        spec: the op.
        into: what it is given: steps of I features.
    """

    def __init__(self, spec: Spec, into: Flow) -> None:
        super().__init__(
            spec.cell.upper(),
            into.size,
            spec.hidden_size,
            spec.layers,
            dropout=spec.dropout,
            bidirectional=spec.bidirectional,
        )
        self.locked = spec.locked
        self.weight_dropout = spec.weight_dropout

    def forward(
        self, input: PackedSequence, state: State | None = None, resets: Tensor | None = None
    ) -> tuple[PackedSequence, State]:
        """Return the output of every step (N, D*H), and the last states (h,) or (h, c).

        Args:
            input: steps (N, I).
            state: initial states, each (L*D, B, H); zeros if None.
            resets: (N,) boolean, True where the state restarts at zero before the row's step, or None.
        """
        weights = stack.weights_of(self)
        if self.training and self.weight_dropout > 0.0:
            weights = [tuple(self._thinned(one) for one in layer) for layer in weights]
        rows, last = stack.run_packed(self, weights, self._between, input, state, resets)
        return PackedSequence(rows, input.batch_sizes), last

    def _thinned(self, weights: Weights) -> Weights:
        return weights._replace(weight_hh=F.dropout(weights.weight_hh, self.weight_dropout))

    def _between(self, rows: Tensor, batch_sizes: Tensor) -> Tensor:
        if self.locked and self.training and self.dropout > 0.0:
            return locked_dropout(rows, batch_sizes, self.dropout)
        return stack.drop_numbers(self, rows, batch_sizes)
