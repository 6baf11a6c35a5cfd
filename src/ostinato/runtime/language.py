"""A language model, loaded: how likely a text is, and how it might go on."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ostinato import checks
from ostinato.answers.language import LossesOf, Nats, TextScores
from ostinato.errors import DataError
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.text import TextPreprocessor
from ostinato.preprocess.untokenize import Untokenizer
from ostinato.runtime.network import Network
from ostinato.runtime.streams.base import Stream
from ostinato.runtime.tokens import TokenModel, Tokens
from ostinato.spec import model as described
from ostinato.spec.sampling import Sampling


class TextModel(TokenModel):
    """A language model ready to score and to write. Made by ``ostinato.load``, or from its parts.

    Args:
        spec: everything about it but its weights.
        network: the network with its weights.
        preprocessor: what makes tokens of its text.

    Raises:
        ArgumentError: network or preprocessor is of another model.
    """

    spec: described.LanguageModel
    preprocessor: TextPreprocessor

    def __init__(self, spec: described.LanguageModel, network: Network, preprocessor: Preprocessor) -> None:
        super().__init__(spec, network, preprocessor)
        self.tokenizer = self.preprocessor.tokenizer

    def score(self, documents: Sequence[str], losses_of: LossesOf | None = None) -> TextScores:
        """Return how well the model foretells documents, every token once, each document from its beginning.

        The state is carried through a whole document, however long it is.

        Args:
            documents: texts.
            losses_of: what foretells tokens in the model's place, such as ``nn.dynamic.learner``.

        Raises:
            DataError: a document is no text, or the scores overflow.
        """
        encoded = [self.tokenizer.encode(text) for text in documents]
        unknown = sum(int((tokens == self.tokenizer.unknown).sum()) for tokens in encoded)
        return TextScores((losses_of or self.losses)(encoded), [len(text) for text in documents], unknown)

    def losses_by_memory(self, documents: Sequence[str]) -> Nats:
        """Return what memory is worth, as ``memory`` does, from texts."""
        return self.memory([self.tokenizer.encode(text) for text in documents])

    def generate(
        self,
        prompt: str = "",
        length: int = 200,
        sampling: Sampling | None = None,
        samples: int = 1,
        stop: str | None = None,
        after: Stream[Any, Any] | None = None,
    ) -> list[str]:
        """Return texts that go on from a prompt, which is not repeated.

        Args:
            prompt: what stands before; none: a text's beginning.
            length: tokens to write at most.
            sampling: how tokens are drawn; None: as the model has them.
            samples: how many texts.
            stop: where this comes up, the text ends before it.
            after: a stream of this model to go on from, behind which the prompt stands. It stays as it is;
                what it heard counts for no repetition penalty.

        Raises:
            DataError: the prompt has a token that the vocabulary lacks.
            StreamError: the stream is of another model.
        """
        texts = [""] * samples
        for pieces in self.write(prompt, length, sampling, samples, stop, after):
            texts = [text + piece for text, piece in zip(texts, pieces, strict=True)]
        return texts

    def write(
        self,
        prompt: str = "",
        length: int = 200,
        sampling: Sampling | None = None,
        samples: int = 1,
        stop: str | None = None,
        after: Stream[Any, Any] | None = None,
    ) -> Iterator[list[str]]:
        """Yield, token after token, what each text goes on with; arguments and errors as for ``generate``.

        The time a token takes does not depend on how much was written before. An empty piece adds nothing:
        the text has ended, or its last character is not whole yet, or may be the beginning of ``stop``.
        """
        pens = [_Pen(Untokenizer(self.tokenizer), stop) for _ in range(checks.positive("samples", samples))]
        begun = None if after is None else self.stream_of(after)
        read = self._prompt(prompt) if begun is None else self._encoded(begun.held(0) + prompt)
        for tokens in self.draw(read, length, sampling, samples, [self.tokenizer.unknown], begun):
            yield [pen.push(int(token), self.boundary) for pen, token in zip(pens, tokens, strict=True)]
            if all(pen.done for pen in pens):
                return
        yield [pen.finish() for pen in pens]

    def _prompt(self, prompt: str) -> Tokens:
        """Return the boundary and the prompt's tokens."""
        return np.concatenate([np.array([self.boundary], np.int64), self._encoded(prompt)])

    def _encoded(self, prompt: str) -> Tokens:
        """Return the tokens of a prompt, all of which are known."""
        if not prompt:
            return np.empty(0, np.int64)
        tokens = self.tokenizer.encode(prompt)
        if (tokens == self.tokenizer.unknown).any():
            place = int((tokens == self.tokenizer.unknown).argmax())
            token = checks.shown(self.tokenizer.tokens(prompt)[place])
            raise DataError(f"the prompt has {token}, which the model has never read; write without it.")
        return tokens


class _Pen:
    """Writes one text: ends it where its end, or the stop, comes up, and holds back what may be the stop."""

    def __init__(self, writer: Untokenizer, stop: str | None) -> None:
        self.done = False
        self._writer, self._stop, self._held = writer, stop or "", ""

    def push(self, token: int, boundary: int) -> str:
        """Return what is sure to be part of the text after one more token."""
        if self.done:
            return ""
        if token == boundary:
            return self.finish()
        return self._release(self._writer.push(token))

    def finish(self) -> str:
        """Return what was held back: the text is over."""
        if self.done:
            return ""
        text = self._release(self._writer.finish())
        rest, self._held = ("", "") if self.done else (self._held, "")
        self.done = True
        return text + rest

    def _release(self, piece: str) -> str:
        text = self._held + piece
        if self._stop and self._stop in text:
            self.done, self._held = True, ""
            return text[: text.index(self._stop)]
        kept = _overlap(text, self._stop)
        self._held = text[len(text) - kept :]
        return text[: len(text) - kept]


def _overlap(text: str, stop: str) -> int:
    """Return how many of a text's last characters may be the first ones of ``stop``."""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:n])), 0)
