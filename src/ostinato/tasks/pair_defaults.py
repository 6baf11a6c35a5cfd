"""What an option of ``translate`` and ``chat`` becomes that the user left open."""

from collections.abc import Sequence
from typing import Any

from ostinato.spec.chat import ChatOptions
from ostinato.spec.translate import TranslateOptions
from ostinato.tasks.defaults import where_open
from ostinato.tasks.language_defaults import is_tokenized

VALID_FRACTION = 0.05
FEW, MANY = 2_000, 200_000
"""So many pairs are few, or many."""

SIZES = {"bpe": 8_000, "word": 20_000, "char": 500}
"""Tokens of a vocabulary at most; of bpe for many pairs twice as many."""

LOOKED_AT = 1_000
"""So many texts are looked at to see whether they are tokenised."""

Choice = dict[str, Any]

NETWORK: Choice = {"hidden_size": 512, "embedding_size": 256, "layers": 1, "dropout": 0.4}
SMALL: Choice = {"hidden_size": 128, "embedding_size": 64, "layers": 1, "dropout": 0.2}
TRAINING: Choice = {
    "learning_rate": 1e-3,
    "schedule": "cosine",
    "weight_decay": 0.01,
    "metric": "loss",
    "patience": 3,
    "batch_size": 64,
    "epochs": 16,
}
FEW_TRAINING: Choice = TRAINING | {"batch_size": 16, "epochs": 40, "learning_rate": 3e-3}


def fill_translate(options: TranslateOptions, pairs: int, targets: Sequence[str]) -> TranslateOptions:
    """Return the options with a value wherever the user gave none.

    Args:
        options: as the user gave them.
        pairs: how many there are to train on.
        targets: what is to be said.
    """
    data = _tokens(options.data.tokens, pairs) | {"tokenized": is_tokenized("\n".join(targets[:LOOKED_AT]))}
    return TranslateOptions(
        data=where_open(options.data, data),
        network=where_open(options.network, SMALL if pairs < FEW else NETWORK),
        training=where_open(options.training, FEW_TRAINING if pairs < FEW else TRAINING),
    )


def fill_chat(options: ChatOptions, answers: int) -> ChatOptions:
    """Return the options with a value wherever the user gave none; ``answers`` are there to train on."""
    return ChatOptions(
        data=where_open(options.data, _tokens(options.data.tokens, answers)),
        network=where_open(options.network, SMALL if answers < FEW else NETWORK),
        training=where_open(options.training, FEW_TRAINING if answers < FEW else TRAINING),
    )


def _tokens(method: str, pairs: int) -> Choice:
    larger = 2 if method == "bpe" and pairs >= MANY else 1
    return {
        "vocabulary_size": larger * SIZES[method],
        "minimum_count": 1 if pairs < FEW or method == "bpe" else 2,
        "valid_fraction": VALID_FRACTION,
    }
