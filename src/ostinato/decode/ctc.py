"""Decoding of connectionist temporal classification (CTC).

An alignment says a symbol or a blank at each step. Repeated symbols count once, then blanks go away:
``a a - a b`` with blank ``-`` is the text ``a a b``.

        P(text) = sum over all alignments of text of prod_t p_t(symbol)

Source: Graves et al. 2006, "Connectionist temporal classification", ICML. Both decoders work in pieces: a
state goes in and comes out, a value of numbers and tuples; pieces give what the whole gives, to the bit.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.decode.logs import Floats, Integers, check_log_probabilities, largest, numbers
from ostinato.errors import ArgumentError

Prefix = tuple[int, ...]
Weigh = Callable[[list[Prefix]], NDArray[Any]]
"""Returns, for m texts so far, the weight in logs (m, V) of each symbol that may come next."""


class GreedyState(NamedTuple):
    """Where greedy decoding stands: the last step's symbol (-1: none), and how many steps there were."""

    last: int
    steps: int


class Symbols(NamedTuple):
    """Symbols of the best path.

    Args:
        tokens: (n,) symbol numbers.
        steps: (n,) the step, counted from 0, at which each begins.
        log_probability: of the path over the steps that were given, not of the text.
    """

    tokens: Integers
    steps: Integers
    log_probability: float


def greedy(log_probabilities: NDArray[Any], blank: int = 0) -> Symbols:
    """Return the text of the likeliest alignment, which need not be the likeliest text.

    Args:
        log_probabilities: (T, V) of each step's symbols.
        blank: the number of the blank.

    Raises:
        ArgumentError: the shape does not fit, or a number is NaN or above 0.

    Example:
        >>> greedy(np.log([[0.1, 0.9], [0.2, 0.8], [0.9, 0.1], [0.3, 0.7]])).steps.tolist()
        [0, 3]
    """
    return greedy_push(greedy_start(), log_probabilities, blank)[1]


def greedy_start() -> GreedyState:
    """Return the state before the first step."""
    return GreedyState(last=-1, steps=0)


def greedy_push(
    state: GreedyState, log_probabilities: NDArray[Any], blank: int = 0
) -> tuple[GreedyState, Symbols]:
    """Return the state after T more steps, and the symbols that begin in them.

    Arguments and errors as in ``greedy``; T may be 0.
    """
    logs = checked(log_probabilities, blank)
    path = logs.argmax(axis=1)
    before = np.concatenate([[state.last], path[:-1]]) if len(path) else path
    begins = np.flatnonzero((path != blank) & (path != before))
    last = int(path[-1]) if len(path) else state.last
    symbols = Symbols(path[begins], begins + state.steps, float(logs.max(axis=1).sum()))
    return GreedyState(last, state.steps + len(path)), symbols


class PrefixState(NamedTuple):
    """Where prefix search stands.

    Args:
        prefixes: the open texts, the likeliest first.
        blank: the logs of each prefix's alignments that end in a blank, summed.
        symbol: the same of those that end in its last symbol.
    """

    prefixes: tuple[Prefix, ...]
    blank: tuple[float, ...]
    symbol: tuple[float, ...]

    def texts(self) -> list["Text"]:
        """Return every open prefix as a text, the likeliest first."""
        sums = np.logaddexp(self.blank, self.symbol).tolist()
        return [Text(prefix, log) for prefix, log in zip(self.prefixes, sums, strict=True)]


class Text(NamedTuple):
    """A text and the log of its alignments' probability, times its weights, as far as the beam kept them."""

    tokens: Prefix
    log_probability: float


def prefix_search(
    log_probabilities: NDArray[Any], beam_size: int = 16, blank: int = 0, weigh: Weigh | None = None
) -> list[Text]:
    """Return the likeliest texts, best first, at most ``beam_size``.

    The alignments of a text are summed: those that end in a blank, after which the same symbol may begin
    anew, apart from those that end in the text's last symbol. After every step the ``beam_size`` likeliest
    texts stay. With weights, a text counts P(text) * prod_i exp(weight of symbol i after those before it).

    Source: Hannun et al. 2014, algorithm 1 (arXiv:1408.2873). Their word model and word bonus are weights of
    the symbol that ends a word: alpha * log p(word | words before), and beta * log(n / (n - 1)) at word n.

    Args:
        log_probabilities: (T, V) of each step's symbols.
        beam_size: how many texts stay open.
        blank: the number of the blank.
        weigh: says the weights of what may follow. It is asked for each text that enters the beam, and for
            all open ones where a piece begins; it must always say the same of a text. The blank's column is
            not read.

    Raises:
        ArgumentError: a shape does not fit, or a number is NaN, +inf or, as a log-probability, above 0.

    Example:
        >>> logs = np.log([[0.4, 0.6], [0.6, 0.4]])
        >>> [(text.tokens, round(float(np.exp(text.log_probability)), 2)) for text in prefix_search(logs)]
        [((1,), 0.76), ((), 0.24)]
    """
    return prefix_push(prefix_start(), log_probabilities, beam_size, blank, weigh).texts()


