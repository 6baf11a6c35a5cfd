"""Text to tokens: a vocabulary fitted on the training part, kept as Hugging Face ``tokenizer.json``.

Four methods, each after Unicode composition (NFC) and, on request, lower-casing:

    word   runs of letters and digits, and runs of punctuation; white space separates
    spaced whatever stands between white space, and every line end: for text that was tokenised before
    char   every character, white space included
    bpe    byte pair encoding over bytes (Sennrich et al. 2016, arXiv:1508.07909), so that nothing is unknown

Number 0 is the unknown token. A saved tokenizer is accepted only if everything but its vocabulary and merges
is exactly what this file writes, so that it can bring no component of its own.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.preprocess.tokens_file import UNKNOWN, document, from_bytes
from ostinato.spec.preprocessing import Tokens

BYTES = 256


class Tokenizer:
    """A fitted tokenizer.

    Args:
        spec: method, lower-casing and the vocabulary's size V.
        json_text: the tokenizer as Hugging Face JSON, already checked.

    Example:
        >>> tokenizer = Tokenizer.fit(["To be", "or not to be"], "word", vocabulary_size=100, lowercase=True)
        >>> tokenizer.encode("To be Hamlet").tolist()
        [2, 1, 0]
    """

    unknown = 0

    def __init__(self, spec: Tokens, json_text: str) -> None:
        self.spec = spec
        self._json = json_text
        self._tokenizer = _library().Tokenizer.from_str(json_text)

    @classmethod
    def fit(
        cls,
        texts: Iterable[str],
        method: Literal["word", "spaced", "char", "bpe"],
        vocabulary_size: int,
        lowercase: bool,
        minimum_count: int = 1,
    ) -> "Tokenizer":
        """Return a tokenizer with the most frequent tokens of these texts; equals in the order of letters.

        Args:
            texts: the training part.
            method: what a token is.
            vocabulary_size: the highest V, the unknown token included (bpe: at least 257).
            lowercase: whether text is lower-cased first.
            minimum_count: all but bpe: a token seen less often is not kept.
        """
        checks.choice("tokens", method, ["word", "spaced", "char", "bpe"])
        checks.positive("vocabulary_size", vocabulary_size)
        empty = _library().Tokenizer.from_str(json.dumps(document(method, lowercase, {UNKNOWN: 0}, [])))
        pieces = _count(empty, texts)
        if method == "bpe":
            vocabulary, merges = _merge(pieces, vocabulary_size)
        else:
            vocabulary, merges = _most_frequent(pieces, vocabulary_size, minimum_count), []
        spec = Tokens(tokens=method, lowercase=lowercase, vocabulary_size=len(vocabulary))
        return cls(spec, _written(document(method, lowercase, vocabulary, merges)))

    @classmethod
    def from_json(cls, spec: Tokens, content: bytes) -> "Tokenizer":
        """Return the tokenizer that ``to_json`` wrote; refuse everything else with a DataError."""
        return cls(spec, _written(from_bytes(spec, content)))

    def to_json(self) -> bytes:
        """Return the tokenizer as Hugging Face JSON, the same bytes for the same vocabulary."""
        return self._json.encode()

    def encode(self, text: str) -> NDArray[np.int64]:
        """Return a text's token numbers (T,), T at least 1: a text without any token is one unknown token."""
        return np.array(self._encoding(text).ids or [self.unknown], dtype=np.int64)

    def encode_part(self, text: str) -> NDArray[np.int64]:
        """Return the token numbers of a part of a text, (T,), T at least 0; ``growing`` cuts such parts."""
        return np.array(self._encoding(text).ids, dtype=np.int64)

    def tokens(self, text: str) -> list[str]:
        """Return what each number of ``encode`` stands for, as it is written in the text."""
        return [text[first:last] for first, last in self._encoding(text).offsets] or [UNKNOWN]

    def vocabulary(self) -> list[str]:
        """Return every token in the order of the numbers, as the vocabulary writes it."""
        return [*self._vocabulary]

    @cached_property
    def _vocabulary(self) -> list[str]:
        known: dict[str, int] = self._tokenizer.get_vocab(with_added_tokens=False)
        return sorted(known, key=lambda token: known[token])

    def _encoding(self, text: str) -> Any:
        return self._tokenizer.encode(_checked(text), add_special_tokens=False)


def _library() -> Any:
    return checks.extra("tokenizers", "text", "reading text")


def _checked(text: str) -> str:
    if not isinstance(text, str):
        raise DataError(f"a text is {checks.shown(text)}; expected a str.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            f"text {checks.shown(text)} has half a character (a lone surrogate) at position {error.start}; "
            "decode the file that it came from as UTF-8."
        ) from error
    return text


def _count(tokenizer: Any, texts: Iterable[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        composed = tokenizer.normalizer.normalize_str(_checked(text))
        counts.update(piece for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str(composed))
    return counts


def _most_frequent(counts: Counter[str], size: int, least: int) -> dict[str, int]:
    kept = [piece for piece, count in counts.items() if count >= least]
    ranked = sorted(kept, key=lambda piece: (-counts[piece], piece))
    return {piece: number for number, piece in enumerate([UNKNOWN, *ranked[: size - 1]])}


def _merge(pieces: Counter[str], size: int) -> tuple[dict[str, int], list[list[str]]]:
    if size <= BYTES:
        raise ArgumentError(
            f"vocabulary_size is {size}; bpe needs at least {BYTES + 1}: all bytes, and unknown."
        )
    library = _library()
    trainer = library.trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[UNKNOWN],
        initial_alphabet=sorted(library.pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    learner = library.Tokenizer(library.models.BPE())
    learner.pre_tokenizer = library.pre_tokenizers.Split("\n", "removed")
    learner.train_from_iterator(_repeated(pieces), trainer)
    model = json.loads(learner.to_str())["model"]
    return model["vocab"], model["merges"]


def _repeated(pieces: Counter[str]) -> Iterator[str]:
    """Give the trainer every piece as often as it was counted; no byte is written as a line break."""
    for piece in sorted(pieces):
        yield "\n".join([piece] * pieces[piece])


def _written(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
