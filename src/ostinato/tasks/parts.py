"""Which examples train and which validate: parts of data whose examples stand each for itself."""

import warnings
from collections.abc import Sequence
from typing import Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.data.split import folds, holdout
from ostinato.errors import DataError, OstinatoWarning
from ostinato.preprocess.pack import Integers
from ostinato.read.clip import Clip
from ostinato.read.data import Data
from ostinato.read.sequences import Sequences
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.options import TaskOptions
from ostinato.tasks.base import Part, StagePlan, refuse_split


class Selectable(Data, Protocol):
    """Data of which some examples can be taken."""

    def select(self, indices: NDArray[np.int64]) -> Self:
        """Return the examples at these positions, in this order."""


Examples = TypeVar("Examples", bound=Selectable)


def folded(data: Examples, strata: Sequence[str] | None, k: int, seed: int) -> list[StagePlan[Examples]]:
    """Return a stage of k folds, every stratum in proportion, and then one of all examples.

    Raises:
        ArgumentError: so many folds are impossible.
    """
    parts = [_part(data, *split) for split in folds(strata, len(data), k, seed)]
    return [StagePlan("folds", parts), StagePlan("final", [Part(data, None)])]


def held_out(data: Examples, strata: Sequence[str] | None, fraction: float, seed: int) -> Part[Examples]:
    """Return the data with a fraction held out for validation, every stratum in proportion.

    Raises:
        ArgumentError: nothing can be held out.
    """
    return _part(data, *holdout(strata, len(data), fraction, seed)) if fraction else Part(data, None)


def one_stage(
    data: Examples, valid: Examples | None, options: TaskOptions, strata: Sequence[str] | None = None
) -> list[StagePlan[Examples]]:
    """Return one stage, validated on what the caller brought or else on a fraction held out by chance.

    Args:
        data: all training data.
        valid: validation data that the caller chose, or None.
        options: resolved; the fraction and the seed are read.
        strata: (n,) what the part that is held out has in proportion; None: nothing.

    Raises:
        ArgumentError: nothing can be held out.
    """
    if valid is not None:
        return [StagePlan("train", [Part(data, valid)])]
    fraction = options.data.valid_fraction or 0.0
    return [StagePlan("train", [held_out(data, strata, fraction, options.training.seed)])]


def unfolded(options: ClassifyOptions) -> ClassifyOptions:
    """Return options without folds, for callers who bring their own validation data.

    Raises:
        ArgumentError: the options ask for folds.
    """
    refuse_split("folds", options.data.folds)
    return options.model_copy(update={"data": options.data.model_copy(update={"folds": 0})})


def apart(data: Sequences, valid: Sequences | None) -> Sequences | None:
    """Return validation sequences that the caller chose, if any; warn of those that are training sequences.

    Raises:
        DataError: they are an empty set.
    """
    if valid is None:
        return None
    if not len(valid):
        raise DataError("the validation data has no sequences; give at least one, or none of this option.")
    known = set(map(_content, data.values))
    copies = [
        name for name, found in zip(valid.ids, map(_content, valid.values), strict=True) if found in known
    ]
    if copies:
        warnings.warn(
            f"{len(copies)} of {len(valid)} validation sequences, such as {checks.shown(copies[0])}, are "
            "also among the training sequences; scores on them say nothing about new ones.",
            OstinatoWarning,
            stacklevel=2,
        )
    return valid


def _content(value: NDArray[np.float32] | str | Clip) -> tuple[object, ...]:
    """Return what two equal sequences share, to the last bit."""
    if isinstance(value, Clip):
        return (value.sha256,)
    return (value,) if isinstance(value, str) else (value.shape, value.tobytes())


def _part(data: Examples, train: Integers, valid: Integers) -> Part[Examples]:
    return Part(data.select(train), data.select(valid) if np.size(valid) else None)
