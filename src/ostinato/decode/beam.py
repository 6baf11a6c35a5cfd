"""Beam search over a step function, for many sources at once."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.decode.logs import Floats, Integers, check_log_probabilities
from ostinato.decode.sample import token_numbers, within
from ostinato.errors import ArgumentError
from ostinato.spec.base import Spec
from ostinato.spec.option import option
from ostinato.spec.options import Positive

State = dict[str, NDArray[Any]]

UNSEEN = float(np.finfo(np.float64).tiny)
"""The attention that a position counts with at least: without any, its logarithm would be -inf."""


class Said(NamedTuple):
    """What a step function returns.

    Args:
        state: arrays by name, after the step; the first axis runs over the n streams.
        log_probabilities: (n, V) of every next token.
        attention: (n, S) how much this step looked at each position of its source, or None.
    """

    state: State
    log_probabilities: NDArray[Any]
    attention: NDArray[Any] | None = None


Step = Callable[[State, Integers], Said]
"""Reads one token a stream, (n,), and says what may follow; it never changes the state that it is given."""


class Beam(Spec):
    """How wide to search, and what counts as best; an option group."""

    beam_size: Positive = option(4, "continuations kept at each step; 1: always the likeliest token")
    n_best: Positive = option(1, "answers for each source, the beam's size at most")
    length_penalty: float = option(0.6, "the higher, the longer the answers; 0: the most probable", ge=0.0)
    coverage_penalty: float = option(
        0.0, "the higher, the more every position of the source must be attended to", ge=0.0
    )


class Hypothesis(NamedTuple):
    """One answer.

    Args:
        tokens: (n,) without the end token.
        score: the log-probability under both penalties; what answers are ranked by.
        log_probability: of the tokens and the end token.
        attention: (n + 1, S) of each token and of the end, over the source's S positions; None without it.
    """

    tokens: Integers
    score: float
    log_probability: float
    attention: NDArray[Any] | None


def search(
    step: Step,
    state: State,
    start: int,
    end: int,
    longest: Integers,
    beam: Beam,
    source_lengths: Integers | None = None,
    banned: Iterable[int] = (),
) -> list[list[Hypothesis]]:
    """Return the best answers for each of B sources, best first.

        score(Y) = log P(Y) / ((5 + |Y|) / 6) ** alpha + beta * sum_i log(min(sum_t a_ti, 1))

    where |Y| counts the end token, a_ti is step t's attention to position i, alpha the length penalty and
    beta the coverage penalty. Source: Wu et al. 2016, section 7, equation 14 (arXiv:1609.08144). Unlike
    there, a position without any attention counts as the smallest float64, not as 0: answers stay comparable.

    Each step keeps the ``beam_size`` likeliest continuations of a source's open hypotheses; equals go by the
    better hypothesis, then by the lower token. Those that end leave with their score. An open one is dropped
    as soon as it cannot beat the ``n_best`` found: its score is at most its log-probability now under the
    length penalty of the longest answer. A hypothesis of ``longest`` tokens can do nothing but end. A source
    without open hypotheses leaves the batch.

    So a source's answers are those that it has alone, as far as ``step`` says the same of a stream whatever
    stands beside it; and a beam of 1 takes the likeliest token until that is the end.

    Args:
        step: the model; the first call gets B streams, later ones one for each open hypothesis.
        state: arrays (B, …) by name before the first token. They are gathered at every step; what is large
            and never changes, such as an encoded source, is better kept by ``step`` and found by a number.
        start: the token that is read first.
        end: the token that ends an answer.
        longest: (B,) most tokens of each source's answer, the end not counted; at least 0.
        beam: the options.
        source_lengths: (B,) positions of each source, where the attention of shorter ones is padded.
        banned: tokens that no answer holds.

    Raises:
        ArgumentError: shapes do not fit, a log-probability is NaN or above 0, a coverage penalty is asked for
            without attention, or a source has no answer of a probability above 0.

    Example:
        >>> def coin(state, tokens):  # ends with probability 0.6, else says token 1
        ...     return Said(state, np.log(np.full((len(tokens), 2), [0.6, 0.4])))
        >>> best, second = search(coin, {}, 0, 0, np.array([3]), Beam(n_best=2, length_penalty=0.0))[0]
        >>> best.tokens.tolist(), second.tokens.tolist(), round(float(np.exp(second.log_probability)), 2)
        ([], [1], 0.24)
    """
    longest = _counts("longest", longest)
    _check_search(state, end, len(longest), beam)
    if source_lengths is not None:
        source_lengths = _counts("source_lengths", source_lengths)
        checks.shape("source_lengths", source_lengths, longest.shape)
    banned = token_numbers("banned", banned)
    run = _Search(step, end, longest, beam, source_lengths, banned)
    run.to_the_end(state, start)
    return [run.answers(source) for source in range(len(longest))]


class _Open(NamedTuple):
    """The hypotheses that have not ended: those of a source together, the likeliest first.

    Args:
        sources: (n,) each one's source.
        parents: (n,) its row in the step before.
        tokens: (n,) its last token.
        totals: (n,) its log-probability.
        coverage: (n, S) its attention so far, summed; (n, 0) where nobody asks for it.
    """

    sources: Integers
    parents: Integers
    tokens: Integers
    totals: Floats
    coverage: Floats

    def at(self, rows: Any) -> "_Open":
        return _Open(*(array[rows] for array in self))


class _Ended(NamedTuple):
    """A hypothesis that ended: its scores, and the step and row that it ended at."""

    score: float
    total: float
    step: int
    row: int


class _Search:
    """One search: what was read at each step, and the best answers found so far."""

    def __init__(
        self,
        step: Step,
        end: int,
        longest: Integers,
        beam: Beam,
        source_lengths: Integers | None,
        banned: Integers,
    ) -> None:
        self.step = step
        self.end = end
        self.longest = longest
        self.beam = beam
        self.source_lengths = source_lengths
        self.banned = banned
        self.read: list[tuple[_Open, NDArray[Any] | None]] = []
        self.ended: list[list[_Ended]] = [[] for _ in longest]
        self.to_beat = np.full(len(longest), -np.inf)  # the score of the worst of n answers

    def to_the_end(self, state: State, start: int) -> None:
        """Take steps until no hypothesis is open."""
        sources = np.arange(len(self.longest))
        tokens = np.full(len(sources), start)
        open_ = _Open(sources, sources, tokens, np.zeros(len(sources)), np.zeros((len(sources), 0)))
        while len(open_.sources):
            said = self.step(state, open_.tokens)
            _check_said(said, len(open_.sources), self.end)
            open_ = self._covered(open_, said.attention)
            self.read.append((open_, said.attention))
            open_ = self._keep_best(open_, said.log_probabilities)
            state = {name: array[open_.parents] for name, array in said.state.items()}

    def answers(self, source: int) -> list[Hypothesis]:
        """Return a source's answers, best first."""
        if not self.ended[source]:
            raise ArgumentError(
                f"source {source} has no answer of at most {self.longest[source]} tokens with a probability "
                "above 0; allow longer ones, or ban fewer tokens."
            )
        return [self._hypothesis(source, ended) for ended in self.ended[source]]

    def _covered(self, open_: _Open, attention: NDArray[Any] | None) -> _Open:
        """Add a step's attention to what was attended to so far, if that counts."""
        if self.beam.coverage_penalty == 0:
            return open_
        if attention is None:
            raise ArgumentError("coverage_penalty is above 0; the step function must say its attention.")
        before = open_.coverage if self.read else self._nothing_covered(attention.shape[1])
        checks.shape("attention", attention, before.shape)
        return open_._replace(coverage=before + attention)

    def _nothing_covered(self, positions: int) -> Floats:
        """Return the coverage (B, S) before the first step: full beyond the end of a source, 0 in it."""
        if self.source_lengths is None:
            return np.zeros((len(self.longest), positions))
        return (np.arange(positions) >= self.source_lengths[:, None]).astype(np.float64)

    def _keep_best(self, open_: _Open, log_probabilities: NDArray[Any]) -> _Open:
        """Return the open ones among the likeliest continuations; write down those that end."""
        allowed = self._allowed(open_, log_probabilities)
        rows, tokens, totals = _likeliest(allowed, open_.totals, open_.sources, self.beam.beam_size)
        best = open_.at(rows)._replace(parents=rows, tokens=tokens, totals=totals)
        ends = tokens == self.end
        self._write_down(best.at(ends))
        reachable = totals / self._length_penalty(self.longest[best.sources] + 1)
        return best.at(~ends & (reachable > self.to_beat[best.sources]))

    def _allowed(self, open_: _Open, log_probabilities: NDArray[Any]) -> NDArray[Any]:
        """Return the log-probabilities without banned tokens; where there is no room, of the end alone."""
        allowed = np.array(log_probabilities)
        allowed[:, within(self.banned, allowed.shape[1])] = -np.inf
        full = self.longest[open_.sources] < len(self.read)
        ends = allowed[full, self.end]
        allowed[full] = -np.inf
        allowed[full, self.end] = ends
        return allowed

    def _write_down(self, ended: _Open) -> None:
        """Keep the n best of each source's answers."""
        step = len(self.read) - 1
        covered = np.log(np.clip(ended.coverage, UNSEEN, 1)).sum(axis=1)
        scores = ended.totals / self._length_penalty(step + 1) + self.beam.coverage_penalty * covered
        for row, source in enumerate(ended.sources.tolist()):
            found = _Ended(float(scores[row]), float(ended.totals[row]), step, int(ended.parents[row]))
            best = sorted([*self.ended[source], found], key=lambda e: -e.score)[: self.beam.n_best]
            self.ended[source] = best
            if len(best) == self.beam.n_best:
                self.to_beat[source] = best[-1].score

    def _length_penalty(self, length: Any) -> Any:
        return ((5 + length) / 6) ** self.beam.length_penalty

    def _hypothesis(self, source: int, ended: _Ended) -> Hypothesis:
        """Go back from where a hypothesis ended to its beginning."""
        rows = [ended.row]
        for open_, _ in self.read[ended.step : 0 : -1]:
            rows.append(int(open_.parents[rows[-1]]))
        path = [*zip(reversed(rows), self.read, strict=False)]
        tokens = [open_.tokens[row] for row, (open_, _) in path[1:]]
        seen = [attention[row] for row, (_, attention) in path if attention is not None]
        length = None if self.source_lengths is None else self.source_lengths[source]
        attention = np.stack(seen)[:, :length] if seen else None
        return Hypothesis(np.array(tokens, np.int64), ended.score, ended.total, attention)


