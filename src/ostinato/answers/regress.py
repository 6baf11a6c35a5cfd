"""Numbers as answers, one a sequence or one a step, and how far they are from the true ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import ArgumentError, DataError
from ostinato.read.sequences import Sequences, Targets

Numbers = NDArray[np.float64]

EARLY, LATE = 13.0, 10.0
"""How far an answer may be off until its cost in ``cmapss`` is e - 1: too low, and too high."""


@dataclass(frozen=True)
class Estimates:
    """A regression model's answer for N sequences.

    Args:
        values: one array a sequence: (1,), or (T,) where there is a number a step.
        name: what the number is called.
        per_step: whether there is a number a step.
    """

    values: list[Numbers]
    name: str
    per_step: bool

    def __len__(self) -> int:
        return len(self.values)

    def last(self) -> Numbers:
        """Return each sequence's last number, (N,): what is answered once all of it was seen."""
        return np.array([one[-1] for one in self.values])


def targets_of(sequences: Sequences, per_step: bool) -> list[Targets]:
    """Return each sequence's true numbers.

    Raises:
        DataError: the data has none, or as many as steps where there must be one, or the other way round.
    """
    if sequences.targets is None:
        raise DataError("the data has no targets; name their column with --target.")
    steps = [len(values) if per_step else 1 for values in sequences.values]
    for index, (target, count) in enumerate(zip(sequences.targets, steps, strict=True)):
        if len(target) != count:
            place = sequences.places[index] if sequences.places else f"sequence {index + 1}"
            wanted = f"{count}, one a step" if per_step else "1"
            raise DataError(f"{place}: has {len(target)} targets; expected {wanted}.")
    return sequences.targets


def scores(
    predicted: Sequence[Numbers], true: Sequence[Targets], asymmetric: str = "none"
) -> dict[str, float]:
    """Return how far predictions are from what is true, over all of it that is known.

        mae  = mean |p - t|
        rmse = sqrt(mean (p - t)^2)
        r2   = 1 - sum (p - t)^2 / sum (t - mean t)^2

    ``r2`` is left out where all that is true is equal; with ``asymmetric="cmapss"`` ``cmapss`` is there,
    too: see ``cmapss``. Where there is a number a step, ``mae_last`` … are of each sequence's last known
    step alone. ``count`` is the number of those that are known.

    Args:
        predicted: one array a sequence.
        true: as many, as long; NaN where none is known.
        asymmetric: ``"none"`` or ``"cmapss"``.

    Example:
        >>> scores([np.array([1.0]), np.array([4.0])], [np.array([2.0]), np.array([4.0])])
        {'count': 2, 'mae': 0.5, 'rmse': 0.7071067811865476, 'r2': 0.5}
    """
    if len(predicted) != len(true) or any(len(p) != len(t) for p, t in zip(predicted, true, strict=False)):
        raise ArgumentError("predictions and targets differ in number; expected as many of both.")
    known = [np.isfinite(t) for t in true]
    told, wanted = (
        np.concatenate([x[k] for x, k in zip(part, known, strict=True)]) for part in (predicted, true)
    )
    found = _scores(told, wanted, asymmetric)
    if all(len(t) == 1 for t in true):
        return found
    ends = [int(np.flatnonzero(k)[-1]) for k in known if k.any()]
    kept = [number for number, k in enumerate(known) if k.any()]
    told, wanted = (
        np.array([part[n][end] for n, end in zip(kept, ends, strict=True)]) for part in (predicted, true)
    )
    at_the_end = _scores(told, wanted, asymmetric)
    return found | {f"{name}_last": value for name, value in at_the_end.items()}


def cmapss(error: Numbers) -> float:
    """Return the score of the C-MAPSS challenge (Saxena et al. 2008, section III): the lower, the better.

        sum_i exp(-e_i / 13) - 1  where e_i < 0,    exp(e_i / 10) - 1  where e_i >= 0

    with ``e`` the prediction less what is true: to say too late that an engine fails costs more.

    Example:
        >>> round(cmapss(np.array([-13.0, 10.0])), 3)
        3.437
    """
    with np.errstate(over="ignore"):
        return float(np.expm1(np.where(error < 0, -error / EARLY, error / LATE)).sum())


def _scores(predicted: Numbers, true: Numbers, asymmetric: str) -> dict[str, float]:
    error = predicted - true
    found: dict[str, float] = {
        "count": len(error),
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt(np.square(error).mean())),
    }
    spread = float(np.square(true - true.mean()).sum())
    if spread > 0:
        found["r2"] = 1 - float(np.square(error).sum()) / spread
    return found | ({"cmapss": cmapss(error)} if asymmetric == "cmapss" else {})
