"""Language models: how well they foretell a text, token by token."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Nats = NDArray[np.float64]
LossesOf = Callable[[Sequence[NDArray[np.int64]]], list[Nats]]
"""From documents as token numbers to the nats of every token of each."""


def nats(scores: NDArray[np.floating], tokens: NDArray[np.int64]) -> Nats:
    """Return how surprising each token is, -ln p, (…), by the scores (…, V) given before it.

    Computed in float64, whatever the scores are.

    Example:
        >>> nats(np.zeros((1, 4), np.float32), np.array([2])).round(4).tolist()
        [1.3863]
    """
    wide = np.asarray(scores, np.float64)
    highest = wide.max(axis=-1)
    total = highest + np.log(np.exp(wide - highest[..., None]).sum(axis=-1))
    picked = np.take_along_axis(wide, tokens[..., None], axis=-1)[..., 0]
    return np.asarray(total - picked)


@dataclass(frozen=True)
class TokenScores:
    """What a language model makes of documents; each of their tokens is counted once.

    Args:
        losses: (T,) of each document: nats of each token, given all before it.

    Example:
        >>> TokenScores([np.full(4, math.log(2.0))]).named()["perplexity"]
        2.0
    """

    losses: Sequence[Nats]

    @property
    def tokens(self) -> int:
        """Return the number of tokens."""
        return sum(len(losses) for losses in self.losses)

    @property
    def total(self) -> float:
        """Return the nats of all tokens together."""
        return math.fsum(float(losses.sum()) for losses in self.losses)

    def named(self) -> dict[str, float]:
        """Return the scores by name."""
        token = self.total / self.tokens
        return {
            "nats_per_token": token,
            "bits_per_token": token / math.log(2),
            "perplexity": math.exp(token) if token < 700 else math.inf,
            "tokens": float(self.tokens),
        }


@dataclass(frozen=True)
class TextScores(TokenScores):
    """What a language model makes of texts.

    Args:
        losses: (T,) of each document: nats of each token, given all before it.
        characters: how many characters each document has.
        unknown: how many tokens the vocabulary lacks; they are scored as the unknown token.

    Example:
        >>> scores = TextScores([np.full(4, math.log(2.0))], [8], 0)
        >>> scores.named()["bits_per_token"], scores.named()["bits_per_character"]
        (1.0, 0.5)
    """

    characters: Sequence[int]
    unknown: int

    def named(self) -> dict[str, float]:
        """Return the scores by name."""
        character = self.total / sum(self.characters)
        return super().named() | {
            "nats_per_character": character,
            "bits_per_character": character / math.log(2),
            "characters": float(sum(self.characters)),
            "unknown_rate": self.unknown / self.tokens,
        }
