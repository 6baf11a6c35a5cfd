"""The pool op in torch: over packed rows, so that no padding is ever computed."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.preprocess.pack import Integers, by_sequence, last_rows, lengths_of, sequence_of_rows
from ostinato.spec.flow import Flow
from ostinato.spec.network import Pool as Spec


class Pool(nn.Module):
    """Turn the steps of a sequence into one vector: the parts named in ``kinds``, side by side.

        last       h_T (with two directions: the forward half at T and the reverse half at 1)
        mean       (1 / T) sum_t h_t
        max        max_t h_t, feature by feature; equal highest values share the gradient
        attention  sum_t a_t h_t,  a = softmax_t(v . tanh(W h_t + b))     (Yang et al. 2016, section 2.2)

    Args:
        spec: the op.
        into: what it is given: steps of F features.
    """

    def __init__(self, spec: Spec, into: Flow) -> None:
        super().__init__()
        self.kinds = spec.kinds
        self.directions = spec.directions
        self.attention = Attention(into.size, spec.attention_size) if "attention" in spec.kinds else None

    def forward(self, input: PackedSequence) -> Tensor:
        """Map steps (N, F) to a summary (B, len(kinds) * F)."""
        batch = Segments.of(input)
        parts = [self._part(kind, batch) for kind in self.kinds]
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)

    def _part(self, kind: str, batch: "Segments") -> Tensor:
        if kind == "mean":
            return batch.sum(batch.rows) / batch.lengths[:, None]
        if kind == "max":
            return batch.max(batch.rows)
        if self.attention is not None and kind == "attention":
            attended: Tensor = self.attention(batch)
            return attended
        return batch.last(self.directions)


class Attention(nn.Module):
    """The mean of a sequence's steps, weighted by how much each is worth.

    Weights begin as torch.nn.Linear's do: uniform in ±1 / sqrt(F), and the query in ±1 / sqrt(A).

    Args:
        features: F, the size of a step.
        size: A, the size of the query.
    """

    def __init__(self, features: int, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(size, features))
        self.bias = nn.Parameter(torch.empty(size))
        self.query = nn.Parameter(torch.empty(size))
        for parameter, fan in ((self.weight, features), (self.bias, features), (self.query, size)):
            nn.init.uniform_(parameter, -1 / math.sqrt(fan), 1 / math.sqrt(fan))

    def forward(self, batch: "Segments") -> Tensor:
        """Return ``sum_t a_t h_t``, (B, F)."""
        worth = torch.tanh(F.linear(batch.rows, self.weight, self.bias)) @ self.query[:, None]
        peak = batch.max(worth.detach())  # taken off before exp, so that nothing overflows
        share = torch.exp(worth - peak.index_select(0, batch.sequence))
        return batch.sum(share * batch.rows) / batch.sum(share)


class Segments(NamedTuple):
    """The rows of a packed batch, and which sequence each belongs to.

    Args:
        rows: (N, F).
        sequence: (N,) the sequence of every row.
        lengths: (B,) in the rows' dtype.
        batch_sizes: (T,) on the CPU.
    """

    rows: Tensor
    sequence: Tensor
    lengths: Tensor
    batch_sizes: Tensor

    @classmethod
    def of(cls, input: PackedSequence) -> "Segments":
        """Return a packed batch with what is known of its sequences."""
        sizes = input.batch_sizes.numpy()
        sequence = torch.from_numpy(sequence_of_rows(sizes)).to(input.data.device)
        lengths = torch.from_numpy(lengths_of(sizes)).to(input.data)
        return cls(input.data, sequence, lengths, input.batch_sizes)

    def sum(self, rows: Tensor) -> Tensor:
        """Return the sum of these rows (N, F) over the steps of each sequence, (B, F)."""
        zeros = rows.new_zeros(len(self.lengths), rows.shape[1])
        return zeros.index_add(0, self.sequence, rows)

    def max(self, rows: Tensor) -> Tensor:
        """Return the highest of these rows (N, F) over the steps of each sequence, (B, F)."""
        lengths = self.lengths.long()
        return torch.segment_reduce(self._pick(rows, by_sequence), "max", lengths=lengths, unsafe=True)

    def last(self, directions: int) -> Tensor:
        """Return the last state of each sequence: of two directions, the reverse one ends at step 1."""
        last = self._pick(self.rows, last_rows)
        if directions == 1:
            return last
        half = self.rows.shape[1] // 2
        return torch.cat([last[:, :half], self.rows[: len(last), half:]], dim=1)

    def _pick(self, rows: Tensor, index: Callable[[Integers], Integers]) -> Tensor:
        chosen = torch.from_numpy(index(self.batch_sizes.numpy()))
        return rows.index_select(0, chosen.to(rows.device))
