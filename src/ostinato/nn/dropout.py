"""The dropout op in torch, and the locked dropout that recurrent layers share."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.preprocess.pack import sequence_of_rows
from ostinato.spec.flow import Flow
from ostinato.spec.network import Dropout as Spec


class Dropout(nn.Module):
    """Zero each number, each step, or each feature of a sequence, with probability ``rate`` while training.

    What is kept is divided by ``1 - rate`` (Srivastava et al. 2014, section 10).

    Args:
        spec: the op.
        into: what it is given: steps or a summary.
    """

    def __init__(self, spec: Spec, into: Flow) -> None:
        super().__init__()
        self.rate = spec.rate
        self.whole_steps = spec.whole_steps and into.kind == "steps"
        self.locked = spec.locked

    def forward(self, input: PackedSequence | Tensor) -> PackedSequence | Tensor:
        """Map steps (N, F) to steps, or a summary (B, F) to a summary."""
        if not self.training or self.rate == 0.0:
            return input
        if isinstance(input, Tensor):
            return F.dropout(input, self.rate)
        return PackedSequence(self._drop(input), input.batch_sizes)

    def _drop(self, input: PackedSequence) -> Tensor:
        if self.locked:
            return locked_dropout(input.data, input.batch_sizes, self.rate)
        if self.whole_steps:
            return input.data * F.dropout(torch.ones_like(input.data[:, :1]), self.rate)
        return F.dropout(input.data, self.rate)


def locked_dropout(rows: Tensor, batch_sizes: Tensor, rate: float) -> Tensor:
    """Return packed rows (N, F) times one mask a sequence, the same at each of its steps.

    Source: Gal & Ghahramani 2016 (arXiv:1512.05287). Of a sequence that comes in chunks, each chunk gets a
    mask of its own.

    Args:
        rows: (N, F).
        batch_sizes: (T,) on the CPU.
        rate: how much is zeroed; the rest is divided by ``1 - rate``.

    Example:
        >>> rows = locked_dropout(torch.ones(5, 8), torch.tensor([2, 2, 1]), 0.5)
        >>> bool((rows[0] == rows[2]).all() and (rows[0] == rows[4]).all() and (rows[1] == rows[3]).all())
        True
    """
    mask = F.dropout(rows.new_ones(int(batch_sizes[0]), rows.shape[1]), rate)
    sequence = torch.from_numpy(sequence_of_rows(batch_sizes.numpy())).to(rows.device)
    return rows * mask.index_select(0, sequence)
