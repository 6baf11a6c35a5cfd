"""A language model of notes, loaded: how likely a piece of music is, and how it might go on."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.answers.language import LossesOf, TokenScores
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.notes import Decoded, NoteTokenizer
from ostinato.read.midi import Score, Scores
from ostinato.runtime.network import Network
from ostinato.runtime.streams.base import Stream
from ostinato.runtime.tokens import TokenModel, Tokens
from ostinato.spec import model as described
from ostinato.spec.sampling import Sampling


class MusicModel(TokenModel):
    """A language model ready to judge music and to write it. Made by ``ostinato.load``, or from its parts.

    Args:
        spec: everything about it but its weights.
        network: the network with its weights.
        preprocessor: what makes tokens of its music.

    Raises:
        ArgumentError: network or preprocessor is of another model.
    """

    preprocessor: NoteTokenizer

    def __init__(self, spec: described.LanguageModel, network: Network, preprocessor: Preprocessor) -> None:
        super().__init__(spec, network, preprocessor)
        self.tokenizer = self.preprocessor

    def encode(self, pieces: Scores) -> list[Tokens]:
        """Return the tokens of each piece.

        Raises:
            DataError: a piece has a time signature that the model cannot write.
        """
        named = zip(pieces.scores, pieces.ids, strict=True)
        return [self.tokenizer.encode(score, name) for score, name in named]

    def score(self, pieces: Scores, losses_of: LossesOf | None = None) -> TokenScores:
        """Return how well the model foretells pieces, every token once, each piece from its beginning.

        Args:
            pieces: music.
            losses_of: what foretells tokens in the model's place, such as ``nn.dynamic.learner``.

        Raises:
            DataError: a piece cannot be written in tokens, or the scores overflow.
        """
        return TokenScores((losses_of or self.losses)(self.encode(pieces)))

    def generate(
        self,
        prompt: Score | None = None,
        length: int = 500,
        sampling: Sampling | None = None,
        samples: int = 1,
        after: Stream[Any, Any] | None = None,
    ) -> list[Decoded]:
        """Return pieces of music, each with the number of its tokens that could not be played.

        Args:
            prompt: music to go on from, which the pieces begin with; None: a piece's beginning.
            length: tokens to write at most; a note takes two to four.
            sampling: how tokens are drawn; None: as the model has them.
            samples: how many pieces.
            after: a stream of this model to go on from, which stays as it is; pieces hold what follows it.

        Raises:
            DataError: the prompt cannot be written in tokens.
            StreamError: the stream is of another model.
        """
        begun = np.empty(0, np.int64) if prompt is None else self.tokenizer.encode(prompt, "the prompt")
        heard = None if after is None else self.stream_of(after)
        read = np.concatenate([[self.boundary], begun]) if heard is None else begun
        drawn = np.stack([*self.draw(read, length, sampling, samples, after=heard)])
        return [self.tokenizer.decode(np.concatenate([begun, self._piece(row)])) for row in drawn.T]

    def _piece(self, tokens: Tokens) -> Tokens:
        """Return the tokens before the piece's end, if it comes."""
        ends: Sequence[int] = np.flatnonzero(tokens == self.boundary).tolist()
        return tokens[: ends[0]] if ends else tokens
