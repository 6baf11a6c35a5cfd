"""Words of sentences to rows of numbers: the word's own, then those of its letters.

Word 0 is the unknown one. Letter 0 is none, letter 1 the unknown one.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.words_file import UNNAMED_LETTERS, UNNAMED_WORDS, from_bytes, to_bytes
from ostinato.spec.preprocessing import Words

Rows = NDArray[np.int64]

UNKNOWN_LETTER = 1
_DIGIT = re.compile(r"[0-9]")


class WordVocabulary(Preprocessor):
    """The words and letters of the training part, numbered.

    Args:
        spec: how words are looked up, and how many numbers there are.
        words: those of number 1, 2, 3 …
        letters: those of number 2, 3, 4 …

    Example:
        >>> vocabulary = WordVocabulary.fit([["To", "be"], ["not", "to", "be"]], word_length=3)
        >>> vocabulary.encode(["be", "better"]).tolist()
        [[1, 3, 4, 0], [0, 3, 4, 1]]
    """

    unknown = 0

    def __init__(self, spec: Words, words: Sequence[str], letters: Sequence[str]) -> None:
        self.spec: Words = spec
        self.words, self.letters = tuple(words), tuple(letters)
        self._words = {word: number for number, word in enumerate(words, start=UNNAMED_WORDS)}
        self._letters = {letter: number for number, letter in enumerate(letters, start=UNNAMED_LETTERS)}

    @classmethod
    def fit(
        cls,
        sentences: Iterable[Sequence[str]],
        *,
        word_length: int,
        size: int = 50_000,
        minimum_count: int = 1,
        lowercase: bool = True,
        fold_digits: bool = True,
    ) -> "WordVocabulary":
        """Return the most frequent words of sentences, and all their letters; equals in alphabetical order.

        Args:
            sentences: the training part, in words.
            word_length: how many letters of a word are read.
            size: words kept at most, the unknown one included.
            minimum_count: a word seen less often is not kept.
            lowercase, fold_digits: what is done before a word is looked up.
        """
        words, letters = Counter[str](), Counter[str]()
        for sentence in sentences:
            for word in sentence:
                words[_normal(_checked(word), lowercase, fold_digits)] += 1
                letters.update(word)
        kept = _ranked(words, minimum_count)[: size - UNNAMED_WORDS]
        found = _ranked(letters, 1)
        spec = Words(
            lowercase=lowercase,
            fold_digits=fold_digits,
            words=len(kept) + UNNAMED_WORDS,
            letters=len(found) + UNNAMED_LETTERS,
            word_length=word_length,
        )
        return cls(spec, kept, found)

    @classmethod
    def from_json(cls, spec: Words, content: bytes) -> "WordVocabulary":
        """Return the vocabulary that ``tokenizer_json`` wrote; refuse everything else with a DataError."""
        return cls(spec, *from_bytes(spec, content))

    def tokenizer_json(self) -> bytes:
        """Return the vocabulary as JSON, the same bytes for the same words."""
        return to_bytes(self.words, self.letters)

    def encode(self, sentence: Sequence[str]) -> Rows:
        """Return a sentence's rows (T, 1 + K).

        Raises:
            DataError: it has no word, or one that is no text or empty.
        """
        if not len(sentence):
            raise DataError("a sentence has no words; expected at least one.")
        rows = np.zeros((len(sentence), 1 + self.spec.word_length), np.int64)
        for row, word in zip(rows, sentence, strict=True):
            row[0] = self.number(_checked(word))
            letters = [self._letters.get(letter, UNKNOWN_LETTER) for letter in self._shortened(word)]
            row[1 : 1 + len(letters)] = letters
        return rows

    def number(self, word: str) -> int:
        """Return a word's number."""
        return self._words.get(_normal(word, self.spec.lowercase, self.spec.fold_digits), self.unknown)

    def unknown_rate(self, sentences: Iterable[Sequence[str]]) -> float:
        """Return the part of these sentences' words that the vocabulary lacks."""
        numbers = [self.number(word) for sentence in sentences for word in sentence]
        return numbers.count(self.unknown) / len(numbers)

    def _shortened(self, word: str) -> str:
        """Return a word's first and last letters, where it has more than are read."""
        most = self.spec.word_length
        return word if len(word) <= most else word[: most - most // 2] + word[len(word) - most // 2 :]


def _normal(word: str, lowercase: bool, fold_digits: bool) -> str:
    word = word.lower() if lowercase else word
    return _DIGIT.sub("0", word) if fold_digits else word


def _ranked(counts: Counter[str], least: int) -> list[str]:
    kept = [name for name, count in counts.items() if count >= least]
    return sorted(kept, key=lambda name: (-counts[name], name))


def _checked(word: str) -> str:
    if not isinstance(word, str) or not word:
        raise DataError(f"a word is {checks.shown(word)}; expected a str that is not empty.")
    try:
        word.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            f"word {checks.shown(word)} has half a character (a lone surrogate); decode the file that it "
            "came from as UTF-8."
        ) from error
    return word
