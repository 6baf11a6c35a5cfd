"""The loss of a language model on one chunk: cross-entropy, and the penalties of its recurrent outputs."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.data.chunks import Chunk
from ostinato.nn.adaptive_head import AdaptiveHead
from ostinato.nn.head import Head
from ostinato.nn.network import Activation, Network
from ostinato.nn.penalties import activation_penalty, temporal_penalty
from ostinato.spec.language import LanguageTraining
from ostinato.tasks.base import Carried


@dataclass(frozen=True)
class NextTokenLoss:
    """What a chunk costs.

    Args:
        activation, change: the weights of the penalties of large outputs of the last recurrent layer (AR) and
            of their changes from step to step (TAR).
        sampled: train against so many sampled tokens, not all; 0: all.
    """

    activation: float
    change: float
    sampled: int

    @classmethod
    def of(cls, options: LanguageTraining) -> "NextTokenLoss":
        """Return the loss that the options ask for."""
        return cls(options.activation_penalty, options.change_penalty, options.sampled_softmax)

    def __call__(self, network: Network, chunk: Chunk, carried: Carried) -> tuple[Tensor, Carried]:
        """Return the summed loss of a chunk in nats, and the states at its end."""
        *_, head = network.ops
        seen, states = network.activations(chunk.input, carried or None, chunk.resets, until=head)
        *_, read = seen.values()
        total = self._cross_entropy(network.get_submodule(head), read.data, chunk.targets)
        return total + len(chunk.targets) * self._penalties(seen, chunk.resets), states

    def _cross_entropy(self, head: torch.nn.Module, rows: Tensor, targets: Tensor) -> Tensor:
        if isinstance(head, AdaptiveHead):
            return -head.log_likelihood(rows, targets).sum()
        if self.sampled and isinstance(head, Head):
            return sampled_cross_entropy(head, rows, targets, self.sampled)
        return F.cross_entropy(head(rows), targets, reduction="sum")

    def _penalties(self, seen: dict[str, Activation], resets: Tensor | None) -> Tensor | float:
        """Return both penalties, of what the recurrent layers say after and before dropout."""
        if not (self.activation or self.change):
            return 0.0
        dropped, raw = seen["output_dropout"], seen["recurrent"]
        if not (isinstance(dropped, PackedSequence) and isinstance(raw, PackedSequence)):
            raise TypeError("recurrent ops hand on packed steps")
        return activation_penalty(dropped, self.activation) + temporal_penalty(raw, self.change, resets)


def sampled_cross_entropy(head: Head, rows: Tensor, targets: Tensor, count: int) -> Tensor:
    """Return the summed cross-entropy of each target among itself and ``count`` sampled tokens.

        -log softmax(s_y - log q_y, s_k - log q_k for sampled k)_y
        q_k = log((k + 2) / (k + 1)) / log(V + 1)

    Tokens are drawn log-uniformly, once a chunk for all its rows: they must be numbered by falling frequency.
    A sampled token that is a row's target is left out of that row. What is learnt are the scores of the full
    softmax (Jean et al. 2015, section 3, arXiv:1412.2007), which validation and use compute.

    Args:
        head: over V tokens.
        rows: (N, F), what it is given.
        targets: (N,).
        count: sampled tokens.
    """
    weight, bias = head.matrix, head.bias
    size = len(bias)
    sampled = torch.rand(count, device=rows.device).mul(float(torch.tensor(size + 1.0).log())).exp()
    sampled = torch.unique((sampled - 1).long().clamp(0, size - 1))
    right = (rows * weight[targets]).sum(dim=1) + bias[targets] - _log_frequency(targets, size)
    wrong = F.linear(rows, weight[sampled], bias[sampled]) - _log_frequency(sampled, size)
    wrong = wrong.masked_fill(sampled == targets[:, None], -torch.inf)
    both = torch.cat([right[:, None], wrong], dim=1)
    return F.cross_entropy(both, torch.zeros_like(targets), reduction="sum")


def _log_frequency(tokens: Tensor, size: int) -> Tensor:
    """Return the logarithm of how often log-uniform draws give each token, up to a common term."""
    return (torch.log1p(1.0 / (tokens + 1.0)) / float(torch.tensor(size + 1.0).log())).log()
