"""What an option of ``transcribe`` becomes that the user left open.

The numbers were found on validation parts cut from the training parts of strings of spoken digits and of AN4;
``docs/speech.md`` has what they reach.
"""

import math
from typing import Any

import numpy as np

from ostinato.preprocess.pack import Integers
from ostinato.spec.transcribe import TranscribeOptions
from ostinato.tasks.defaults import where_open

VALID_FRACTION = 0.1

LEAST_STEPS, FEWEST_EPOCHS, MOST_EPOCHS = 4_000, 10, 150
"""So many steps of the optimiser at least: where recordings are few, epochs are more."""

STRIDES = (4, 2)
"""Frames that become one step, where texts leave room for it."""

ROOM, ROOMY = 1.5, 0.95
"""A stride leaves room if so many times a text's least steps are there, in this part of the recordings."""

Choice = dict[str, Any]

NETWORK: Choice = {"hidden_size": 160, "layers": 2, "dropout": 0.3, "channels": 64, "kernel_size": 5}
TRAINING: Choice = {
    "learning_rate": 3e-3,
    "weight_decay": 0.01,
    "schedule": "cosine",
    "batch_size": 16,
    "patience": 0,
    "metric": "wer",
}


def fill(options: TranscribeOptions, needed: Integers, frames: Integers) -> TranscribeOptions:
    """Return the options with a value wherever the user gave none.

    Args:
        options: as the user gave them.
        needed: (n,) the steps that each text needs at least.
        frames: (n,) the frames that each recording has at least, however fast it is played.
    """
    epochs = math.ceil(LEAST_STEPS * TRAINING["batch_size"] / len(needed))
    training = TRAINING | {"epochs": min(max(epochs, FEWEST_EPOCHS), MOST_EPOCHS)}
    return TranscribeOptions(
        data=where_open(options.data, {"valid_fraction": VALID_FRACTION}),
        network=where_open(options.network, NETWORK | {"stride": _stride(needed, frames)}),
        training=where_open(options.training, training),
    )


def _stride(needed: Integers, frames: Integers) -> int:
    """Return the largest stride that every text fits, and nearly all with room to spare."""
    for stride in STRIDES:
        steps = -(-frames // stride)
        if (steps >= needed).all() and np.mean(steps >= ROOM * needed) >= ROOMY:
            return stride
    return 1
