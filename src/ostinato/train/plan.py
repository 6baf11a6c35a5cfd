"""Which sequences train and which validate, stage by stage."""

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.data.split import folds, holdout
from ostinato.errors import ArgumentError, DataError, OstinatoWarning
from ostinato.preprocess.pack import Integers
from ostinato.read.sequences import Sequences
from ostinato.spec.classify import ClassifyOptions
from ostinato.tasks.base import Task


@dataclass(frozen=True)
class Part:
    """What one network is trained and validated on."""

    train: Sequences
    valid: Sequences | None


@dataclass(frozen=True)
class StagePlan:
    """One stage: its kind and the part of each network in it."""

    name: Literal["train", "folds", "final"]
    parts: list[Part]


def plan(
    task: Task, sequences: Sequences, valid: Sequences | None, options: ClassifyOptions
) -> list[StagePlan]:
    """Return the stages: the folds and then all sequences, or one stage with or without a validation part.

    Args:
        task: says what a split keeps in proportion.
        sequences: all training sequences.
        valid: validation sequences that the caller chose; then nothing is split.
        options: resolved.

    Raises:
        ArgumentError: a split is impossible, or asked for beside ``valid``.
        DataError: ``valid`` is there but empty.
    """
    if valid is not None:
        _warn_of_copies(sequences, _not_empty(valid))
        return [StagePlan("train", [Part(sequences, valid)])]
    strata, seed = task.strata(sequences), options.training.seed
    if options.data.folds:
        splits = folds(strata, len(sequences), options.data.folds, seed)
        parts = [_part(sequences, *split) for split in splits]
        return [StagePlan("folds", parts), StagePlan("final", [Part(sequences, None)])]
    if not options.data.valid_fraction:
        return [StagePlan("train", [Part(sequences, None)])]
    split = holdout(strata, len(sequences), options.data.valid_fraction, seed)
    return [StagePlan("train", [_part(sequences, *split)])]


def without_split(options: ClassifyOptions) -> ClassifyOptions:
    """Return options that split nothing, for callers who bring their own validation sequences.

    Raises:
        ArgumentError: the options ask for a split as well.
    """
    data = options.data
    for name, value in (("folds", data.folds), ("valid_fraction", data.valid_fraction)):
        if value:
            raise ArgumentError(
                f"{name} is {value} and validation sequences are given too; give one of the two."
            )
    return options.model_copy(update={"data": data.model_copy(update={"folds": 0, "valid_fraction": 0.0})})


def _warn_of_copies(sequences: Sequences, valid: Sequences) -> None:
    """Warn where validation sequences stand among the training ones, to the last bit."""
    known = set(map(_content, sequences.values))
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


def _content(value: NDArray[np.float32] | str) -> tuple[object, ...]:
    """Return what two equal sequences share."""
    return (value,) if isinstance(value, str) else (value.shape, value.tobytes())


def _part(sequences: Sequences, train: Integers, valid: Integers) -> Part:
    return Part(sequences.select(train), sequences.select(valid) if np.size(valid) else None)


def _not_empty(valid: Sequences) -> Sequences:
    if not len(valid):
        raise DataError("the validation data has no sequences; give at least one, or none of this option.")
    return valid
