"""The attention op in torch: all steps of a batch look at their memory at once."""

import math

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato.nn.memory import Memory, padded
from ostinato.spec.flow import Flow
from ostinato.spec.network import Attention as Spec


class Attention(nn.Module):
    """Look back at the encoder's steps, and hand on what was seen with the step (``spec.Attention``).

    Weights begin as torch.nn.Linear's do; the additive score's v uniform in ±1 / sqrt(A).

    Args:
        spec: the op.
        into: what it is given: steps of F features.
    """

    def __init__(self, spec: Spec, into: Flow) -> None:
        super().__init__()
        additive = spec.score == "additive"
        keys = spec.attention_size if additive else into.size
        self.key = None if spec.score == "dot" else nn.Linear(spec.memory_size, keys, bias=False)
        self.query = nn.Linear(into.size, keys, bias=False) if additive else None
        self.vector = scoring_vector(keys) if additive else None
        self.output = nn.Linear(spec.memory_size + into.size, spec.size, bias=False)

    def forward(self, input: PackedSequence, memory: Memory) -> PackedSequence:
        """Map steps (N, F) to steps (N, size); the sequences stand in the memory's order."""
        steps, rows = padded(input)
        seen, _ = memory.read(self.worth(steps, memory))
        context = seen.flatten(0, 1).index_select(0, rows)
        output = torch.tanh(self.output(torch.cat([context, input.data], dim=1)))
        return PackedSequence(output, input.batch_sizes)

    def worth(self, steps: Tensor, memory: Memory) -> Tensor:
        """Return the score of every place of the memory for steps (B, T, F), as (B, T, S)."""
        keys = memory.values if self.key is None else self.key(memory.values)
        if self.query is None or self.vector is None:
            return steps @ keys.transpose(1, 2)
        return additive_worth(self.query(steps), keys, self.vector)


def scoring_vector(size: int) -> nn.Parameter:
    """Return a fresh v of an additive score, uniform in ±1 / sqrt(A)."""
    return nn.Parameter(torch.empty(size).uniform_(-1 / math.sqrt(size), 1 / math.sqrt(size)))


def additive_worth(query: Tensor, keys: Tensor, vector: Tensor) -> Tensor:
    """Return ``v . tanh(query_t + key_s)``, (B, T, S), from queries (B, T, A), keys (B, S, A) and v (A,)."""
    return torch.tanh(query[:, :, None] + keys[:, None]) @ vector
