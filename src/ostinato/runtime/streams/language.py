"""Streams of a language model: text, or the tokens of music, and what is foretold after them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ostinato import checks
from ostinato.answers.language import Nats, nats
from ostinato.decode.logs import Floats, log_softmax
from ostinato.errors import DataError
from ostinato.preprocess.growing import finished, grown
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.tokens import Tokenizer
from ostinato.runtime.base import Array, RowWise, State
from ostinato.runtime.streams.arrays import array_of
from ostinato.runtime.streams.base import Fingerprint
from ostinato.runtime.streams.engine import Engine
from ostinato.runtime.streams.ragged import RaggedStreams
from ostinato.runtime.streams.texts import rest

MOST_SCORES = 2**22
"""Scores that are computed at once at most: this bounds the memory."""


@dataclass(frozen=True)
class Foretold:
    """What a language model says after a chunk.

    Args:
        tokens: (T,) the tokens that became whole.
        nats: (T,) how surprising each was, -ln p, given all before it.
    """

    tokens: Integers
    nats: Nats
    _scores: Callable[[], Array] = field(repr=False, compare=False)

    @cached_property
    def scores(self) -> Array:
        """Return the scores of the token that comes next, before the softmax, (V,)."""
        scores: Array = self._scores()
        return scores

    @cached_property
    def log_probabilities(self) -> Floats:
        """Return the log-probability of each token to come next, (V,); the boundary's is the text's end."""
        return log_softmax(self.scores)


class TokenStreams(RaggedStreams[Any, Foretold]):
    """Streams of a model of tokens.

    A stream keeps the row that stands before the network's last op, from which the scores of the next token
    are made when they are wanted: they take more room than all else, and more time where words are many.

    Args:
        engine: what takes the network on, until its last op, which makes scores of rows.
        boundary: the token that every sequence begins with.
        count: n.
        fingerprint: of the model.
        tokenizer: what makes tokens of what is pushed; None: tokens are pushed.
    """

    def __init__(
        self,
        engine: Engine,
        boundary: int,
        count: int,
        fingerprint: Fingerprint,
        tokenizer: Tokenizer | None = None,
    ) -> None:
        *_, (name, head) = engine.network.ops.items()
        if not isinstance(head, RowWise):
            raise TypeError(f"the last op of a language model makes scores of rows; {name!r} does not")
        self._head, self._tokenizer, self._size = head, tokenizer, engine.network.spec.input_size
        begin = np.array([boundary], np.int64)
        super().__init__(engine, count, fingerprint, begin, {"said": np.zeros(engine.size, np.float32)})

    def _begin(self, said: Array) -> None:
        self._extra["said"][0] = said

    def scores(self, stream: int) -> Array:
        """Return the scores of the token that comes next, before the softmax, (V,)."""
        scores: Array = self._scored(self._extra["said"][[self._checked(stream)]])[0]
        return scores

    def held(self, stream: int) -> str:
        """Return the text that is held back, which must not end within a character."""
        return finished(self._held[self._checked(stream)])

    def repeated(self, stream: int, count: int) -> tuple[State, Array]:
        """Return a stream's state so many times, as ``Network`` has it, (n, …), and its scores, (1, n, V)."""
        state = self._engine.take(self._checked(stream))
        scores = np.broadcast_to(self.scores(stream), (1, count, self._size))
        return {name: np.repeat(array[None], count, axis=0) for name, array in state.items()}, scores

    def _rows(self, given: Any, stream: int) -> tuple[Array, bytes]:
        if self._tokenizer is not None:
            text, held = grown(self._tokenizer.spec, self._held[stream], given)
            return self._tokenizer.encode_part(text), held
        tokens = np.atleast_1d(array_of("tokens", given))
        fits = tokens.ndim == 1 and tokens.dtype.kind in "iu"
        if not fits or (tokens < 0).any() or (tokens >= self._size).any():
            raise DataError(
                f"tokens are {checks.shown(given)}; expected whole numbers from 0 to {self._size - 1}."
            )
        return tokens.astype(np.int64), b""

    def _answer(self, stream: int, rows: Array, said: Array) -> Foretold:
        before = np.concatenate([self._extra["said"][[stream]], said])
        most = max(1, MOST_SCORES // self._size)
        parts = [
            nats(self._scored(before[first : first + most][: len(rows) - first]), rows[first : first + most])
            for first in range(0, len(rows), most)
        ]
        last = before[-1:].copy()
        self._extra["said"][stream] = last[0]
        return Foretold(rows, np.concatenate([np.empty(0), *parts]), lambda: self._scored(last)[0])

    def _finish(self, stream: int) -> Foretold:
        if self._tokenizer is None:
            return self._heard([(np.empty(0, np.int64), b"")], [stream])[0]
        rows = rest(self._tokenizer, self._held[stream], self.steps(stream))
        return self._heard([(rows, b"")], [stream])[0]

    def _scored(self, rows: Array) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            scores = self._head.rows(rows)
        if not np.isfinite(scores).all():
            raise DataError("the model's scores overflow; train the model again.")
        return scores
