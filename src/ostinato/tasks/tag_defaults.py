"""What an option of ``tag`` becomes that the user left open.

The numbers were found on the validation parts of SNIPS, UD English EWT and WNUT-17 and on halves of SNIPS's
training part, never on test parts; ``benchmarks/tag.md`` has how, and what they reach.
"""

import math
from typing import Any

from ostinato.read.sentences import TaggedSentences
from ostinato.spec.tag import TagOptions
from ostinato.tasks.defaults import where_open

FEW = 1_000
"""With fewer sentences a word seen once is worth keeping."""

VALID_FRACTION = 0.1

LEAST_STEPS, FEWEST_EPOCHS, MOST_EPOCHS = 2_000, 10, 40
"""So many steps of the optimiser at least: where sentences are few, epochs are more."""

Choice = dict[str, Any]

NETWORK: Choice = {
    "hidden_size": 128,
    "layers": 1,
    "dropout": 0.5,
    "embedding_size": 100,
    "letter_size": 32,
    "letter_hidden_size": 64,
    "word_dropout": 0.05,
}
TRAINING: Choice = {
    "learning_rate": 6e-3,
    "weight_decay": 0.01,
    "schedule": "cosine",
    "batch_size": 32,
    "patience": 4,
}


def fill(options: TagOptions, data: TaggedSentences, scheme: str, joint: bool) -> TagOptions:
    """Return the options with a value wherever the user gave none.

    Args:
        options: as the user gave them.
        data: what there is to train on.
        scheme: how its tags mark entities, or ``"none"``.
        joint: whether the sentence's label is told too.
    """
    few = len(data) < FEW
    entities = scheme != "none"
    choices = {"minimum_count": 1 if few else 2, "valid_fraction": VALID_FRACTION}
    network = NETWORK | {"output": "crf" if entities else "softmax"}
    epochs = math.ceil(LEAST_STEPS * TRAINING["batch_size"] / len(data))
    training = TRAINING | {"epochs": min(max(epochs, FEWEST_EPOCHS), MOST_EPOCHS)}
    training |= {"metric": "f1" if entities else "accuracy"}
    return TagOptions(
        data=where_open(options.data, choices | {"scheme": scheme, "joint": joint}),
        network=where_open(options.network, network),
        training=where_open(options.training, training),
    )
