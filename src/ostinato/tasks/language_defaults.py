"""What an option of ``language`` becomes that the user left open, and which part of a text validates."""

import math
import re
from dataclasses import replace
from typing import Any

from ostinato.data.split import holdout
from ostinato.errors import DataError
from ostinato.read.corpus import Corpus
from ostinato.spec.language import LanguageOptions
from ostinato.tasks.defaults import where_open

VALID_FRACTION = 0.05

LARGE = 500_000
"""With so many characters a larger network pays."""

LEAST_STEPS, MOST_EPOCHS = 3_000, 60
"""So many steps of the optimiser at least: where there is little text, epochs are more."""

CHARACTERS_A_WORD = 5.5

Choice = dict[str, Any]

CHARACTERS: Choice = {
    "embedding_size": 128,
    "layers": 2,
    "dropout": 0.3,
    "input_dropout": 0.0,
    "embedding_dropout": 0.0,
    "weight_dropout": 0.0,
    "tie_weights": False,
    "softmax": "full",
}
WORDS: Choice = {
    "layers": 2,
    "dropout": 0.4,
    "input_dropout": 0.4,
    "embedding_dropout": 0.1,
    "weight_dropout": 0.3,
    "tie_weights": True,
    "softmax": "full",
}
CHARACTER_TRAINING: Choice = {"batch_size": 32, "bptt": 64, "epochs": 15}
WORD_TRAINING: Choice = {"batch_size": 16, "bptt": 70, "epochs": 30}
ALWAYS: Choice = {
    "learning_rate": 3e-3,
    "weight_decay": 0.0,
    "schedule": "cosine",
    "metric": "loss",
    "patience": 4,
}


def fill(options: LanguageOptions, corpus: Corpus) -> LanguageOptions:
    """Return the options with a value wherever the user gave none.

    Args:
        options: as the user gave them.
        corpus: the text to train on.
    """
    characters = sum(map(len, corpus.documents))
    words = options.data.level == "word"
    data: Choice = {
        "valid_fraction": VALID_FRACTION,
        "tokenized": is_tokenized(corpus.documents[0]),
        "vocabulary_size": {"char": 20_000, "word": 50_000, "bpe": 5_000}[options.data.level],
        "minimum_count": 2 if words else 1,
    }
    shape = _words(characters) if words else CHARACTERS | {"hidden_size": 384 if characters >= LARGE else 256}
    if options.network.softmax == "adaptive":
        shape |= {"tie_weights": False}
    training = ALWAYS | (WORD_TRAINING if words else CHARACTER_TRAINING)
    return LanguageOptions(
        data=where_open(options.data, data),
        network=where_open(options.network, shape),
        training=where_open(options.training, training | {"epochs": _epochs(training, characters, words)}),
    )


def _words(characters: int) -> Choice:
    """Return the network of a word model; tied weights ask that token vectors be as long as the state."""
    size = 400 if characters >= 8 * LARGE else 256
    return WORDS | {"hidden_size": size, "embedding_size": size}


def _epochs(training: Choice, characters: int, words: bool) -> int:
    """Return the usual number of epochs, or more where they have few steps."""
    tokens = characters / CHARACTERS_A_WORD if words else characters
    needed: int = math.ceil(LEAST_STEPS * training["batch_size"] * training["bptt"] / tokens)
    epochs: int = training["epochs"]
    return max(epochs, min(MOST_EPOCHS, needed))


def is_tokenized(text: str) -> bool:
    """Return whether white space alone separates the words of a text: punctuation mostly stands apart.

    Example:
        >>> is_tokenized("To be , or not to be ."), is_tokenized("To be, or not to be.")
        (True, False)
    """
    apart = len(re.findall(r"\s[.,;:!?](?=\s|$)", text))
    attached = len(re.findall(r"\w[.,;:!?](?=\s|$)", text))
    return apart > attached


def holds_out(corpus: Corpus, fraction: float, seed: int) -> tuple[Corpus, Corpus | None]:
    """Return what trains and what validates: documents by chance or, of a single one, its end.

    Raises:
        DataError: the only document is too short to be cut.
    """
    if not fraction:
        return corpus, None
    if len(corpus) > 1:
        train, valid = holdout(None, len(corpus), fraction, seed)
        return corpus.select(train), corpus.select(valid)
    (text,) = corpus.documents
    cut = len(text) - max(1, round(fraction * len(text)))
    if cut < 2:
        raise DataError(
            f"the text has {len(text)} characters, too few to hold a part of {fraction} out; give more text, "
            "or hold out 0."
        )
    return replace(corpus, documents=[text[:cut]]), replace(corpus, documents=[text[cut:]])
