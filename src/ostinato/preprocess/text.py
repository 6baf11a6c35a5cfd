"""Texts as token numbers."""

from typing import cast

import numpy as np

from ostinato.preprocess.base import Prepared, SequencePreprocessor
from ostinato.preprocess.tokens import Tokenizer
from ostinato.read.sequences import Sequences
from ostinato.spec.preprocessing import Tokens


class TextPreprocessor(SequencePreprocessor):
    """Reads texts as tokens.

    Args:
        tokenizer: the fitted tokenizer.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.spec: Tokens = tokenizer.spec
        self.tokenizer = tokenizer

    def tokenizer_json(self) -> bytes:
        """Return the vocabulary as Hugging Face JSON."""
        return self.tokenizer.to_json()

    def unknown_rate(self, sequences: Sequences) -> float:
        """Return the part of these texts' tokens that the vocabulary lacks."""
        return float((np.concatenate(self.apply(sequences)) == Tokenizer.unknown).mean())

    def _applied(self, sequences: Sequences) -> Prepared:
        return [self.tokenizer.encode(text) for text in cast(list[str], sequences.values)]
