"""The conditional random field in torch: the exact likelihood of label sequences, over packed rows."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato.nn.pool import Segments
from ostinato.preprocess.pack import last_rows, shift_index
from ostinato.spec.flow import Flow
from ostinato.spec.network import Crf as Spec


class Crf(nn.Module):
    """A linear-chain conditional random field over C labels (``spec.Crf``): scores pass unchanged.

    Its weights begin at zero, where all changes of label are alike, so that it begins as a softmax a step.

    Args:
        spec: the op.
        into: what it is given: steps of C scores.
    """

    def __init__(self, spec: Spec, into: Flow) -> None:
        super().__init__()
        self.transitions = nn.Parameter(torch.zeros(into.size, into.size))  # [from, to]
        self.start = nn.Parameter(torch.zeros(into.size))
        self.end = nn.Parameter(torch.zeros(into.size))

    def forward(self, input: PackedSequence) -> PackedSequence:
        """Return the scores (N, C) as they are; what label sequences are worth is asked below."""
        return input

    def negative_log_likelihood(self, scores: PackedSequence, labels: Tensor) -> Tensor:
        """Return ``-log p(y)`` of every sequence's labels, (B,), in nats: exact, by the forward algorithm.

        Args:
            scores: (N, C), as the network hands them on.
            labels: (N,) whole numbers from 0 to C - 1, packed as the scores are.

        Example:
            >>> crf = Crf(Spec(), Flow("steps", 2))
            >>> scores = PackedSequence(torch.zeros(3, 2), torch.tensor([1, 1, 1]))
            >>> round(crf.negative_log_likelihood(scores, torch.tensor([0, 1, 1])).item() / 0.6931472, 4)
            3.0
        """
        return self._log_total(scores) - self._score(scores, labels)

    def _score(self, scores: PackedSequence, labels: Tensor) -> Tensor:
        """Return the score of every sequence's labels, (B,)."""
        rows, sizes = scores.data, scores.batch_sizes.numpy()
        count = int(sizes[0])
        before = torch.from_numpy(shift_index(sizes, 1)[count:]).to(rows.device)
        last = torch.from_numpy(last_rows(sizes)).to(rows.device)
        single = rows.gather(1, labels[:, None])[:, 0]
        moves = self.transitions[labels[before], labels[count:]]
        worth = torch.cat([single[:count] + self.start[labels[:count]], single[count:] + moves])
        return Segments.of(scores).sum(worth[:, None])[:, 0] + self.end[labels[last]]

    def _log_total(self, scores: PackedSequence) -> Tensor:
        """Return the logarithm of the sum of exp(score) over all label sequences, (B,).

        It walks a_t[j] = e_t[j] + log sum_i exp(a_(t-1)[i] + transitions[i, j]), all sequences at once.
        """
        first, *rest = scores.data.split_with_sizes(scores.batch_sizes.tolist())
        alpha, ended = self.start + first, []
        for rows in rest:
            ended.append(alpha[len(rows) :])
            alpha = rows + torch.logsumexp(alpha[: len(rows), :, None] + self.transitions, dim=1)
        alpha = torch.cat([alpha, *reversed(ended)])  # the shortest sequences, which stand last, ended first
        return torch.logsumexp(alpha + self.end, dim=1)
