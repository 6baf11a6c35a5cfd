"""The one form of ``tokenizer.json`` that a model directory may hold."""

import json
from typing import Any

from ostinato import checks
from ostinato.errors import DataError
from ostinato.spec.preprocessing import Tokens

UNKNOWN = "[UNK]"
LARGEST_FILE = 64 * 2**20
LONGEST_TOKEN = 65_536

_SPLITS: dict[str, dict[str, Any]] = {
    "word": {"type": "Whitespace"},
    "spaced": {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": r"[^\S\n]+"}, "behavior": "Removed", "invert": False},
            {"type": "Split", "pattern": {"String": "\n"}, "behavior": "Isolated", "invert": False},
        ],
    },
    "char": {"type": "Split", "pattern": {"Regex": r"[\s\S]"}, "behavior": "Isolated", "invert": False},
    "bpe": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True},
}


def document(
    method: str, lowercase: bool, vocabulary: dict[str, int], merges: list[list[str]]
) -> dict[str, Any]:
    """Return a tokenizer as Hugging Face JSON: fixed in everything but vocabulary and merges."""
    normalizers = [{"type": "NFC"}, *([{"type": "Lowercase"}] if lowercase else [])]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Sequence", "normalizers": normalizers},
        "pre_tokenizer": _SPLITS[method],
        "post_processor": None,
        "decoder": None,
        "model": _bpe(vocabulary, merges) if method == "bpe" else _words(vocabulary),
    }


def from_bytes(spec: Tokens, content: bytes) -> dict[str, Any]:
    """Return the document in these bytes, or raise a DataError that says what is wrong with it."""
    found = parsed(content)
    model = found.get("model") if isinstance(found, dict) else None
    if not isinstance(model, dict):
        raise DataError("tokenizer.json holds no tokenizer model; write it with `ostinato train`.")
    vocabulary = _checked_vocabulary(spec, model.get("vocab"))
    merges = _checked_merges(vocabulary, model.get("merges")) if spec.tokens == "bpe" else []
    expected = document(spec.tokens, spec.lowercase, vocabulary, merges)
    if found != expected:
        raise DataError(
            f"tokenizer.json is not the {spec.tokens} tokenizer that this model was trained with: "
            f"{_difference(found, expected)} differs; only vocabulary and merges may."
        )
    return expected


def parsed(content: bytes) -> Any:
    """Return what a ``tokenizer.json`` says, or raise a DataError: too large, or no JSON."""
    if len(content) > LARGEST_FILE:
        raise DataError(f"tokenizer.json has {len(content)} bytes; expected at most {LARGEST_FILE}.")
    try:
        return json.loads(content.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise DataError(f"tokenizer.json is not JSON: {checks.shown(str(error), 200)}.") from error


def _words(vocabulary: dict[str, int]) -> dict[str, Any]:
    return {"type": "WordLevel", "vocab": vocabulary, "unk_token": UNKNOWN}


def _bpe(vocabulary: dict[str, int], merges: list[list[str]]) -> dict[str, Any]:
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": vocabulary,
        "merges": merges,
    }


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _checked_vocabulary(spec: Tokens, vocabulary: Any) -> dict[str, int]:
    if not isinstance(vocabulary, dict) or len(vocabulary) != spec.vocabulary_size:
        size = len(vocabulary) if isinstance(vocabulary, dict) else "no"
        raise DataError(f"tokenizer.json has {size} tokens; the model expects {spec.vocabulary_size}.")
    numbers = list(vocabulary.values())
    if not all(type(number) is int for number in numbers) or sorted(numbers) != list(range(len(numbers))):
        raise DataError("tokenizer.json: the tokens' numbers must be 0, 1, 2 … without gap or repetition.")
    if vocabulary.get(UNKNOWN) != 0:
        raise DataError(f"tokenizer.json: token number 0 must be {UNKNOWN}.")
    for token in vocabulary:
        _check_token(token)
    return vocabulary


def _check_token(token: str) -> None:
    if len(token) > LONGEST_TOKEN:
        raise DataError(
            f"tokenizer.json: a token has {len(token)} characters; at most {LONGEST_TOKEN} are read."
        )
    try:
        token.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"tokenizer.json: token {checks.shown(token)} has half a character.") from error


def _checked_merges(vocabulary: dict[str, int], merges: Any) -> list[list[str]]:
    if not isinstance(merges, list) or len(merges) > len(vocabulary):
        raise DataError("tokenizer.json: merges must be a list, no longer than the vocabulary.")
    for pair in merges:
        fits = isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)
        if not fits or not {*pair, "".join(pair)} <= vocabulary.keys():
            raise DataError(
                f"tokenizer.json: merge {checks.shown(pair)}; expected two tokens that join to a third one."
            )
    return merges


def _difference(found: dict[str, Any], expected: dict[str, Any]) -> str:
    names = [name for name in expected if found.get(name) != expected[name]]
    names += [checks.shown(name) for name in found if name not in expected]
    return ", ".join(names[:5])