def prefix_start() -> PrefixState:
    """Return the state before the first step: the empty text, for certain."""
    return PrefixState(prefixes=((),), blank=(0.0,), symbol=(-np.inf,))


def prefix_push(
    state: PrefixState,
    log_probabilities: NDArray[Any],
    beam_size: int = 16,
    blank: int = 0,
    weigh: Weigh | None = None,
) -> PrefixState:
    """Return the state after T more steps; its ``texts()`` are the likeliest so far.

    Arguments and errors as in ``prefix_search``; T may be 0. A step takes the longer the longer the open
    texts are: an endless stream is better begun anew at its pauses.
    """
    logs = checked(log_probabilities, blank)
    checks.positive("beam_size", beam_size)
    weights = partial(_weights, weigh, logs.shape[1], blank)
    prefixes = [*state.prefixes]
    open_ = _Open(prefixes, np.array(state.blank), np.array(state.symbol), weights(prefixes))
    for step in logs:
        open_ = _choose(open_, _reach(open_, step, blank), beam_size, weights)
    return PrefixState(tuple(open_.prefixes), tuple(open_.blank.tolist()), tuple(open_.symbol.tolist()))


class _Open(NamedTuple):
    """The open prefixes: as in PrefixState, with the weights (W, V) of what may follow each."""

    prefixes: list[Prefix]
    blank: Floats
    symbol: Floats
    weights: Floats


def _weights(weigh: Weigh | None, vocabulary: int, blank: int, prefixes: list[Prefix]) -> Floats:
    """Return the weights (m, V) of what may follow each of m prefixes; a blank never does as a symbol."""
    shape = (len(prefixes), vocabulary)
    if weigh is None or not prefixes:
        weights = np.zeros(shape)
    else:
        weights = np.array(numbers("weigh(prefixes)", weigh(prefixes), shape))
    weights[:, blank] = -np.inf
    return weights


class _Reached(NamedTuple):
    """What one more step makes of W prefixes: logs as in ``_Open``, and (W, V) of each one symbol longer."""

    blank: Floats
    symbol: Floats
    longer: Floats


def _reach(open_: _Open, step: Floats, blank: int) -> _Reached:
    """Return what a step, whose log-probabilities are (V,), makes of every open prefix."""
    last = np.array([prefix[-1] if prefix else blank for prefix in open_.prefixes])
    every = np.arange(len(last))
    total = np.logaddexp(open_.blank, open_.symbol)
    longer = total[:, None] + step + open_.weights
    longer[every, last] = open_.blank + step[last] + open_.weights[every, last]  # anew after a blank only
    symbol = open_.symbol + step[last]
    child, parent = _families(open_.prefixes)
    joined = parent, last[child]  # an open prefix is also reached from its parent, where that is open
    symbol[child] = np.logaddexp(symbol[child], longer[joined])
    longer[joined] = -np.inf
    return _Reached(total + step[blank], symbol, longer)


def _families(prefixes: list[Prefix]) -> tuple[Integers, Integers]:
    """Return where each prefix stands whose parent, all but the last symbol, is open too; and that parent."""
    place = {prefix: i for i, prefix in enumerate(prefixes)}
    pairs = [(i, place[p[:-1]]) for i, p in enumerate(prefixes) if p and p[:-1] in place]
    child, parent = np.array(pairs, np.int64).reshape(-1, 2).T
    return child, parent


def _choose(open_: _Open, reached: _Reached, beam_size: int, weights: Weigh) -> _Open:
    """Return the likeliest prefixes, of those that stay and those that are one symbol longer."""
    count, vocabulary = reached.longer.shape
    candidates = np.concatenate([np.logaddexp(reached.blank, reached.symbol), reached.longer.ravel()])
    chosen = largest(candidates, beam_size)
    if not len(chosen):
        raise ArgumentError("log_probabilities leave no text possible; expected log_softmax of the scores.")
    stays = chosen < count
    source, symbol = np.divmod(chosen - count, vocabulary)
    source = np.where(stays, chosen, source)
    choices = zip(source.tolist(), symbol.tolist(), stays.tolist(), strict=True)
    prefixes = [open_.prefixes[i] + (() if stay else (token,)) for i, token, stay in choices]
    after = open_.weights[source]
    after[~stays] = weights([prefixes[i] for i in np.flatnonzero(~stays)])
    return _Open(
        prefixes,
        np.where(stays, reached.blank[source], -np.inf),
        np.where(stays, reached.symbol[source], candidates[chosen]),
        after,
    )


def checked(log_probabilities: NDArray[Any], blank: int) -> Floats:
    found = numbers("log_probabilities", log_probabilities, ("T", "V"))
    check_log_probabilities(found)
    if not 0 <= blank < found.shape[1]:
        raise ArgumentError(f"blank is {blank}; expected a symbol number from 0 to {found.shape[1] - 1}.")
    return found