def _likeliest(
    log_probabilities: NDArray[Any], totals: Floats, sources: Integers, count: int
) -> tuple[Integers, Integers, Floats]:
    """Return the rows, tokens and log-probabilities of each source's likeliest continuations, by source.

    No row has more than ``count`` of them, so most of each row is left aside before anything is sorted.
    """
    near = (log_probabilities >= _low(log_probabilities, count)) & (log_probabilities > -np.inf)
    rows, tokens = divmod(np.flatnonzero(near), near.shape[1])
    sums = totals[rows] + log_probabilities[rows, tokens]
    order = np.lexsort((-sums, sources[rows]))
    of_source = sources[rows[order]]
    rank = np.arange(len(order)) - np.searchsorted(of_source, of_source)
    kept = order[rank < count]
    return rows[kept], tokens[kept], sums[kept]


def _low(log_probabilities: NDArray[Any], count: int) -> NDArray[Any]:
    """Return a number for each row that ``count`` of it reach, but not many more, (n, 1).

    The tokens are dealt to 16 times as many hands as are wanted; the largest of so many hands reach that of
    the ``count``-th best hand. That is many times faster than partitioning a large vocabulary.
    """
    rows, vocabulary = log_probabilities.shape
    deep = max(1, vocabulary // (16 * count))
    hands = vocabulary // deep
    highest = log_probabilities[:, : deep * hands].reshape(rows, deep, hands).max(axis=1)
    place = hands - min(count, hands)
    return np.partition(highest, place, axis=1)[:, place, None]


def _counts(name: str, values: Any) -> Integers:
    array = np.asarray(values)
    checks.shape(name, array, ("B",))
    if array.dtype.kind not in "iu" or (array < 0).any():
        raise ArgumentError(
            f"{name} is {checks.shown(array.tolist())}; expected whole numbers of at least 0."
        )
    return array.astype(np.int64)


def _check_search(state: State, end: int, sources: int, beam: Beam) -> None:
    token_numbers("end", [end])
    if beam.n_best > beam.beam_size:
        raise ArgumentError(
            f"n_best is {beam.n_best}; expected at most the beam's size, {beam.beam_size}: widen the beam."
        )
    _check_streams(state, sources)


def _check_streams(state: State, streams: int) -> None:
    for name, array in state.items():
        if array.shape[:1] != (streams,):
            raise ArgumentError(
                f"state {name} has shape {array.shape}; expected {streams} rows, one for each stream."
            )


def _check_said(said: Said, streams: int, end: int) -> None:
    _check_streams(said.state, streams)
    checks.shape("log_probabilities", said.log_probabilities, (streams, "V"))
    if said.attention is not None:
        checks.shape("attention", said.attention, (streams, "S"))
    if end >= said.log_probabilities.shape[1]:
        raise ArgumentError(
            f"end is {end}; expected a token number below the vocabulary's {said.log_probabilities.shape[1]}."
        )
    check_log_probabilities(said.log_probabilities)
