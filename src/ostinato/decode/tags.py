"""From a tagger's scores to the tags of sentences, which never break their scheme."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ostinato.decode import iob, viterbi
from ostinato.decode.logs import Floats, Integers, log_sum_exp
from ostinato.decode.viterbi import Transitions
from ostinato.read.iob import Scheme

AnyScheme = Scheme | Literal["none"]
"""How tags mark entities; none: every tag stands for itself."""


IMPOSSIBLE = -1e300
"""The logarithm of what cannot be, where states hold nothing but finite numbers."""


class Chain(NamedTuple):
    """The weights of a conditional random field: transitions (C, C) [from, to], start (C,) and end (C,)."""

    transitions: NDArray[Any]
    start: NDArray[Any]
    end: NDArray[Any]


class TagDecoder:
    """Finds the best tags of whole sentences.

    A network is trained without the mask of its scheme: from data that never breaks it, it learns that too,
    and ops stay free of what labels mean. Here the mask makes sure: what breaks the scheme has probability 0.

    Args:
        labels: the C tags, in the order of the scores.
        scheme: how they mark entities, or ``"none"``.
        chain: of a conditional random field; None: apart from the scheme every tag stands for itself.

    Example:
        >>> decoder = TagDecoder(["O", "B-x", "I-x"], "IOB2")
        >>> decoder.best(np.array([[0.0, 1.0, 2.0], [0.0, 0.0, 2.0]]), np.array([1, 1])).tolist()
        [1, 2]
    """

    def __init__(self, labels: Sequence[str], scheme: AnyScheme, chain: Chain | None = None) -> None:
        size = len(labels)
        weights = chain or Chain(np.zeros((size, size)), np.zeros(size), np.zeros(size))
        self._single = chain is None and scheme == "none"
        self._transitions = Transitions(weights.transitions, weights.start, weights.end)
        if scheme != "none":
            self._transitions = self._transitions.masked(iob.allowed(labels, scheme))

    def best(self, scores: NDArray[Any], batch_sizes: Integers) -> Integers:
        """Return the numbers of each sentence's best tags, (N,), of a packed batch of scores (N, C)."""
        if self._single:
            return np.asarray(scores.argmax(axis=1), np.int64)
        return viterbi.viterbi(scores, self._transitions, batch_sizes)[0]

    def marginals(self, scores: NDArray[Any], batch_sizes: Integers) -> Floats:
        """Return the probability of each tag at each step, (N, C), given the whole sentence."""
        return viterbi.marginals(scores, self._transitions, batch_sizes)

    def following(self, paths: Floats | None, scores: NDArray[Any]) -> tuple[Floats, Floats]:
        """Return how likely tags are while a sentence is still being heard.

            paths_t[j] = scores_t[j] + log sum_i exp(paths_(t-1)[i] + transitions[i, j])

        less the log of the sum of its exponentials; the probability of tag j after word t, were the sentence
        to end there, is the softmax of ``paths_t + end``: the last row of ``marginals`` of the words so far.

        Args:
            paths: (C,) what was returned before, finite; None before the first word.
            scores: (T, C) of T words more, at least one.

        Returns:
            paths after the last word, (C,), and the probabilities after each, (T, C).

        Example:
            >>> paths, answer = TagDecoder(["O", "B-x", "I-x"], "IOB2").following(None, np.zeros((1, 3)))
            >>> answer.round(2).tolist()
            [[0.5, 0.5, 0.0]]
        """
        found = np.empty(scores.shape)
        for row, values in zip(found, scores, strict=True):
            onward = self._transitions.start
            if paths is not None:
                onward = log_sum_exp(paths[:, None] + self._transitions.between, axis=0)
            reached = np.asarray(values, np.float64) + onward
            paths = np.maximum(reached - log_sum_exp(reached, axis=0), IMPOSSIBLE)
            ended = paths + self._transitions.end
            row[:] = np.exp(ended - log_sum_exp(ended, axis=0))
        return np.asarray(paths), found

    def continued(self, before: int | None, scores: NDArray[Any], *, ended: bool) -> Integers:
        """Return the numbers of the best tags of words that follow words with tags already, (T,).

        Args:
            before: the last of those tags; None: the words begin a sentence.
            scores: (T, C) of the words.
            ended: whether the sentence ends behind them.
        """
        between, start, end = self._transitions
        start = start if before is None else between[before]
        chain = Transitions(between, start, end if ended else np.zeros_like(end))
        return viterbi.viterbi(scores, chain)[0]
