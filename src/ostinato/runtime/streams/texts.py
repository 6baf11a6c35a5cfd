"""Streams of text: a classifier hears characters, words or byte pairs."""

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.classify import softmax
from ostinato.preprocess.growing import finished, grown
from ostinato.preprocess.tokens import Tokenizer
from ostinato.runtime.base import Array
from ostinato.runtime.streams.base import Fingerprint
from ostinato.runtime.streams.engine import Engine
from ostinato.runtime.streams.ragged import RaggedStreams
from ostinato.runtime.streams.series import answer_of

Probabilities = NDArray[np.float64]


class TextStreams(RaggedStreams[str | bytes, Probabilities]):
    """Streams of a classifier of texts.

    ``push`` takes text, or its bytes in UTF-8, cut anywhere, and returns the labels' probabilities after
    each token that has become whole, (T, C): none while a word or a character is still open. ``finish``
    hears what is left, and returns those of the whole text, (C,).

    Args:
        engine: what takes the network on.
        tokenizer: what makes tokens of the text.
        count: n.
        fingerprint: of the model.
    """

    def __init__(self, engine: Engine, tokenizer: Tokenizer, count: int, fingerprint: Fingerprint) -> None:
        self._tokenizer = tokenizer
        super().__init__(engine, count, fingerprint)

    def _rows(self, given: str | bytes, stream: int) -> tuple[Array, bytes]:
        text, held = grown(self._tokenizer.spec, self._held[stream], given)
        return self._tokenizer.encode_part(text), held

    def _answer(self, stream: int, rows: Array, said: Array) -> Probabilities:
        return softmax(said) if len(said) else said.astype(np.float64)

    def _finish(self, stream: int) -> Probabilities:
        rows = rest(self._tokenizer, self._held[stream], self.steps(stream))
        self._heard([(rows, b"")], [stream])
        return answer_of(self._engine.network, self._engine.take(stream))


def rest(tokenizer: Tokenizer, held: bytes, steps: int) -> NDArray[np.int64]:
    """Return the tokens of what was held back; of a text without any, the unknown one."""
    text = finished(held)
    return tokenizer.encode_part(text) if steps else tokenizer.encode(text)
