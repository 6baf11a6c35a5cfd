"""Tokens drawn at random, so that a seed gives the same tokens everywhere."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.decode.logs import Floats, Integers, numbers
from ostinato.errors import ArgumentError, StreamError
from ostinato.spec.sampling import Sampling


class Sampler:
    """Draws the next token of n streams from their scores. In this order:

        repetition penalty r    s_v / r where s_v > 0, else s_v * r, for tokens v seen before
        banned tokens           s_v = -inf
        temperature             s / temperature; 0 takes the largest, of equals the first
        top_k                   the k largest; those that equal the k-th stay too
        top_p                   the largest whose softmax, over what top_k left, sums to p; equals stay too
        the draw                softmax(s), by one uniform number: the first token at which the sum passes it

    The sum runs over tokens in their own order, so that another rounding of the scores moves a draw only
    where it lies on an edge. Everything is computed in float64.

    Stream k draws from a generator of its own, made from (seed, k), one number a token: its tokens do not
    depend on how many streams run beside it, on their order, or on which have ended.

    Sources: Keskar et al. 2019, section 4.1 (arXiv:1909.05858), who divide every score; dividing a negative
    one would raise it, so it is multiplied. Fan et al. 2018 (arXiv:1805.04833) for top_k; Holtzman et al.
    2020, section 3.1 (arXiv:1904.09751) for top_p.

    Args:
        sampling: the options.
        streams: how many streams, n.
        banned: token numbers that are never drawn, such as the unknown token.

    Example:
        >>> sampler = Sampler(Sampling(seed=1), streams=2)
        >>> scores = np.log([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0001]])
        >>> [sampler.next(scores).tolist() for _ in range(4)]
        [[2, 0], [1, 1], [2, 0], [2, 0]]
    """

    def __init__(self, sampling: Sampling, streams: int = 1, banned: Iterable[int] = ()) -> None:
        self.sampling = sampling
        self._banned = token_numbers("banned", banned)
        self._draws = [0] * checks.positive("streams", streams)
        self._generators = [_generator(sampling.seed, k) for k in range(streams)]

    def next(
        self,
        scores: NDArray[Any],
        seen: NDArray[np.bool_] | None = None,
        streams: Integers | None = None,
    ) -> Integers:
        """Return a token for each row of scores, (m,).

        Args:
            scores: (m, V) before the softmax, one row a stream; -inf for what cannot be.
            seen: (m, V), which tokens were there already; needed for a repetition penalty.
            streams: (m,) the stream that each row belongs to, for when some have ended; else all n in order.

        Raises:
            ArgumentError: shapes or stream numbers do not fit, a score is NaN or +inf, or no token is left.
        """
        of_row = np.arange(len(self._draws)) if streams is None else self._check_streams(streams)
        scores = np.array(numbers("scores", scores, (len(of_row), "V")), order="C")
        if self.sampling.repetition_penalty != 1:
            _penalise(scores, seen, self.sampling.repetition_penalty)
        scores[:, within(self._banned, scores.shape[1])] = -np.inf
        highest = scores.max(axis=1, keepdims=True)
        if np.isneginf(highest).any():
            raise ArgumentError("a row of scores has no token above -infinity that is not banned; allow one.")
        if self.sampling.temperature == 0:
            likeliest: Integers = scores.argmax(axis=1)
            return likeliest
        return _at(self._weights(scores - highest), self._uniform(of_row))

    def state(self) -> dict[str, Any]:
        """Return where the draws stand, as a value that JSON can hold: ``restore`` goes on from it."""
        return {"seed": self.sampling.seed, "draws": list(self._draws)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that ``state`` returned, of this sampler or another with its seed and streams.

        Raises:
            StreamError: it is no such state; the sampler stays as it was.

        Example:
            >>> first, second = Sampler(Sampling(seed=5)), Sampler(Sampling(seed=5))
            >>> _ = first.next(np.zeros((1, 9)))
            >>> second.restore(first.state())
            >>> first.next(np.zeros((1, 9))) == second.next(np.zeros((1, 9)))
            array([ True])
        """
        draws = self._check_state(state)
        self._draws = list(draws)
        self._generators = [_generator(self.sampling.seed, k, count) for k, count in enumerate(draws)]

    def _weights(self, scores: Floats) -> Floats:
        """Return the weight of every token, 0 where it may not be drawn; the largest score of a row is 0."""
        if self.sampling.top_k is not None and self.sampling.top_k < scores.shape[1]:
            place = scores.shape[1] - self.sampling.top_k
            scores[scores < np.partition(scores, place, axis=1)[:, place, None]] = -np.inf
        with np.errstate(over="ignore"):  # a temperature near 0 sends all but the largest to -inf
            weights = np.exp(scores / self.sampling.temperature)
        if self.sampling.top_p < 1:
            edges = [_edge(row, self.sampling.top_p) for row in weights]
            weights[weights < np.array(edges)[:, None]] = 0
        return weights

    def _uniform(self, streams: Integers) -> Floats:
        for k in streams.tolist():
            self._draws[k] += 1
        return np.array([self._generators[k].random() for k in streams.tolist()])

    def _check_streams(self, streams: Integers) -> Integers:
        found = np.asarray(streams)
        checks.shape("streams", found, ("m",))
        known = found.dtype.kind in "iu" and ((found >= 0) & (found < len(self._draws))).all()
        if not known or len(np.unique(found)) < len(found):
            raise ArgumentError(
                f"streams is {checks.shown(found.tolist())}; expected different numbers from 0 to "
                f"{len(self._draws) - 1}."
            )
        return found

    def _check_state(self, state: Any) -> list[int]:
        if not isinstance(state, dict) or state.keys() != {"seed", "draws"}:
            raise StreamError(f"state is {checks.shown(state)}; expected what a sampler's state() returned.")
        draws, same_seed = state["draws"], state["seed"] == self.sampling.seed
        if not same_seed or not isinstance(draws, list) or len(draws) != len(self._draws):
            raise StreamError(
                f"state is {checks.shown(state)}; expected one of seed {self.sampling.seed} with "
                f"{len(self._draws)} streams."
            )
        if not all(type(count) is int and count >= 0 for count in draws):
            raise StreamError(f"draws is {checks.shown(draws)}; expected whole numbers of at least 0.")
        return draws


