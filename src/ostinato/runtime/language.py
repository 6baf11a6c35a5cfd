"""A language model, loaded: how likely a text is, and how it might go on."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.language import Nats, TextScores, nats
from ostinato.decode.sample import Sampler
from ostinato.errors import DataError
from ostinato.preprocess.pack import falling
from ostinato.preprocess.prepare import Preprocessor
from ostinato.preprocess.tokens import Tokenizer
from ostinato.preprocess.untokenize import Untokenizer
from ostinato.runtime.base import State
from ostinato.runtime.model import Model, answers_are_finite
from ostinato.runtime.network import Network
from ostinato.spec import model as described
from ostinato.spec.sampling import Sampling

Tokens = NDArray[np.int64]

MOST_SCORES = 2**22
"""Scores that are computed at once at most: this bounds the memory."""

SIDE_BY_SIDE = 64
"""Documents that are read at the same time at most."""

LONGEST_PIECE, FEWEST_PIECES, MOST_PIECES = 512, 64, 256
"""How a text is cut to see what memory is worth: steps of a piece, and how many pieces."""


class TextModel(Model):
    """A language model ready to score and to write. Made by ``ostinato.load``, or from its parts.

    Args:
        spec: everything about it but its weights.
        network: the network with its weights.
        preprocessor: what makes tokens of its text.

    Raises:
        ArgumentError: network or preprocessor is of another model.
    """

    spec: described.LanguageModel

    network: Network

    def __init__(self, spec: described.LanguageModel, network: Network, preprocessor: Preprocessor) -> None:
        super().__init__(spec, network, preprocessor)
        self.tokenizer: Tokenizer = checks.given("tokenizer", preprocessor.tokenizer)
        self.boundary = self.tokenizer.spec.vocabulary_size

    def is_finite(self) -> bool:
        """Return whether the answers to two tiny inputs are finite numbers."""
        return answers_are_finite(self.network)

    def score(self, documents: Sequence[str]) -> TextScores:
        """Return how well the model foretells documents, every token once, each document from its beginning.

        The state is carried through a whole document, however long it is.

        Raises:
            DataError: a document is no text, or the scores overflow.
        """
        encoded = [self.tokenizer.encode(text) for text in documents]
        unknown = sum(int((tokens == self.tokenizer.unknown).sum()) for tokens in encoded)
        return TextScores(self.losses(encoded), [len(text) for text in documents], unknown)

    def losses(self, documents: Sequence[Tokens]) -> list[Nats]:
        """Return the nats of every token of documents that are token numbers (T,) already."""
        found: list[Nats] = [np.empty(len(tokens)) for tokens in documents]
        order = falling(np.array([len(tokens) for tokens in documents], np.int64))
        for first in range(0, len(order), SIDE_BY_SIDE):
            group = order[first : first + SIDE_BY_SIDE]
            self._read([documents[i] for i in group], [found[i] for i in group])
        return found

    def losses_by_memory(self, documents: Sequence[str]) -> Nats:
        """Return what memory is worth: the mean nats of a token after 1, 2, 3 … tokens of context, (K,).

        The documents are cut into pieces, each read from a fresh state; K is their length, ``LONGEST_PIECE``
        or less where the documents are short, and no loss is the mean of fewer than ``FEWEST_PIECES`` pieces
        where there are as many.

        Raises:
            DataError: no document has two tokens.
        """
        encoded = [self.tokenizer.encode(text) for text in documents]
        total = sum(len(tokens) for tokens in encoded)
        longest = min(LONGEST_PIECE, max(len(tokens) for tokens in encoded) - 1)
        length = max(1, min(longest, total // FEWEST_PIECES - 1))
        pieces = [
            tokens[first : first + length + 1]
            for tokens in encoded
            for first in range(0, len(tokens) - length, length + 1)
        ][:MOST_PIECES]
        if not pieces:
            raise DataError("the documents are shorter than two tokens; give longer ones.")
        rows = np.stack(pieces, axis=1)
        means = []
        state = self.network.start(len(pieces))
        for step in range(length):
            state, scores = self._push(state, rows[step : step + 1])
            means.append(nats(scores, rows[step + 1 : step + 2]).mean())
        return np.array(means)

    def generate(
        self,
        prompt: str = "",
        length: int = 200,
        sampling: Sampling | None = None,
        samples: int = 1,
        stop: str | None = None,
    ) -> list[str]:
        """Return texts that go on from a prompt, which is not repeated.

        Args:
            prompt: what stands before; none: a text's beginning.
            length: tokens to write at most.
            sampling: how tokens are drawn; None: as the model has them.
            samples: how many texts.
            stop: where this comes up, the text ends before it.

        Raises:
            DataError: the prompt has a token that the vocabulary lacks.
        """
        texts = [""] * samples
        for pieces in self.write(prompt, length, sampling, samples, stop):
            texts = [text + piece for text, piece in zip(texts, pieces, strict=True)]
        return texts

    def write(
        self,
        prompt: str = "",
        length: int = 200,
        sampling: Sampling | None = None,
        samples: int = 1,
        stop: str | None = None,
    ) -> Iterator[list[str]]:
        """Yield, token after token, what each text goes on with; arguments and errors as for ``generate``.

        The time a token takes does not depend on how much was written before. An empty piece adds nothing:
        the text has ended, or its last character is not whole yet, or may be the beginning of ``stop``.
        """
        checks.positive("length", length)
        read = self._prompt(prompt)
        sampler = Sampler(
            sampling or Sampling(),
            checks.positive("samples", samples),
            banned=[self.tokenizer.unknown],
        )
        seen = np.zeros((samples, self.boundary + 1), bool)
        seen[:, read] = True
        pens = [_Pen(Untokenizer(self.tokenizer), stop) for _ in range(samples)]
        state, scores = self._push(self.network.start(samples), np.repeat(read[:, None], samples, axis=1))
        for _ in range(length):
            tokens = sampler.next(scores[-1], seen)
            seen[np.arange(samples), tokens] = True
            yield [pen.push(int(token), self.boundary) for pen, token in zip(pens, tokens, strict=True)]
            if all(pen.done for pen in pens):
                return
            state, scores = self._push(state, tokens[None])
        yield [pen.finish() for pen in pens]

    def _prompt(self, prompt: str) -> Tokens:
        """Return the boundary and the prompt's tokens."""
        mark = np.array([self.boundary], np.int64)
        if not prompt:
            return mark
        tokens = self.tokenizer.encode(prompt)
        if (tokens == self.tokenizer.unknown).any():
            place = int((tokens == self.tokenizer.unknown).argmax())
            token = checks.shown(self.tokenizer.tokens(prompt)[place])
            raise DataError(f"the prompt has {token}, which the model has never read; write without it.")
        return np.concatenate([mark, tokens])

    def _read(self, documents: list[Tokens], found: list[Nats]) -> None:
        """Score documents side by side, longest first, and fill in what is found."""
        state = self.network.start(len(documents))
        place, most = 0, max(1, MOST_SCORES // (len(documents) * (self.boundary + 1)))
        while documents:
            steps = min(most, len(documents[-1]) - place)
            targets = np.stack([tokens[place : place + steps] for tokens in documents], axis=1)
            before = [tokens[place - 1] if place else self.boundary for tokens in documents]
            state, scores = self._push(state, np.concatenate([[before], targets[:-1]]))
            for losses, column in zip(found, nats(scores, targets).T, strict=True):
                losses[place : place + steps] = column
            place += steps
            documents = [tokens for tokens in documents if len(tokens) > place]
            found = found[: len(documents)]
            state = {name: array[: len(documents)] for name, array in state.items()}

    def _push(self, state: State, rows: Tokens) -> tuple[State, NDArray[np.floating]]:
        after, scores = self.network.push(state, rows)
        if not np.isfinite(scores).all():
            raise DataError("the model's scores overflow; train the model again.")
        return after, scores


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
