"""The head op in torch."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.spec.flow import Flow
from ostinato.spec.network import Head as Spec


class Head(nn.Module):
    """The textbook's output: y = W_hy h + b_y, for every step or for the summary.

    Weights begin uniform in ±1 / sqrt(F), as torch.nn.Linear's do.

    Args:
        spec: the op.
        into: what it is given: steps or a summary of F features.
    """

    def __init__(self, spec: Spec, into: Flow) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(spec.size, into.size))
        self.bias = nn.Parameter(torch.empty(spec.size))
        for parameter in (self.weight, self.bias):
            nn.init.uniform_(parameter, -1 / math.sqrt(into.size), 1 / math.sqrt(into.size))

    def forward(self, input: PackedSequence | Tensor) -> PackedSequence | Tensor:
        """Map steps (N, F) to steps (N, C), or a summary (B, F) to a summary (B, C)."""
        if isinstance(input, Tensor):
            return F.linear(input, self.weight, self.bias)
        return PackedSequence(F.linear(input.data, self.weight, self.bias), input.batch_sizes)
