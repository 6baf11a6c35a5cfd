"""Training on examples that stand each for itself, in batches of like lengths."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ostinato import checks
from ostinato.data.sampler import batches, ordered_batches
from ostinato.preprocess.pack import Integers
from ostinato.spec.options import TrainingOptions
from ostinato.tasks.base import Batch

NAMED = 3
"""So many of a batch's examples are named in messages."""


@dataclass(frozen=True)
class Sampled:
    """Which examples form a batch; their indices are a batch's content.

    Args:
        lengths: (n,) each example's number of steps.
        ids: (n,) what each is called.
        options: ``batch_size`` and ``seed`` are read.
    """

    lengths: Integers
    ids: Sequence[str]
    options: TrainingOptions

    @property
    def batch_size(self) -> int:
        """Return the most examples of a batch."""
        return checks.given("batch_size", self.options.batch_size)

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def epoch(self, number: int) -> list[Batch]:
        """Return an epoch's batches, drawn by its number and the seed."""
        drawn = batches(self.lengths, self.batch_size, self.options.seed, number)
        return [Batch(len(indices), self._named(indices), indices) for indices in drawn]

    def _named(self, indices: Integers) -> str:
        names = ", ".join(checks.shown(self.ids[i]) for i in indices[:NAMED])
        more = f" and {len(indices) - NAMED} more" if len(indices) > NAMED else ""
        return f"sequences {names}{more}"


def in_order(lengths: Integers, batch_size: int) -> tuple[list[Integers], Integers]:
    """Return batches for validation, and where each example stands when they are put one after the other."""
    order = ordered_batches(lengths, batch_size)
    return order, np.argsort(np.concatenate(order), kind="stable")
