"""Streams of a tagger that reads one way: words, and how likely each tag is after each of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.decode.tags import TagDecoder
from ostinato.errors import DataError
from ostinato.preprocess.words import WordVocabulary
from ostinato.runtime.base import Array
from ostinato.runtime.streams.base import Fingerprint
from ostinato.runtime.streams.engine import Engine
from ostinato.runtime.streams.ragged import RaggedStreams
from ostinato.runtime.streams.series import answer_of

Probabilities = NDArray[np.float64]
Words = str | Sequence[str]


class TagStreams(RaggedStreams[Words, Probabilities]):
    """Streams of a tagger.

    ``push`` takes one word, and returns the probability of each of its tags given the words so far, (C,); or
    a list of T words, for (T, C). ``finish`` returns the probability of each of the sentence's labels, (L,):
    none, (0,), where the model tells no label.

    Args:
        engine: what takes the network on, until a conditional random field.
        words: what makes numbers of words.
        decoder: what knows which tags may follow each other.
        label: whether the network's branch ``label`` tells one.
        count: n.
        fingerprint: of the model.
    """

    def __init__(
        self,
        engine: Engine,
        words: WordVocabulary,
        decoder: TagDecoder,
        label: bool,
        count: int,
        fingerprint: Fingerprint,
    ) -> None:
        self._words, self._decoder, self._label = words, decoder, label
        super().__init__(engine, count, fingerprint, extra={"paths": np.zeros(engine.size)})

    def _rows(self, given: Words, stream: int) -> tuple[Array, bytes]:
        words = [given] if isinstance(given, str) else given
        if not isinstance(words, Sequence) or isinstance(words, bytes):
            raise DataError(f"words are {checks.shown(given)}; expected a word, or a list of words.")
        return self._words.encode(words), b""

    def push(self, given: Sequence[Words], streams: Sequence[int] | None = None) -> list[Probabilities]:
        """Take m streams on: m words, or lists of words, to m arrays (C,) or (T, C)."""
        answers = super().push(given, streams)
        return [_shaped(words, answer) for words, answer in zip(given, answers, strict=True)]

    def _one(self, given: Words) -> Probabilities:
        return _shaped(given, super()._one(given))

    def _answer(self, stream: int, rows: Array, said: Array) -> Probabilities:
        before = self._extra["paths"][stream] if self._steps[stream] > len(rows) else None
        self._extra["paths"][stream], answer = self._decoder.following(before, said)
        return answer

    def _finish(self, stream: int) -> Probabilities:
        if not self._label:
            return np.empty(0)
        return answer_of(self._engine.network, self._engine.take(stream), "label")


def _shaped(given: Any, answer: Probabilities) -> Probabilities:
    return answer[0] if isinstance(given, str) else answer
