"""What an encoder said of its sequences, laid out so that every step of a decoder can look at all of it."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from ostinato.preprocess.pack import sequence_of_rows, step_of_rows


class Memory(NamedTuple):
    """The steps of B encoded sequences.

    Args:
        values: (B, S, M), zero behind each end.
        lengths: (B,) steps of each sequence.
        there: (B, S) boolean, False behind each end: what is there alone counts in a softmax.
    """

    values: Tensor
    lengths: Tensor
    there: Tensor

    @classmethod
    def of(cls, steps: PackedSequence, order: Tensor | None = None) -> "Memory":
        """Return the memory of encoded sequences.

        Args:
            steps: (N, M), what the encoder hands on.
            order: which of them each sequence of the decoder's batch reads; None: the batches stand in the
                same order.

        Example:
            >>> steps = torch.nn.utils.rnn.pack_sequence([torch.ones(3, 2), torch.ones(1, 2)])
            >>> Memory.of(steps, torch.tensor([1, 0])).there.tolist()
            [[True, False, False], [True, True, True]]
        """
        values, lengths = pad_packed_sequence(steps, batch_first=True)
        lengths = lengths.to(values.device)
        if order is not None:
            values, lengths = values.index_select(0, order), lengths.index_select(0, order)
        places = torch.arange(values.shape[1], device=values.device)
        return cls(values, lengths, places < lengths[:, None])

    def first(self, count: int) -> "Memory":
        """Return the memory of the first sequences alone."""
        return Memory(*(array[:count] for array in self))

    def read(self, worth: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is seen, and the attention (B, T, S), which is 0 behind a sequence's end.

        Args:
            worth: (B, T, S) the score of every place for every step.

        Returns:
            ``sum_s a_ts m_s`` (B, T, M) and ``a``, the softmax of worth.
        """
        attention = worth.masked_fill(~self.there[:, None], -torch.inf).softmax(dim=-1)
        return attention @ self.values, attention

    def last(self, directions: int) -> Tensor:
        """Return where the encoder ended, (B, M): of two directions, the reverse one ends at step 1."""
        ends = self.values[torch.arange(len(self.lengths), device=self.values.device), self.lengths - 1]
        if directions == 1:
            return ends
        half = self.values.shape[2] // 2
        return torch.cat([ends[:, :half], self.values[:, 0, half:]], dim=1)

    def mean(self) -> Tensor:
        """Return the mean of each sequence's steps, (B, M)."""
        return self.values.sum(dim=1) / self.lengths[:, None]


def padded(steps: PackedSequence) -> tuple[Tensor, Tensor]:
    """Return packed rows as (B, T, F), zero behind each end, and the place of every packed row in (B * T)."""
    values, _ = pad_packed_sequence(steps, batch_first=True)
    sizes = steps.batch_sizes.numpy()
    place = sequence_of_rows(sizes) * values.shape[1] + step_of_rows(sizes)
    return values, torch.from_numpy(place).to(values.device)
