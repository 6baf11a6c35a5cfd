"""A model of token sequences, loaded: how likely one is, and how it might go on."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.language import Nats, nats
from ostinato.decode.sample import Sampler
from ostinato.errors import DataError, StreamError
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.pack import falling
from ostinato.preprocess.text import TextPreprocessor
from ostinato.runtime.base import State
from ostinato.runtime.model import ChainModel
from ostinato.runtime.network import Network
from ostinato.runtime.streams.base import Stream
from ostinato.runtime.streams.language import MOST_SCORES, TokenStreams
from ostinato.spec import model as described
from ostinato.spec.sampling import Sampling

Tokens = NDArray[np.int64]

SIDE_BY_SIDE = 64
"""Documents that are read at the same time at most."""

LONGEST_PIECE, FEWEST_PIECES, MOST_PIECES = 512, 64, 256
"""How documents are cut to see what memory is worth: steps of a piece, and how many pieces."""


class TokenModel(ChainModel):
    """What models of text and of music have in common, whatever their tokens stand for.

    Args:
        spec: everything about it but its weights.
        network: the network with its weights.
        preprocessor: what makes tokens of its data.

    Raises:
        ArgumentError: network or preprocessor is of another model.
    """

    spec: described.LanguageModel

    def __init__(self, spec: described.LanguageModel, network: Network, preprocessor: Preprocessor) -> None:
        super().__init__(spec, network, preprocessor)
        self.boundary = spec.preprocessing.boundary

    def losses(self, documents: Sequence[Tokens]) -> list[Nats]:
        """Return the nats of every token of documents that are token numbers (T,) already."""
        found: list[Nats] = [np.empty(len(tokens)) for tokens in documents]
        order = falling(np.array([len(tokens) for tokens in documents], np.int64))
        for first in range(0, len(order), SIDE_BY_SIDE):
            group = order[first : first + SIDE_BY_SIDE]
            self._read([documents[i] for i in group], [found[i] for i in group])
        return found

    def memory(self, documents: Sequence[Tokens]) -> Nats:
        """Return what memory is worth: the mean nats of a token after 1, 2, 3 … tokens of context, (K,).

        The documents are cut into pieces, each read from a fresh state; K is their length, ``LONGEST_PIECE``
        or less where the documents are short, and no loss is the mean of fewer than ``FEWEST_PIECES`` pieces
        where there are as many.

        Raises:
            DataError: no document has two tokens.
        """
        total = sum(len(tokens) for tokens in documents)
        longest = min(LONGEST_PIECE, max(len(tokens) for tokens in documents) - 1)
        length = max(1, min(longest, total // FEWEST_PIECES - 1))
        pieces = [
            tokens[first : first + length + 1]
            for tokens in documents
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

    def draw(
        self,
        read: Tokens,
        length: int,
        sampling: Sampling | None = None,
        samples: int = 1,
        banned: Iterable[int] = (),
        after: TokenStreams | None = None,
    ) -> Iterator[Tokens]:
        """Yield the next token of each of n sequences, (n,), ``length`` times or until the caller stops.

        The time a token takes does not depend on how many were drawn before.

        Args:
            read: (T,) what they go on from, the boundary first; after a stream, what follows it.
            length: tokens to draw at most.
            sampling: how tokens are drawn; None: as the model has them.
            samples: how many sequences, n.
            banned: tokens that are never drawn.
            after: one stream to go on from, which stays as it is. What it heard counts for no repetition
                penalty.
        """
        checks.positive("length", length)
        sampler = Sampler(sampling or Sampling(), checks.positive("samples", samples), banned)
        seen = np.zeros((samples, self.network.spec.input_size), bool)
        seen[:, read] = True
        state, scores = self._begun(read, samples, after)
        for number in range(1, length + 1):
            tokens = sampler.next(scores[-1], seen)
            seen[np.arange(samples), tokens] = True
            yield tokens
            if number < length:
                state, scores = self._push(state, tokens[None])

    def stream_of(self, after: Stream[Any, Any]) -> TokenStreams:
        """Return a copy of a stream, to go on from.

        Raises:
            StreamError: it is of another model, or no stream.
        """
        if not isinstance(after, Stream):
            raise StreamError(f"after is {checks.shown(after)}; expected a stream of this model.")
        copy = self._streams(1)
        copy.restore(after.state(), 0)
        return copy

    def _streams(self, count: int) -> TokenStreams:
        read = self.preprocessor
        tokenizer = read.tokenizer if isinstance(read, TextPreprocessor) else None
        engine = self._engine.again(count)
        return TokenStreams(engine, self.boundary, count, self.fingerprint, tokenizer)

    def _steps(self) -> tuple[str | None, None, bool]:
        return [*self.network.ops][-1], None, False

    def _begun(
        self, read: Tokens, samples: int, after: TokenStreams | None
    ) -> tuple[State, NDArray[np.floating]]:
        """Return the state of n sequences after what they go on from, and the scores of what is next."""
        rows = np.repeat(read[:, None], samples, axis=1)
        if after is None:
            return self._push(self.network.start(samples), rows)
        state, scores = after.repeated(0, samples)
        return self._push(state, rows) if len(read) else (state, scores)

    def _read(self, documents: list[Tokens], found: list[Nats]) -> None:
        """Score documents side by side, longest first, and fill in what is found."""
        state = self.network.start(len(documents))
        place, most = 0, max(1, MOST_SCORES // (len(documents) * self.network.spec.input_size))
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
