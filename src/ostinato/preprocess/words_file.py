"""The one form of ``tokenizer.json`` that the directory of a model of words may hold."""

import json
from collections.abc import Sequence
from typing import Any

from ostinato import checks
from ostinato.errors import DataError
from ostinato.preprocess.tokens_file import parsed
from ostinato.spec.preprocessing import Words

UNNAMED_WORDS, UNNAMED_LETTERS = 1, 2
"""Numbers that no word (the unknown one) and no letter (none, and unknown) stands for."""

KEYS = ("words", "letters")
LONGEST_WORD = 65_536


def to_bytes(words: Sequence[str], letters: Sequence[str]) -> bytes:
    """Return words and letters, in the order of their numbers, as JSON."""
    content = dict(zip(KEYS, (list(words), list(letters)), strict=True))
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def from_bytes(spec: Words, content: bytes) -> tuple[list[str], list[str]]:
    """Return the words and letters in these bytes, or raise a DataError that says what is wrong with them."""
    found = parsed(content)
    if not isinstance(found, dict) or tuple(found) != KEYS:
        raise DataError(
            "tokenizer.json holds no words and letters; copy the one that this model was trained with."
        )
    words = _checked("words", found["words"], spec.words - UNNAMED_WORDS, LONGEST_WORD)
    return words, _checked("letters", found["letters"], spec.letters - UNNAMED_LETTERS, 1)


def _checked(name: str, texts: Any, count: int, longest: int) -> list[str]:
    if not isinstance(texts, list) or len(texts) != count:
        size = len(texts) if isinstance(texts, list) else "no"
        raise DataError(f"tokenizer.json has {size} {name}; the model expects {count}.")
    for text in texts:
        if not isinstance(text, str) or not 1 <= len(text) <= longest or _is_broken(text):
            raise DataError(f"tokenizer.json: {checks.shown(text)} among its {name} is none.")
    if len(set(texts)) != len(texts):
        raise DataError(f"tokenizer.json: one of its {name} stands twice.")
    return texts


def _is_broken(text: str) -> bool:
    """Return whether a text has half a character."""
    return any("\ud800" <= letter <= "\udfff" for letter in text)