def token_numbers(name: str, tokens: Iterable[int]) -> Integers:
    """Return token numbers as an array, if all are whole numbers of at least 0."""
    found = list(tokens)
    array = np.array(found, np.int64) if not found else np.array(found)
    if array.ndim != 1 or array.dtype.kind not in "iu" or (array < 0).any():
        raise ArgumentError(f"{name} is {checks.shown(found)}; expected token numbers of at least 0.")
    return array


def within(tokens: Integers, vocabulary: int) -> Integers:
    """Return banned tokens, if a vocabulary of this size has them all."""
    if (tokens >= vocabulary).any():
        raise ArgumentError(
            f"banned holds {tokens.max()}; expected token numbers below {vocabulary}, one for each score."
        )
    return tokens


def _generator(seed: int, stream: int, drawn: int = 0) -> np.random.Generator:
    """Return a stream's generator after so many draws."""
    bits = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(stream,)))
    return np.random.Generator(bits.advance(drawn))


def _penalise(scores: Floats, seen: NDArray[np.bool_] | None, penalty: float) -> None:
    if seen is None:
        raise ArgumentError("seen is None; a repetition penalty needs the tokens that were there already.")
    checks.shape("seen", seen, scores.shape)
    if seen.dtype != np.bool_:
        raise ArgumentError(f"seen is of type {seen.dtype}; expected truth values, one for each score.")
    there = scores[seen]
    with np.errstate(over="ignore"):  # a huge penalty forbids, by -inf
        scores[seen] = np.where(there > 0, there / penalty, there * penalty)


def _edge(weights: Floats, share: float) -> float:
    """Return the lowest weight among the fewest largest, of weights (V,), that hold this share of their sum.

    Weights below (1 - share) / V of the sum, all of them together, hold no more than is left out: only the
    others are sorted, few where the choice is clear.
    """
    whole = weights.sum()
    largest = np.sort(weights[weights >= (1 - share) * whole / len(weights)])[::-1]
    reached = np.searchsorted(np.cumsum(largest), share * whole)
    return float(largest[min(reached, len(largest) - 1)])


def _at(weights: Floats, uniform: Floats) -> Integers:
    """Return the first token of each row at which the running sum of weights passes a share of the whole."""
    sums = np.cumsum(weights, axis=1)
    passed: Integers = (sums <= uniform[:, None] * sums[:, -1:]).sum(axis=1)
    return passed
