"""Words that are tagged some words late, by a network that reads both ways."""

from collections.abc import Callable, Sequence

import numpy as np

from ostinato import checks
from ostinato.decode.tags import TagDecoder
from ostinato.errors import DataError, StreamError
from ostinato.runtime.base import Array

Score = Callable[[Sequence[str]], Array]
"""From words to the scores of their tags, (T, C)."""


class Chunks:
    """A sentence, or words without end, that are still being heard. Made by ``Tagger.chunks``.

    The words that were heard last are read together, and those that ``look_ahead`` words follow are tagged.
    That is an approximation: a network that reads both ways may look at all that follows. Where everything
    is pushed at once, or fits in one chunk, the tags are those of ``Tagger.predict``; and no cut ever breaks
    the tags' scheme.

    Args:
        score: what scores words.
        decoder: what knows which tags may follow each other.
        tags: the C tags' names.
        look_ahead: how many words must follow a word before it is tagged.
        size: how many words are tagged together, at least.
        context: how many words before them are read again.
    """

    def __init__(
        self,
        score: Score,
        decoder: TagDecoder,
        tags: Sequence[str],
        look_ahead: int,
        size: int,
        context: int,
    ) -> None:
        self._score, self._decoder, self._tags = score, decoder, tags
        self._look_ahead = checks.positive("look_ahead", look_ahead)
        self._size = checks.positive("size", size)
        self._context = checks.positive("context", context)
        self.reset()

    def push(self, words: str | Sequence[str]) -> list[str]:
        """Hear a word, or several, and return the tags of those that are decided now, in order; often none.

        Raises:
            DataError: a word is no text; nothing has changed.
            StreamError: the words have ended.
        """
        if self._ended:
            raise StreamError("the words have ended: finish() was called; reset() begins a new sentence.")
        given = [words] if isinstance(words, str) else list(words)
        if not all(isinstance(word, str) and word for word in given):
            raise DataError(f"words are {checks.shown(words)}; expected words that are not empty.")
        pending = [*self._pending, *given]
        decided = len(pending) - self._look_ahead
        return self._tagged(pending, decided if decided >= self._size else 0)

    def finish(self) -> list[str]:
        """Return the tags of all words that were not decided yet: none follows them."""
        tags = self._tagged(self._pending, len(self._pending), ended=True)
        self._ended = True
        return tags

    def reset(self) -> None:
        """Forget all words: the next one begins a sentence."""
        self._read: list[str] = []
        self._pending: list[str] = []
        self._last: int | None = None
        self._ended = False

    def _tagged(self, pending: list[str], decided: int, *, ended: bool = False) -> list[str]:
        """Decide the first words of those that wait."""
        numbers = []
        if decided:
            scores = self._score([*self._read, *pending])[len(self._read) :]
            numbers = self._decoder.continued(self._last, np.asarray(scores), ended=ended)[:decided].tolist()
            self._last = numbers[-1]
        self._read = [*self._read, *pending[:decided]][-self._context :]
        self._pending = pending[decided:]
        return [self._tags[number] for number in numbers]
