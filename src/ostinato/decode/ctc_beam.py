"""Prefix search that may go on for ever: what all open texts begin with is said, and let go of."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ostinato.decode.ctc import Prefix, PrefixState, checked, prefix_push, prefix_start
from ostinato.decode.ctc_align import align, least_steps
from ostinato.decode.logs import Floats, Integers

LONGEST = 64
"""Symbols on which open texts may differ at most; beyond them the likeliest text has its way."""

KEPT = 512
"""Steps that are kept to find when symbols began: more than ``LONGEST`` symbols and their blanks can need."""


class Letters(NamedTuple):
    """Symbols that are certain.

    Args:
        tokens: (n,) symbol numbers.
        steps: (n,) the step, counted from 0, at which each begins.
    """

    tokens: Integers
    steps: Integers


NONE = Letters(np.empty(0, np.int64), np.empty(0, np.int64))
"""No symbol."""


class Weights(Protocol):
    """What is known of texts beside what is heard; prefixes go on from the texts that it has followed."""

    def __call__(self, prefixes: list[Prefix]) -> NDArray[Any]:
        """Return the weight in logs (m, V) of each symbol that may follow each of m prefixes."""

    def ends(self, prefixes: Sequence[Prefix]) -> NDArray[Any]:
        """Return the weight in logs (m,) of each prefix being over."""

    def after(self, prefix: Prefix) -> "Weights":
        """Return the weights of what goes on from this prefix."""


class BeamState(NamedTuple):
    """Where an endless search stands.

    Args:
        open: the open texts; once a symbol is settled, each begins with the last such one.
        settled: the step at which that one began; -1: none is.
        rows: the last steps, (V,) each, ``KEPT`` at most.
        steps: how many steps there were.
        weights: of what goes on from the settled symbols but the last one; None: all are alike.
    """

    open: PrefixState
    settled: int
    rows: tuple[Floats, ...]
    steps: int
    weights: Weights | None


def beam_start(weights: Weights | None = None) -> BeamState:
    """Return the state before the first step."""
    return BeamState(prefix_start(), settled=-1, rows=(), steps=0, weights=weights)


def beam_push(
    state: BeamState, log_probabilities: NDArray[Any], beam_size: int = 16, blank: int = 0
) -> tuple[BeamState, Letters]:
    """Return the state after T more steps, and the symbols that became certain.

    The search is that of ``prefix_search``: pieces give what the whole gives, and all that is said together
    with what ``beam_finish`` returns is its best text, unless two texts differed on more than ``LONGEST``
    symbols. Memory and the time of a step do not grow with the stream.

    Args:
        state: what ``beam_start`` or the last ``beam_push`` returned.
        log_probabilities: (T, V) of each step's symbols; T may be 0.
        beam_size: how many texts stay open.
        blank: the number of the blank.

    Raises:
        ArgumentError: the shape does not fit, or a number is NaN or above 0.

    Example:
        >>> logs = np.log([[0.1, 0.9], [0.2, 0.8], [0.9, 0.1], [0.3, 0.7]])
        >>> state, said = beam_push(beam_start(), logs, beam_size=2)
        >>> said.tokens.tolist(), beam_finish(state).steps.tolist()
        ([1], [3])
    """
    said = [NONE]
    for row in checked(log_probabilities, blank):
        open_ = prefix_push(state.open, row[None], beam_size, blank, state.weights)
        rows = (*state.rows[-KEPT + 1 :], row)
        state, letters = _settle(state._replace(open=open_, rows=rows, steps=state.steps + 1), blank)
        said.append(letters)
    return state, _joined(said)


def beam_finish(state: BeamState, blank: int = 0) -> Letters:
    """Return what is left to say of the likeliest text if nothing more comes."""
    prefixes = state.open.prefixes
    scores = np.logaddexp(state.open.blank, state.open.symbol)
    if state.weights is not None:
        scores = scores + state.weights.ends(prefixes)
    return _letters(state, prefixes[int(scores.argmax())], blank)


def _settle(state: BeamState, blank: int) -> tuple[BeamState, Letters]:
    """Return the state without what all open texts begin with, and that beginning."""
    prefixes = state.open.prefixes
    best = prefixes[0]
    common = _agreed(prefixes)
    if len(best) > LONGEST:
        common = max(common, len(best) // 2)
    longest = max(LONGEST, len(best))
    kept = [i for i, one in enumerate(prefixes) if one[:common] == best[:common] and len(one) <= longest]
    new = max(0, common - (state.settled >= 0))  # the first symbol of all was settled before
    letters = Letters(*(part[:new] for part in _letters(state, best, blank))) if new else NONE
    let_go = max(0, common - 1)
    open_ = PrefixState(
        tuple(prefixes[i][let_go:] for i in kept),
        tuple(state.open.blank[i] for i in kept),
        tuple(state.open.symbol[i] for i in kept),
    )
    weights = state.weights
    if weights is not None and let_go:
        weights = weights.after(best[:let_go])
    settled = int(letters.steps[-1]) if new else state.settled
    return state._replace(open=open_, settled=settled, weights=weights), letters


def _letters(state: BeamState, text: Prefix, blank: int) -> Letters:
    """Return the symbols of an open text that are not settled yet, each with the step where it begins.

    The text is aligned from where the last settled symbol began or, if it needs more steps, from before.
    """
    oldest = state.steps - len(state.rows)
    first = max(oldest, min(max(state.settled, 0), state.steps - least_steps(text)))
    steps = first + align(np.stack(state.rows[first - oldest :]), text, blank) if text else NONE.steps
    new = int(state.settled >= 0)
    return Letters(np.array(text[new:], np.int64), np.maximum(steps[new:], state.settled))


def _agreed(prefixes: Sequence[Prefix]) -> int:
    """Return how many symbols all texts begin with."""
    lowest, highest = min(prefixes), max(prefixes)
    pairs = zip(lowest, highest, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(lowest), len(highest)))


def _joined(parts: Sequence[Letters]) -> Letters:
    return Letters(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
