"""What an option of ``regress`` becomes that the user left open."""

import math
from typing import Any

from ostinato.spec.regress import RegressOptions
from ostinato.tasks.defaults import FEW, SERIES_NETWORK, TEXT_NETWORK, VALID_FRACTION, where_open

LEAST_STEPS = 600
"""So many steps of the optimiser at least: where sequences are few, epochs are more."""

MOST_EPOCHS = 150

# Chosen on held-out training engines of C-MAPSS FD001: with the convolutions of classifiers before it, which
# batch normalisation follows, the root mean square error was higher by about one in twelve.
STEP_NETWORK: dict[str, Any] = {
    "hidden_size": 64,
    "layers": 1,
    "dropout": 0.3,
    "front": "none",
}
FEW_OF_STEPS: dict[str, Any] = {"epochs": 80, "batch_size": 8}

FEW_SEQUENCES: dict[str, Any] = {"epochs": 40, "batch_size": 16}
MANY_SEQUENCES: dict[str, Any] = {"epochs": 20, "batch_size": 64}
ALWAYS: dict[str, Any] = {
    "learning_rate": 3e-3,
    "weight_decay": 0.01,
    "schedule": "cosine",
    "patience": 0,
    "metric": "rmse",
}


def fill(options: RegressOptions, kind: str, sequences: int) -> RegressOptions:
    """Return the options with a value wherever the user gave none.

    Args:
        options: as the user gave them.
        kind: ``"series"`` or ``"text"``.
        sequences: how many there are to train on.
    """
    shape = TEXT_NETWORK if kind == "text" else SERIES_NETWORK
    if options.data.missing == "decay":
        shape = shape | {"front": "none"}
    few = sequences < FEW
    training = FEW_SEQUENCES if few else MANY_SEQUENCES
    if options.data.per_step:
        shape, training = STEP_NETWORK, FEW_OF_STEPS if few else MANY_SEQUENCES
    epochs = max(training["epochs"], math.ceil(LEAST_STEPS * training["batch_size"] / sequences))
    seldom = {"minimum_count": 1 if few else 2} if kind == "text" else {}
    return RegressOptions(
        data=where_open(options.data, {"valid_fraction": VALID_FRACTION, **seldom}),
        network=where_open(options.network, shape),
        training=where_open(options.training, training | ALWAYS | {"epochs": min(epochs, MOST_EPOCHS)}),
    )
