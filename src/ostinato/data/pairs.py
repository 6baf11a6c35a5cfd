"""Pairs of token sequences ready for training: batches of sources, and of targets step by step."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato.data.examples import Examples
from ostinato.preprocess.pack import Integers, falling

_WIDE = 2**20


class PairBatch(NamedTuple):
    """A batch of B pairs.

    Args:
        source: tokens, packed: sources by falling length.
        order: (B,) which of the sources belongs to each target.
        input: tokens, packed: what the decoder reads, targets by falling length.
        target: (N,) what it must say after each of them, packed as they are.
    """

    source: PackedSequence
    order: Tensor
    input: PackedSequence
    target: Tensor


class PairExamples:
    """Pairs from which batches are gathered without padding.

    Args:
        sources: one (S,) array of tokens a pair.
        targets: one (T,) array of tokens a pair.
        boundary: the token that begins and ends every target.

    Example:
        >>> pairs = PairExamples([np.array([1, 2]), np.array([3])], [np.array([4]), np.array([5, 6])], 9)
        >>> batch = pairs.batch(np.array([0, 1]))
        >>> batch.input.data.tolist(), batch.target.tolist(), batch.order.tolist()
        ([9, 9, 5, 4, 6], [5, 4, 6, 9, 9], [1, 0])
    """

    def __init__(self, sources: Sequence[Integers], targets: Sequence[Integers], boundary: int) -> None:
        mark = np.array([boundary], np.int64)
        self._sources = Examples(sources)
        self._inputs = Examples([np.concatenate([mark, target]) for target in targets])
        self._targets = Examples([np.concatenate([target, mark]) for target in targets])

    def __len__(self) -> int:
        return len(self._sources)

    @property
    def tokens(self) -> Integers:
        """Return how many tokens each pair has, of both sides, the end of the target counted, (n,)."""
        return self._sources.lengths + self._targets.lengths

    @property
    def lengths(self) -> Integers:
        """Return numbers (n,) by which pairs are alike in length: first of the target, then of the source."""
        return self._targets.lengths * _WIDE + np.minimum(self._sources.lengths, _WIDE - 1)

    def batch(self, indices: Integers) -> PairBatch:
        """Return the pairs at these positions, in whatever order they stand."""
        by_source = indices[falling(self._sources.lengths[indices])]
        by_target = indices[falling(self._targets.lengths[indices])]
        place = {int(index): i for i, index in enumerate(by_source)}
        order = torch.tensor([place[int(index)] for index in by_target])
        target = self._targets.batch(by_target)
        return PairBatch(self._sources.batch(by_source), order, self._inputs.batch(by_target), target.data)
