"""The learning rate over training: a factor of the rate that was asked for."""

import math
from dataclasses import dataclass, replace

from ostinato.errors import ArgumentError
from ostinato.spec.options import TrainingOptions

SHRINK = 0.5
"""What plateau multiplies the learning rate by."""


def rate(options: TrainingOptions, progress: float) -> float:
    """Return the factor of the learning rate when a part ``progress`` of training is done.

        constant, plateau   1   (plateau's own factor follows the scores: see Plateau)
        linear              1 - p
        cosine              (1 + cos(pi p)) / 2      (Loshchilov & Hutter 2017, arXiv:1608.03983, no restarts)

    There is no warm-up: clipping bounds the first steps, and Adam's bias correction scales them.

    Args:
        options: the training options; ``schedule`` is read.
        progress: from 0, before the first step, to 1, after the last.

    Example:
        >>> [rate(TrainingOptions(schedule="linear"), p) for p in (0.0, 0.5, 1.0)]
        [1.0, 0.5, 0.0]
    """
    if not 0.0 <= progress <= 1.0:
        raise ArgumentError(f"progress is {progress!r}; expected a number from 0 to 1.")
    if options.schedule == "linear":
        return 1.0 - progress
    if options.schedule == "cosine":
        return (1.0 + math.cos(math.pi * progress)) / 2.0
    return 1.0


@dataclass(frozen=True)
class Plateau:
    """What the plateau schedule remembers between epochs: a value, saved and loaded as it is.

    Args:
        factor: what the learning rate is multiplied by now.
        best: the best score so far; None before the first.
        waited: epochs since then, or since the last cut.

    Example:
        >>> state = Plateau()
        >>> for score in (0.5, 0.6, 0.6, 0.55):
        ...     state = state.after(score, maximize=True, wait=2)
        >>> state
        Plateau(factor=0.5, best=0.6, waited=0)
    """

    factor: float = 1.0
    best: float | None = None
    waited: int = 0

    def after(self, score: float, *, maximize: bool, wait: int) -> "Plateau":
        """Return the state after an epoch with this score.

        The factor is halved after ``wait`` epochs without a better score.
        """
        if self.best is None or (score > self.best if maximize else score < self.best):
            return replace(self, best=score, waited=0)
        if self.waited + 1 < wait:
            return replace(self, waited=self.waited + 1)
        return replace(self, factor=self.factor * SHRINK, waited=0)


def wait(patience: int | None) -> int:
    """Return the epochs that plateau waits: a third of early stopping's patience, or 5 where there is none.

    Example:
        >>> wait(12), wait(1), wait(0)
        (4, 1, 5)
    """
    return max(1, patience // 3) if patience else 5
