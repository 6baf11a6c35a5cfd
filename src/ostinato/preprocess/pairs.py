"""The two vocabularies of pairs of texts, as one file: one that both sides share, or an object of both."""

import json
from collections.abc import Sequence

from ostinato import checks
from ostinato.errors import DataError
from ostinato.preprocess.tokens import Tokenizer
from ostinato.preprocess.tokens_file import parsed
from ostinato.spec.preprocessing import TokenPair

Tokenizers = tuple[Tokenizer, Tokenizer]
SIDES = ("source", "target")


def fit(
    sources: Sequence[str],
    targets: Sequence[str],
    method: str,
    vocabulary_size: int,
    *,
    shared: bool,
    lowercase: bool,
    minimum_count: int,
) -> tuple[TokenPair, Tokenizers]:
    """Return the tokenizers of both sides, fitted on these texts; a shared one on both together.

    Args:
        sources, targets: the training part.
        method, vocabulary_size, lowercase, minimum_count: as for ``Tokenizer.fit``.
        shared: whether there is one vocabulary for both.

    Example:
        >>> spec, (source, target) = fit(["a dog"], ["ein Hund"], "word", 9, shared=False,
        ...     lowercase=False, minimum_count=1)
        >>> source.vocabulary(), target.vocabulary()
        (['[UNK]', 'a', 'dog'], ['[UNK]', 'Hund', 'ein'])
    """
    groups = [[*sources, *targets]] if shared else [sources, targets]
    fitted = [
        Tokenizer.fit(texts, method, vocabulary_size, lowercase, minimum_count)  # type: ignore[arg-type]
        for texts in groups
    ]
    source, target = fitted[0], fitted[-1]
    return TokenPair(source=source.spec, target=target.spec, shared=shared), (source, target)


def to_json(source: Tokenizer, target: Tokenizer | None) -> bytes:
    """Return both vocabularies in one file."""
    both = dict(zip(SIDES, (source, checks.given("target", target)), strict=True))
    parts = {side: json.loads(tokenizer.to_json()) for side, tokenizer in both.items()}
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()


def from_json(spec: TokenPair, content: bytes) -> Tokenizers:
    """Return both tokenizers; refuse with a DataError what is not the file that was written."""
    if spec.shared:
        tokenizer = Tokenizer.from_json(spec.source, content)
        return tokenizer, tokenizer
    found = parsed(content)
    if not isinstance(found, dict) or found.keys() != set(SIDES):
        raise DataError("tokenizer.json must hold two vocabularies, source and target, and nothing else.")
    source, target = (json.dumps(found[side]).encode() for side in SIDES)
    return Tokenizer.from_json(spec.source, source), Tokenizer.from_json(spec.target, target)
