"""What an option of ``rolls`` becomes that the user left open.

The numbers were found on the validation part of the JSB chorales, never on the test part; what else was tried
there stands in ``benchmarks/music.md``.
"""

import math
from typing import Any

from ostinato.read.rolls import Rolls
from ostinato.spec.rolls import RollOptions
from ostinato.tasks.defaults import where_open

VALID_FRACTION = 0.15

STEPS, MOST_EPOCHS = 3_000, 300
"""So many steps of the optimiser: where there are few sequences, epochs are more."""

Choice = dict[str, Any]

NETWORK: Choice = {
    "hidden_size": 256,
    "layers": 1,
    "dropout": 0.4,
    "input_dropout": 0.0,
    "weight_dropout": 0.5,
}
# One thread: batches are so small that a second one costs more than it brings.
TRAINING: Choice = {
    "threads": 1,
    "transpose": 0,
    "learning_rate": 5e-3,
    "schedule": "cosine",
    "weight_decay": 0.0,
    "batch_size": 8,
    "patience": 20,
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
    epochs = min(MOST_EPOCHS, math.ceil(STEPS / batches))
    return RollOptions(
        data=options.data if has_valid else where_open(options.data, {"valid_fraction": VALID_FRACTION}),
        network=where_open(options.network, NETWORK),
        training=where_open(options.training, TRAINING | {"epochs": epochs}),
    )
