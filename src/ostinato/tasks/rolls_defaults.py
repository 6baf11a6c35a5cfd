"""What an option of ``rolls`` becomes that the user left open."""

import math
from typing import Any

from ostinato.read.rolls import Rolls
from ostinato.spec.rolls import RollOptions
from ostinato.tasks.defaults import where_open

VALID_FRACTION = 0.15

LEAST_STEPS, MOST_EPOCHS = 3_000, 300
"""So many steps of the optimiser: where there are few sequences, epochs are more."""

Choice = dict[str, Any]

NETWORK: Choice = {
    "hidden_size": 256,
    "layers": 1,
    "dropout": 0.5,
    "input_dropout": 0.2,
    "weight_dropout": 0.3,
}
TRAINING: Choice = {
    "transpose": 6,
    "learning_rate": 3e-3,
    "schedule": "cosine",
    "weight_decay": 0.0,
    "batch_size": 16,
    "patience": 0,
    "metric": "loss",
}


def fill(options: RollOptions, train: Rolls, has_valid: bool) -> RollOptions:
    """Return the options with a value wherever the user gave none.

    Args:
        options: as the user gave them.
        train: the training part.
        has_valid: whether the data names a part to validate on; ``valid_fraction`` then stays open.
    """
    batches = math.ceil(len(train) / (options.training.batch_size or TRAINING["batch_size"]))
    epochs = min(MOST_EPOCHS, math.ceil(LEAST_STEPS / batches))
    return RollOptions(
        data=options.data if has_valid else where_open(options.data, {"valid_fraction": VALID_FRACTION}),
        network=where_open(options.network, NETWORK),
        training=where_open(options.training, TRAINING | {"epochs": epochs}),
    )
