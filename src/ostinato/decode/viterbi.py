"""Decoding of a linear-chain conditional random field: the best labels, and how probable each label is.

        score(y) = start[y_1] + sum_t scores[t, y_t] + sum_t between[y_t, y_t+1] + end[y_T]
        p(y)     = exp(score(y) - log_partition)

Source: Lafferty et al. 2001, "Conditional random fields", ICML. All is exact and computed in float64; -inf
stands for what cannot be. Every function takes one sequence, or a packed batch: rows step by step, step t
holding one for each of the ``batch_sizes[t]`` sequences that are longer than t, in order of falling length.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.decode.logs import Floats, Integers, log_sum_exp, numbers
from ostinato.errors import ArgumentError


class Allowed(NamedTuple):
    """Which labels may follow each other, begin and end; ``iob.allowed`` makes it from labels' names.

    Args:
        between: (C, C) truth values, [from, to].
        start: (C,) whether a label may be the first.
        end: (C,) whether a label may be the last.
    """

    between: NDArray[np.bool_]
    start: NDArray[np.bool_]
    end: NDArray[np.bool_]


class Transitions(NamedTuple):
    """What a chain adds to the scores of its labels.

    Args:
        between: (C, C) for a label after another, [from, to].
        start: (C,) for the first label.
        end: (C,) for the last label.
    """

    between: NDArray[Any]
    start: NDArray[Any]
    end: NDArray[Any]

    def masked(self, allowed: Allowed) -> "Transitions":
        """Return transitions of which those that are not allowed cannot be.

        Example:
            >>> allowed = Allowed(np.array([[True, False], [True, True]]), np.ones(2, bool), np.ones(2, bool))
            >>> Transitions(np.zeros((2, 2)), np.zeros(2), np.zeros(2)).masked(allowed).between.tolist()
            [[0.0, -inf], [0.0, 0.0]]
        """
        for name, mask, scores in zip(self._fields, allowed, self, strict=True):
            checks.shape(f"allowed.{name}", mask, scores.shape)
        pairs = zip(allowed, self, strict=True)
        return Transitions(*(np.where(mask, scores, -np.inf) for mask, scores in pairs))


def viterbi(
    scores: NDArray[Any], transitions: Transitions, batch_sizes: Integers | None = None
) -> tuple[Integers, Floats]:
    """Return each sequence's best labels, (N,) in the order of the rows, and their scores, (B,).

    Of equal labels the lower number is taken, from the end backwards.

    Args:
        scores: (N, C) of each label at each step.
        transitions: of the C labels.
        batch_sizes: (T,) of a packed batch; None: the rows are one sequence, and B is 1.

    Raises:
        ArgumentError: shapes do not fit, a number is NaN or +inf, or a sequence has no possible labels.

    Example:
        >>> stay = Transitions(np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros(2), np.zeros(2))
        >>> labels, best = viterbi(np.array([[2.0, 0.0], [0.0, 0.5], [2.0, 0.0]]), stay)
        >>> labels.tolist(), best.tolist()
        ([0, 0, 0], [6.0])
    """
    chain = _Chain(scores, transitions, batch_sizes)
    best = np.empty((chain.sequences, chain.labels))
    came_from = np.zeros(chain.scores.shape, np.int64)
    for rows, count, earlier in chain.forwards():
        if earlier:
            through = best[:count, :, None] + chain.between
            came_from[rows] = through.argmax(axis=1)
            best[:count] = through.max(axis=1) + chain.scores[rows]
        else:
            best[:] = chain.start + chain.scores[rows]
    best += chain.end
    highest = best.max(axis=1)
    _check_possible(highest)
    return _trace_back(chain, best.argmax(axis=1), came_from), highest


def log_partition(
    scores: NDArray[Any], transitions: Transitions, batch_sizes: Integers | None = None
) -> Floats:
    """Return log(sum over all y of exp(score(y))) of each sequence, (B,), by the forward algorithm.

    Arguments as in ``viterbi``; a sequence without possible labels has -inf.

    Example:
        >>> free = Transitions(np.zeros((2, 2)), np.zeros(2), np.zeros(2))
        >>> bool(np.isclose(log_partition(np.zeros((3, 2)), free)[0], np.log(2**3)))
        True
    """
    chain = _Chain(scores, transitions, batch_sizes)
    return log_sum_exp(_forward(chain)[1] + chain.end, axis=1)


def marginals(scores: NDArray[Any], transitions: Transitions, batch_sizes: Integers | None = None) -> Floats:
    """Return the probability of each label at each step, (N, C), by the forward and the backward algorithm.

    Arguments and errors as in ``viterbi``.

    Example:
        >>> never = Transitions(np.array([[0.0, -np.inf], [0.0, 0.0]]), np.zeros(2), np.zeros(2))
        >>> marginals(np.zeros((2, 2)), never).round(3).tolist()
        [[0.333, 0.667], [0.667, 0.333]]
    """
    chain = _Chain(scores, transitions, batch_sizes)
    before, last = _forward(chain)
    whole = log_sum_exp(last + chain.end, axis=1)
    _check_possible(whole)
    after = np.tile(chain.end, (chain.sequences, 1))
    found = np.empty_like(before)
    for rows, count, _ in reversed([*chain.forwards()]):
        found[rows] = np.exp(before[rows] + after[:count] - whole[:count, None])
        onwards = chain.between + (chain.scores[rows] + after[:count])[:, None, :]
        after[:count] = log_sum_exp(onwards, axis=2)
    return found


class _Chain:
    """The checked arguments of every function here, in float64."""

    def __init__(self, scores: Any, transitions: Transitions, batch_sizes: Integers | None) -> None:
        self.scores = numbers("scores", scores, ("N", "C"))
        rows, self.labels = self.scores.shape
        self.between = numbers("transitions.between", transitions.between, (self.labels, self.labels))
        self.start = numbers("transitions.start", transitions.start, (self.labels,))
        self.end = numbers("transitions.end", transitions.end, (self.labels,))
        self.batch_sizes = np.ones(rows, np.int64) if batch_sizes is None else np.asarray(batch_sizes)
        _check_batch_sizes(self.batch_sizes, rows)
        self.sequences = int(self.batch_sizes[0])

    def forwards(self) -> Iterator[tuple[slice, int, bool]]:
        """Yield every step's rows, how many those are, and whether there is a step before."""
        first = 0
        for step, count in enumerate(self.batch_sizes.tolist()):
            yield slice(first, first + count), count, step > 0
            first += count


