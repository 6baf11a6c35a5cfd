"""Training on examples that stand each for itself, in batches of like lengths."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ostinato import checks
from ostinato.data.sampler import batches, ordered_batches, token_batches
from ostinato.preprocess.pack import Integers
from ostinato.spec.options import TrainingOptions
from ostinato.tasks.base import Batch, Problem

NAMED = 3
"""So many of a batch's examples are named in messages."""


@dataclass(frozen=True)
class Sampled:
    """Which examples form a batch; their indices are a batch's content.

    Args:
        lengths: (n,) each example's number of steps.
        ids: (n,) what each is called.
        options: ``batch_size`` and ``seed`` are read.
        tokens: (n,) each example's tokens, where batches are made by them.
        most_tokens: tokens of a batch at most; None: batches of ``batch_size`` examples.
    """

    lengths: Integers
    ids: Sequence[str]
    options: TrainingOptions
    tokens: Integers | None = None
    most_tokens: int | None = None
    _kept: dict[int, list[Integers]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def batch_size(self) -> int:
        """Return the most examples of a batch."""
        return checks.given("batch_size", self.options.batch_size)

    def __len__(self) -> int:
        return len(self._drawn(0)) if self.most_tokens else -(-len(self.lengths) // self.batch_size)

    def epoch(self, number: int) -> list[Batch]:
        """Return an epoch's batches, drawn by its number and the seed."""
        return [Batch(len(indices), self._named(indices), indices) for indices in self._drawn(number)]

    def _drawn(self, number: int) -> list[Integers]:
        """Return the indices of an epoch's batches; of the last one they are kept for whoever asks again."""
        if number not in self._kept:
            self._kept.clear()
            self._kept[number] = self._draw(number)
        return self._kept[number]

    def _draw(self, number: int) -> list[Integers]:
        seed = self.options.seed
        if self.most_tokens is None:
            return batches(self.lengths, self.batch_size, seed, number)
        tokens = checks.given("tokens", self.tokens)
        return token_batches(self.lengths, tokens, self.most_tokens, seed, number)

    def _named(self, indices: Integers) -> str:
        names = ", ".join(checks.shown(self.ids[i]) for i in indices[:NAMED])
        more = f" and {len(indices) - NAMED} more" if len(indices) > NAMED else ""
        return f"sequences {names}{more}"


class SampledProblem(Problem):
    """A problem whose examples stand each for itself.

    Args:
        sampled: which training examples form a batch.
    """

    sampled: Sampled

    @property
    def size(self) -> int:
        """Return the number of training examples."""
        return len(self.sampled.lengths)

    @property
    def steps(self) -> int:
        """Return the number of their steps, all together."""
        return int(self.sampled.lengths.sum())

    @property
    def steps_per_epoch(self) -> int:
        """Return the number of batches in an epoch; of a token budget, that of the first epoch."""
        return len(self.sampled)

    def epoch(self, number: int) -> list[Batch]:
        """Return an epoch's batches."""
        return self.sampled.epoch(number)


class VariedProblem(SampledProblem):
    """A problem whose examples are varied anew in every epoch: a batch's content is (indices, epoch)."""

    def epoch(self, number: int) -> list[Batch]:
        """Return an epoch's batches; what is in them is drawn with the epoch's number."""
        return [replace(batch, content=(batch.content, number)) for batch in super().epoch(number)]


def in_order(lengths: Integers, batch_size: int) -> tuple[list[Integers], Integers]:
    """Return batches for validation, and where each example stands when they are put one after the other."""
    order = ordered_batches(lengths, batch_size)
    return order, np.argsort(np.concatenate(order), kind="stable")
