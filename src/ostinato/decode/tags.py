"""From a tagger's scores to the tags of sentences, which never break their scheme."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ostinato.decode import iob, viterbi
from ostinato.decode.logs import Floats, Integers
from ostinato.decode.viterbi import Transitions
from ostinato.read.iob import Scheme

AnyScheme = Scheme | Literal["none"]
"""How tags mark entities; none: every tag stands for itself."""


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
