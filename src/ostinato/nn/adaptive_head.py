"""The adaptive head op in torch: its mathematics is torch.nn.AdaptiveLogSoftmaxWithLoss's."""

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato.spec.flow import Flow
from ostinato.spec.network import AdaptiveHead as Spec


class AdaptiveHead(nn.Module):
    """Log-probabilities over a large vocabulary, where rare words cost little (``spec.AdaptiveHead``).

    Called, it makes all log-probabilities, at the cost of a common head or more. ``log_likelihood`` computes
    for each row the frequent words and the one cluster that its target is in: that is what to train with.

    Args:
        spec: the op.
        into: what it is given: steps or a summary of F features.
    """

    def __init__(self, spec: Spec, into: Flow) -> None:
        super().__init__()
        self.softmax = nn.AdaptiveLogSoftmaxWithLoss(
            into.size, spec.size, spec.cutoffs, spec.factor, head_bias=True
        )

    def forward(self, input: PackedSequence | Tensor) -> PackedSequence | Tensor:
        """Map steps (N, F) to log-probabilities (N, V), or a summary (B, F) to (B, V)."""
        if isinstance(input, Tensor):
            return self.softmax.log_prob(input)
        return PackedSequence(self.softmax.log_prob(input.data), input.batch_sizes)

    def log_likelihood(self, rows: Tensor, targets: Tensor) -> Tensor:
        """Return the log-probability of each row's target, (N,).

        Args:
            rows: (N, F), what stands before this op: see ``Network.activations``.
            targets: (N,) whole numbers from 0 to V - 1.
        """
        likelihood: Tensor = self.softmax(rows, targets).output
        return likelihood
