"""The dropout op in torch."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.spec.flow import Flow
from ostinato.spec.network import Dropout as Spec


class Dropout(nn.Module):
    """Zero each number, or each step as a whole, with probability ``rate`` while training.

    What is kept is divided by ``1 - rate`` (Srivastava et al. 2014, section 10).

    Args:
        spec: the op.
        into: what it is given: steps or a summary.
    """

    def __init__(self, spec: Spec, into: Flow) -> None:
        super().__init__()
        self.rate = spec.rate
        self.whole_steps = spec.whole_steps and into.kind == "steps"

    def forward(self, input: PackedSequence | Tensor) -> PackedSequence | Tensor:
        """Map steps (N, F) to steps, or a summary (B, F) to a summary."""
        if not self.training or self.rate == 0.0:
            return input
        if isinstance(input, Tensor):
            return F.dropout(input, self.rate)
        return PackedSequence(self._drop(input.data), input.batch_sizes)

    def _drop(self, rows: Tensor) -> Tensor:
        if not self.whole_steps:
            return F.dropout(rows, self.rate)
        return rows * F.dropout(torch.ones_like(rows[:, :1]), self.rate)
