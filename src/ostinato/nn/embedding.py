"""The embedding op in torch."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.spec.flow import Flow
from ostinato.spec.network import Embedding as Spec

INITIAL_SPREAD = 0.1
"""Small, so that rare words start near nothing and frequent ones are learnt fast: with N(0, 1) a GRU needed
three times the epochs on TREC and SST-2, and ended 5 points of accuracy lower on held-out training data."""


class Embedding(nn.Module):
    """Turn each token into a vector: row ``token`` of weight (V, E), at first drawn from N(0, 0.1²).

    Args:
        spec: the op.
        into: what it is given: tokens of a vocabulary of V.
    """

    def __init__(self, spec: Spec, into: Flow) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(into.size, spec.size))
        nn.init.normal_(self.weight, std=INITIAL_SPREAD)

    def forward(self, input: PackedSequence) -> PackedSequence:
        """Map tokens (N,) to vectors (N, E)."""
        return PackedSequence(F.embedding(input.data, self.weight), input.batch_sizes)
