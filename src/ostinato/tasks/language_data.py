"""What a language model is trained on, text or music: which part validates, and the tokens of each."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ostinato.checks import given
from ostinato.data.split import holdout
from ostinato.errors import DataError
from ostinato.preprocess.notes import NoteTokenizer
from ostinato.preprocess.text import TextPreprocessor
from ostinato.preprocess.tokens import Tokenizer
from ostinato.read.corpus import Corpus
from ostinato.read.midi import Scores
from ostinato.spec.language import LanguageOptions

Reader = TextPreprocessor | NoteTokenizer


def fitted(train: Corpus | Scores, options: LanguageOptions) -> Reader:
    """Return what makes tokens, fitted on the training part; options are resolved."""
    if isinstance(train, Scores):
        return NoteTokenizer.fit(train.scores)
    data = options.data
    method = "spaced" if data.level == "word" and data.tokenized else data.level
    tokenizer = Tokenizer.fit(
        train.documents,
        method,
        given("vocabulary_size", data.vocabulary_size),
        data.lowercase,
        given("minimum_count", data.minimum_count),
    )
    return TextPreprocessor(tokenizer)


def encoded(preprocessor: Reader, data: Corpus | Scores) -> list[NDArray[np.int64]]:
    """Return the tokens of each document.

    Raises:
        DataError: a piece of music cannot be written in tokens.
    """
    if isinstance(data, Scores) and isinstance(preprocessor, NoteTokenizer):
        return [preprocessor.encode(score, name) for score, name in zip(data.scores, data.ids, strict=True)]
    if isinstance(data, Corpus) and isinstance(preprocessor, TextPreprocessor):
        return [preprocessor.tokenizer.encode(text) for text in data.documents]
    raise TypeError("text and music are not read by each other's preprocessor")


def holds_out(
    data: Corpus | Scores, fraction: float, seed: int
) -> tuple[Corpus | Scores, Corpus | Scores | None]:
    """Return what trains and what validates: documents by chance or, of a single text, its end.

    Raises:
        DataError: the only document is a piece of music, or too short to be cut.
    """
    if not fraction:
        return data, None
    if len(data) > 1:
        train, valid = holdout(None, len(data), fraction, seed)
        return data.select(train), data.select(valid)
    if isinstance(data, Scores):
        raise DataError(
            f"{data.ids[0]} is the only piece, and no part of {fraction} can be held out of it; give more "
            "pieces, or hold out 0."
        )
    train_text, valid_text = _cut(data.documents[0], fraction)
    return replace(data, documents=[train_text]), replace(data, documents=[valid_text])


def _cut(text: str, fraction: float) -> tuple[str, str]:
    cut = len(text) - max(1, round(fraction * len(text)))
    if cut < 2:
        raise DataError(
            f"the text has {len(text)} characters, too few to hold a part of {fraction} out; give more text, "
            "or hold out 0."
        )
    return text[:cut], text[cut:]
