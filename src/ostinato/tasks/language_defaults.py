"""What an option of ``language`` becomes that the user left open, and which part of a text validates."""

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

Choice = dict[str, Any]

CHARACTERS: Choice = {
    "embedding_size": 128,
    "layers": 2,
    "dropout": 0.3,
    "input_dropout": 0.0,
    "embedding_dropout": 0.0,
    "weight_dropout": 0.0,
    "softmax": "full",
}
WORDS: Choice = {
    "layers": 2,
    "dropout": 0.5,
    "input_dropout": 0.5,
    "embedding_dropout": 0.0,
    "weight_dropout": 0.0,
    "softmax": "full",
}
TRAINING: Choice = {
    "weight_decay": 0.0,
    "schedule": "cosine",
    "metric": "loss",
    "patience": 3,
    "learning_rate": 2e-3,
    "batch_size": 32,
    "bptt": 128,
    "epochs": 12,
}


def fill(options: LanguageOptions, corpus: Corpus) -> LanguageOptions:
    """Return the options with a value wherever the user gave none.

    Args:
        options: as the user gave them.
        corpus: the text to train on.
    """
    characters = sum(map(len, corpus.documents))
    large = characters >= LARGE
    if options.data.level == "word":
        size = 400 if large else 200
        shape = WORDS | {"hidden_size": size, "embedding_size": size}
        training = TRAINING | {"bptt": 70}
        data: Choice = {"vocabulary_size": 50_000, "minimum_count": 2}
    else:
        shape = CHARACTERS | {"hidden_size": 512 if large else 256}
        training = TRAINING
        data = {"vocabulary_size": 5_000 if options.data.level == "bpe" else 20_000, "minimum_count": 1}
    data |= {"valid_fraction": VALID_FRACTION, "tokenized": is_tokenized(corpus.documents[0])}
    return LanguageOptions(
        data=where_open(options.data, data),
        network=where_open(options.network, shape),
        training=where_open(options.training, training),
    )


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
