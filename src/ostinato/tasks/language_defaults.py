"""What an option of ``language`` becomes that the user left open."""

import math
import re
from typing import Any

from ostinato.read.corpus import Corpus
from ostinato.read.midi import Scores
from ostinato.spec.language import LanguageOptions
from ostinato.tasks.defaults import where_open

VALID_FRACTION = 0.05

LARGE = 500_000
"""With so many characters a larger network pays."""

LEAST_STEPS, MOST_EPOCHS = 3_000, 60
"""So many steps of the optimiser at least: where there is little text, epochs are more."""

CHARACTERS_A_WORD = 5.5
TOKENS_A_NOTE = 3.5

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
NOTES: Choice = CHARACTERS | {"hidden_size": 384}
CHARACTER_TRAINING: Choice = {
    "batch_size": 16,
    "bptt": 128,
    "chunks": "random",
    "epochs": 12,
    "weight_decay": 0.1,
}
NOTE_TRAINING: Choice = {"batch_size": 16, "bptt": 128, "epochs": 15}
WORD_TRAINING: Choice = {"batch_size": 16, "bptt": 70, "epochs": 30}
ALWAYS: Choice = {
    "learning_rate": 3e-3,
    "chunks": "carried",
    "weight_decay": 0.0,
    "schedule": "cosine",
    "metric": "loss",
    "patience": 4,
}


def fill(options: LanguageOptions, corpus: Corpus | Scores) -> LanguageOptions:
    """Return the options with a value wherever the user gave none.

    Args:
        options: as the user gave them.
        corpus: the text, or the music, to train on.
    """
    return _fill_notes(options, corpus) if isinstance(corpus, Scores) else _fill_text(options, corpus)


def _fill_notes(options: LanguageOptions, music: Scores) -> LanguageOptions:
    tokens = TOKENS_A_NOTE * sum(score.note_num() for score in music.scores)
    shape = _without_ties(options, NOTES)
    training = ALWAYS | NOTE_TRAINING
    # of a single piece nothing can be held out
    data = {"valid_fraction": VALID_FRACTION if len(music) > 1 else 0.0}
    return LanguageOptions(
        data=where_open(options.data, data),
        network=where_open(options.network, shape),
        training=where_open(options.training, training | {"epochs": _epochs(training, tokens)}),
    )


def _fill_text(options: LanguageOptions, corpus: Corpus) -> LanguageOptions:
    characters = sum(map(len, corpus.documents))
    words = options.data.level == "word"
    data: Choice = {
        "valid_fraction": VALID_FRACTION,
        "tokenized": is_tokenized(corpus.documents[0]),
        "vocabulary_size": {"char": 20_000, "word": 50_000, "bpe": 5_000}[options.data.level],
        "minimum_count": 2 if words else 1,
    }
    shape = _words(characters) if words else CHARACTERS | {"hidden_size": 384 if characters >= LARGE else 256}
    shape = _without_ties(options, shape)
    training = ALWAYS | (WORD_TRAINING if words else CHARACTER_TRAINING)
    if options.training.random_bptt:
        training |= {"chunks": "carried"}
    tokens = characters / CHARACTERS_A_WORD if words else characters
    return LanguageOptions(
        data=where_open(options.data, data),
        network=where_open(options.network, shape),
        training=where_open(options.training, training | {"epochs": _epochs(training, tokens)}),
    )


def _words(characters: int) -> Choice:
    """Return the network of a word model; tied weights ask that token vectors be as long as the state."""
    size = 400 if characters >= 8 * LARGE else 256
    return WORDS | {"hidden_size": size, "embedding_size": size}


def _without_ties(options: LanguageOptions, shape: Choice) -> Choice:
    """Return the shape without tied weights where there are none to tie."""
    return shape | {"tie_weights": False} if options.network.softmax == "adaptive" else shape


def _epochs(training: Choice, tokens: float) -> int:
    """Return the usual number of epochs, or more where they have few steps."""
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
