"""What an option becomes that the user left open: a few fixed recipes, chosen by the kind and amount of data.

The numbers were found by cross-validation on the training parts of several public data sets of each kind,
never on their test parts; ``benchmarks/README.md`` tells how.
"""

import math
from typing import Any, TypeVar

from ostinato.errors import ArgumentError
from ostinato.spec.base import Spec
from ostinato.spec.classify import ClassifyOptions

FEW = 1_000
"""With fewer sequences a validation part is noise: the stopping point is chosen by cross-validation."""

LEAST_STEPS = 200
"""So many steps of the optimiser at least: where sequences are few, epochs are more."""

MOST_EPOCHS = 80

FOLDS = 5
VALID_FRACTION = 0.15

Choice = dict[str, Any]
Group = TypeVar("Group", bound=Spec)

SERIES_NETWORK: Choice = {
    "hidden_size": 128,
    "layers": 1,
    "dropout": 0.2,
    "front": "conv",
    "pool": ("attention", "max"),
}
TEXT_NETWORK: Choice = {
    "hidden_size": 64,
    "layers": 1,
    "dropout": 0.5,
    "front": "none",
    "embedding_size": 100,
    "pool": ("attention", "max"),
}
SOUND_NETWORK: Choice = {
    "hidden_size": 128,
    "layers": 1,
    "dropout": 0.3,
    "front": "conv",
    "pool": ("attention", "max"),
}
VIDEO_NETWORK: Choice = SERIES_NETWORK
# One thread where batches are so small that a second one costs more than it brings (measured: 19 against
# 29 ms a step on JapaneseVowels, 33 against 48 on ItalyPowerDemand).
FEW_SERIES: Choice = {"learning_rate": 3e-3, "epochs": 30, "batch_size": 16, "patience": 0, "threads": 1}
MANY_SERIES: Choice = {"learning_rate": 3e-3, "epochs": 15, "batch_size": 64, "patience": 4}
FEW_TEXTS: Choice = {"learning_rate": 3e-3, "epochs": 20, "batch_size": 16, "patience": 0, "threads": 1}
MANY_TEXTS: Choice = {"learning_rate": 3e-3, "epochs": 10, "batch_size": 32, "patience": 4, "threads": 1}
FEW_SOUNDS: Choice = {"learning_rate": 3e-3, "epochs": 30, "batch_size": 16, "patience": 0, "threads": 1}
MANY_SOUNDS: Choice = {"learning_rate": 3e-3, "epochs": 30, "batch_size": 32, "patience": 0, "threads": 1}
FEW_VIDEOS: Choice = {"learning_rate": 2e-3, "epochs": 30, "batch_size": 16, "patience": 0}
MANY_VIDEOS: Choice = {"learning_rate": 2e-3, "epochs": 12, "batch_size": 32, "patience": 4}
ALWAYS: Choice = {"weight_decay": 0.01, "schedule": "cosine", "metric": "accuracy"}


RECIPES = {
    "series": (SERIES_NETWORK, FEW_SERIES, MANY_SERIES),
    "text": (TEXT_NETWORK, FEW_TEXTS, MANY_TEXTS),
    "audio": (SOUND_NETWORK, FEW_SOUNDS, MANY_SOUNDS),
    "video": (VIDEO_NETWORK, FEW_VIDEOS, MANY_VIDEOS),
}
"""By what is read: the network, and how it is trained on few sequences and on many."""


def fill(options: ClassifyOptions, kind: str, sequences: int, most_folds: int) -> ClassifyOptions:
    """Return the options with a value wherever the user gave none.

    Args:
        options: as the user gave them.
        kind: ``"series"``, ``"text"``, ``"audio"`` or ``"video"``.
        sequences: how many there are to train on.
        most_folds: into how many folds they can be cut; with less than 2 nothing is held out.
    """
    few = sequences < FEW
    shape, small, large = RECIPES[kind]
    training = small if few else large
    if options.data.missing == "decay":
        shape = shape | {"front": "none"}
    epochs = max(training["epochs"], math.ceil(LEAST_STEPS * training["batch_size"] / sequences))
    seldom = {"minimum_count": 1 if few else 2} if kind == "text" else {}
    return ClassifyOptions(
        data=where_open(options.data, _validation(options, few, most_folds) | seldom),
        network=where_open(options.network, shape),
        training=where_open(options.training, training | ALWAYS | {"epochs": min(epochs, MOST_EPOCHS)}),
    )


def _validation(options: ClassifyOptions, few: bool, most_folds: int) -> Choice:
    """Return how the stopping point is chosen; what the user said of one of the two decides both."""
    if options.data.valid_fraction and options.data.folds:
        raise ArgumentError(
            f"valid_fraction is {options.data.valid_fraction} and folds is {options.data.folds}; a model is "
            "validated in one of the two ways: leave one out."
        )
    if options.data.valid_fraction is not None:
        return {"folds": 0}
    if options.data.folds:
        return {"valid_fraction": 0.0}
    if few and options.data.folds is None:
        return {"folds": min(FOLDS, most_folds) if most_folds > 1 else 0, "valid_fraction": 0.0}
    return {"folds": 0, "valid_fraction": VALID_FRACTION}


def where_open(group: Group, choices: Choice) -> Group:
    """Return the group with these choices in the fields that are None."""
    return group.model_copy(
        update={name: value for name, value in choices.items() if getattr(group, name) is None}
    )
