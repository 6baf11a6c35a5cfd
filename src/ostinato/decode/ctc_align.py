"""Where a text stands in what was heard: the likeliest alignment of a text that is known."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.decode.ctc import checked
from ostinato.decode.logs import Floats, Integers
from ostinato.errors import ArgumentError


def least_steps(tokens: Sequence[int] | Integers) -> int:
    """Return how many steps a text needs: one a symbol, and a blank between two equal ones.

    Example:
        >>> least_steps([1, 2, 2, 3])
        5
    """
    numbers = np.asarray(tokens)
    return len(numbers) + int((numbers[1:] == numbers[:-1]).sum())


def align(log_probabilities: NDArray[Any], tokens: Sequence[int] | Integers, blank: int = 0) -> Integers:
    """Return the step, from 0, at which each symbol of a text begins in its likeliest alignment, (n,).

    This is Viterbi's algorithm over the text with a blank before, between and after its symbols, of which a
    path may pass over those that do not part two equal symbols (Graves et al. 2006, section 4.1, with a
    maximum in the sum's place). It keeps 2n + 1 bytes a step.

    Args:
        log_probabilities: (T, V) of each step's symbols.
        tokens: (n,) the text, without blanks.
        blank: the number of the blank.

    Raises:
        ArgumentError: the shape does not fit, or the text needs more steps than there are.

    Example:
        >>> align(np.log([[0.1, 0.9], [0.2, 0.8], [0.9, 0.1], [0.3, 0.7]]), [1, 1]).tolist()
        [0, 3]
    """
    logs, text = checked(log_probabilities, blank), np.asarray(tokens, np.int64)
    if least_steps(text) > len(logs):
        raise ArgumentError(
            f"the text has {len(text)} symbols and needs {least_steps(text)} steps; there are {len(logs)}."
        )
    if not len(text):
        return text
    states = np.full(2 * len(text) + 1, blank)
    states[1::2] = text
    path = _back(*_forward(logs, states, blank))
    return np.searchsorted(path, np.arange(1, len(states), 2)).astype(np.int64)


def _forward(logs: Floats, states: Integers, blank: int) -> tuple[NDArray[np.int8], int]:
    """Return by how many states the best path to each came on (0, 1, 2) at each step, and where it ends."""
    skips = (states[2:] != blank) & (states[2:] != states[:-2])
    best = np.full(len(states), -np.inf)
    best[:2] = logs[0, states[:2]]
    moves = np.zeros((len(logs), len(states)), np.int8)
    came = np.full((3, len(states)), -np.inf)
    for step in range(1, len(logs)):
        came[0] = best
        came[1, 1:] = best[:-1]
        came[2, 2:] = np.where(skips, best[:-2], -np.inf)
        moves[step] = came.argmax(axis=0)
        best = came.max(axis=0) + logs[step, states]
    return moves, len(states) - 1 - int(best[-1] < best[-2])


def _back(moves: NDArray[np.int8], last: int) -> Integers:
    """Return the state of the best path at every step."""
    path = np.empty(len(moves), np.int64)
    for step in range(len(moves) - 1, -1, -1):
        path[step] = last
        last -= int(moves[step, last])
    return path
