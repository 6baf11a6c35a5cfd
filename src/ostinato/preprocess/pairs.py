"""Pairs of texts, such as a sentence and its translation: one vocabulary for both sides, or one each."""

import json
from collections.abc import Sequence

from ostinato.errors import DataError
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.tokens import Tokenizer
from ostinato.preprocess.tokens_file import parsed
from ostinato.spec.preprocessing import TokenPair

SIDES = ("source", "target")


class PairPreprocessor(Preprocessor):
    """The tokenizers of both sides; a shared vocabulary is one and the same.

    Args:
        spec: both vocabularies, as data.
        source: reads what is translated or answered.
        target: reads and writes what is said.

    Example:
        >>> pair = PairPreprocessor.fit(["a dog"], ["ein Hund"], "word", 9, shared=False, lowercase=False,
        ...     minimum_count=1)
        >>> pair.source.vocabulary(), pair.target.vocabulary()
        (['[UNK]', 'a', 'dog'], ['[UNK]', 'Hund', 'ein'])
    """

    def __init__(self, spec: TokenPair, source: Tokenizer, target: Tokenizer) -> None:
        self.spec: TokenPair = spec
        self.source = source
        self.target = target

    @classmethod
    def fit(
        cls,
        sources: Sequence[str],
        targets: Sequence[str],
        method: str,
        vocabulary_size: int,
        *,
        shared: bool,
        lowercase: bool,
        minimum_count: int,
    ) -> "PairPreprocessor":
        """Fit both sides to these texts; a shared vocabulary to both together.

        Args:
            sources, targets: the training part.
            method, vocabulary_size, lowercase, minimum_count: as for ``Tokenizer.fit``.
            shared: whether there is one vocabulary for both.
        """
        groups = [[*sources, *targets]] if shared else [sources, targets]
        fitted = [
            Tokenizer.fit(texts, method, vocabulary_size, lowercase, minimum_count)  # type: ignore[arg-type]
            for texts in groups
        ]
        source, target = fitted[0], fitted[-1]
        return cls(TokenPair(source=source.spec, target=target.spec, shared=shared), source, target)

    @classmethod
    def from_json(cls, spec: TokenPair, content: bytes) -> "PairPreprocessor":
        """Return what ``tokenizer_json`` wrote; refuse everything else with a DataError."""
        if spec.shared:
            tokenizer = Tokenizer.from_json(spec.source, content)
            return cls(spec, tokenizer, tokenizer)
        found = parsed(content)
        if not isinstance(found, dict) or found.keys() != set(SIDES):
            raise DataError("tokenizer.json must hold two vocabularies, source and target, and nothing else.")
        source, target = (json.dumps(found[side]).encode() for side in SIDES)
        return cls(spec, Tokenizer.from_json(spec.source, source), Tokenizer.from_json(spec.target, target))

    def tokenizer_json(self) -> bytes:
        """Return the vocabulary that both share or, if they do not, an object of both."""
        if self.spec.shared:
            return self.source.to_json()
        both = dict(zip(SIDES, (self.source, self.target), strict=True))
        parts = {side: json.loads(tokenizer.to_json()) for side, tokenizer in both.items()}
        return json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()