def _forward(chain: _Chain) -> tuple[Floats, Floats]:
    """Return the log-sum of all beginnings up to each label of a row, (N, C), and of a last row, (B, C)."""
    every = np.empty_like(chain.scores)
    last = np.empty((chain.sequences, chain.labels))
    for rows, count, earlier in chain.forwards():
        entered = log_sum_exp(last[:count, :, None] + chain.between, axis=1) if earlier else chain.start
        last[:count] = entered + chain.scores[rows]
        every[rows] = last[:count]
    return every, last


def _trace_back(chain: _Chain, label: Integers, came_from: Integers) -> Integers:
    """Return the labels (N,) that lead to each sequence's last one, (B,)."""
    path = np.empty(len(chain.scores), np.int64)
    for rows, count, _ in reversed([*chain.forwards()]):
        path[rows] = label[:count]
        label[:count] = came_from[rows][np.arange(count), label[:count]]
    return path


def _check_batch_sizes(batch_sizes: Integers, rows: int) -> None:
    checks.shape("batch_sizes", batch_sizes, ("T",))
    if rows == 0:
        raise ArgumentError("scores has no rows; expected at least one step.")
    fits = batch_sizes.dtype.kind in "iu" and batch_sizes.sum() == rows
    if not fits or batch_sizes[-1] < 1 or (np.diff(batch_sizes) > 0).any():
        raise ArgumentError(
            f"batch_sizes is {checks.shown(batch_sizes.tolist())}; expected whole numbers of at least 1 that "
            f"never rise and sum to the {rows} rows of scores."
        )


def _check_possible(highest: Floats) -> None:
    if (impossible := np.isneginf(highest)).any():
        raise ArgumentError(
            f"sequence {impossible.argmax()} of the batch has no possible labels; allow more transitions."
        )
