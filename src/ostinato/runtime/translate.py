"""A translation model, loaded: texts in, translations out."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.language import Nats
from ostinato.decode.beam import Beam, Hypothesis
from ostinato.errors import DataError
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.untokenize import untokenize
from ostinato.runtime.pairs import PairModel, known
from ostinato.runtime.search import LONGEST_FACTOR, likeliest
from ostinato.spec import model as described

BEAM = Beam(beam_size=5, length_penalty=0.6, coverage_penalty=0.2)
"""How is searched where nobody says; both penalties are of the size that Wu et al. 2016, section 7, use
(arXiv:1609.08144). On Multi30k's validation part a coverage penalty of 0.2 kept a model of four epochs from
saying phrases twice: 0.3 BLEU and 1 chrF more, on 400 sentences; one of 0.5 cost 0.7 BLEU."""


class Translation(NamedTuple):
    """One translation.

    Args:
        text: what it says.
        score: its log-probability under the penalties of the search.
        source_tokens, tokens: what the attention is over: the S tokens that were read, their mark among them,
            and the T that were said, their end among them.
        attention: (T, S) how much each token that was said rested on each that was read; None where the model
            says nothing of it.
    """

    text: str
    score: float
    source_tokens: list[str]
    tokens: list[str]
    attention: NDArray[Any] | None


class Translator(PairModel):
    """A translation model ready to answer. Made by ``ostinato.load``, or from its parts."""

    spec: described.TranslateModel

    def why_not_stream(self) -> str | None:
        """Return why the model cannot hear a sequence step by step."""
        return (
            "a translation begins when all of its source was read, so this model cannot stream; "
            "give translate() a sentence at a time."
        )

    def translate(
        self, texts: Sequence[str], beam: Beam = BEAM, longest_factor: float = LONGEST_FACTOR
    ) -> list[str]:
        """Return the best translation of every text, in their order.

        Args:
            texts: N texts, none of them blank.
            beam: how wide to search, and what counts as best.
            longest_factor: a translation has at most so many times its source's tokens, and ten more.

        Raises:
            DataError: a text is blank or no text, or the scores overflow.

        Example:
            >>> model.translate(["a man sleeps ."])  # doctest: +SKIP
            ['ein mann schläft .']
        """
        return [best.text for best, *_ in self.search(texts, beam, longest_factor)]

    def search(
        self, texts: Sequence[str], beam: Beam = BEAM, longest_factor: float = LONGEST_FACTOR
    ) -> list[list[Translation]]:
        """Return the ``beam.n_best`` best translations of every text; arguments as for ``translate``."""
        sources = [self._encode(number, text) for number, text in enumerate(texts, start=1)]
        if not sources:
            return []
        found = likeliest(
            self.network,
            sources,
            beam,
            boundary=self.boundary,
            banned=[self.target.unknown],
            longest_factor=longest_factor,
        )
        return [
            [self._translation(text, answer) for answer in answers]
            for text, answers in zip(texts, found, strict=True)
        ]

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> list[Nats]:
        """Return each translation's nats, token by token, its end among them, unknown ones left out."""
        read = [self._encode(number, text) for number, text in enumerate(sources, start=1)]
        said = [self.target.encode(text) for text in targets]
        return known(said, self.losses(read, said), self.target.unknown)

    def unknown_rate(self, texts: Sequence[str]) -> float:
        """Return the part of the tokens of these sources that the vocabulary lacks."""
        tokens = np.concatenate([self.source.encode(text) for text in texts])
        return float((tokens == self.source.unknown).mean())

    def _encode(self, number: int, text: str) -> Integers:
        if not isinstance(text, str) or not text.strip():
            raise DataError(
                f"text {number} is {checks.shown(text)}; expected a text that is not blank to translate."
            )
        return np.append(self.source.encode(text), self.source.spec.vocabulary_size)

    def _translation(self, source: str, answer: Hypothesis) -> Translation:
        tokens = answer.tokens.tolist()
        return Translation(
            text=untokenize(self.target, tokens).strip(),
            score=answer.score,
            source_tokens=[*self.source.tokens(source), END],
            tokens=[*(untokenize(self.target, [token]) for token in tokens), END],
            attention=answer.attention,
        )


END = "∎"
"""What stands for the end of a text among its tokens."""
