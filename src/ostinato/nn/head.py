"""The head op in torch."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.nn.embedding import Embedding
from ostinato.spec.flow import Flow
from ostinato.spec.network import Head as Spec


class Head(nn.Module):
    """The textbook's output: y = W_hy h + b_y, for every step or for the summary.

    Weights begin uniform in ±1 / sqrt(F), as torch.nn.Linear's do.

    Args:
        spec: the op.
        into: what it is given: steps or a summary of F features.
        tied: the embedding whose weight is W_hy; the head then has none of its own.
    """

    def __init__(self, spec: Spec, into: Flow, tied: Embedding | None = None) -> None:
        super().__init__()
        # in a tuple, or torch would take it for a part of the head and its weight would have a second name
        self._tied: tuple[Embedding, ...] = () if tied is None else (tied,)
        self.weight = nn.Parameter(torch.empty(spec.size, into.size)) if tied is None else None
        self.bias = nn.Parameter(torch.empty(spec.size))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -1 / math.sqrt(into.size), 1 / math.sqrt(into.size))

    @property
    def matrix(self) -> Tensor:
        """Return W_hy, (C, F): the head's own, or the embedding's."""
        return self._tied[0].weight if self.weight is None else self.weight

    def forward(self, input: PackedSequence | Tensor) -> PackedSequence | Tensor:
        """Map steps (N, F) to steps (N, C), or a summary (B, F) to a summary (B, C)."""
        if isinstance(input, Tensor):
            return self._scores(input)
        return PackedSequence(self._scores(input.data), input.batch_sizes)

    def _scores(self, rows: Tensor) -> Tensor:
        return F.linear(rows, self.matrix, self.bias)
