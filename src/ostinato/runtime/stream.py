"""One stream: a sequence that is still being heard."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.classify import softmax
from ostinato.errors import ArgumentError, DataError, StreamError
from ostinato.preprocess.scale import scale_rows
from ostinato.runtime.base import State
from ostinato.runtime.network import Network
from ostinato.spec.preprocessing import Series

Probabilities = NDArray[np.float64]


class Stream:
    """A sequence pushed step by step. Made by ``Model.stream``.

    What is answered after step t is the answer for the prefix x_1 … x_t. The state is a value: it never
    resets by itself, and an input that is refused leaves it as it was.

    Args:
        network: one that can run step by step.
        series: the channels and their scaling.
        labels: the C labels.
    """

    def __init__(self, network: Network, series: Series, labels: tuple[str, ...]) -> None:
        self.labels = labels
        self._network = network
        self._series = series
        self._state = network.start(1)

    def push(self, steps: Any) -> Probabilities:
        """Return the labels' probabilities after one step (I,), as (C,); after each of (T, I), as (T, C).

        Args:
            steps: the channels' values, in the model's order and unscaled.

        Raises:
            DataError: the shape is wrong, a value is not finite, or the answer overflows.
        """
        given = numeric("steps", steps)
        rows = scale_rows(self._series, given[None] if given.ndim == 1 else given, "steps")
        state, scores = self._network.push(self._state, rows[:, None])
        answer = softmax(finite("steps", scores, state)[:, 0])
        self._state = state
        return answer[0] if given.ndim == 1 else answer

    def state(self) -> State:
        """Return a copy of what the stream keeps: arrays by name."""
        return {name: array.copy() for name, array in self._state.items()}

    def restore(self, state: State) -> None:
        """Go on from a state that ``state`` returned, of this stream or of another one of the same model.

        Raises:
            StreamError: it is no state of this model; the stream stays as it was.
        """
        self._state = restored(self._network.start(1), state)

    def reset(self) -> None:
        """Forget everything: the next step is the first."""
        self._state = self._network.start(1)


def finite(name: str, scores: NDArray[Any], state: State) -> NDArray[Any]:
    """Return what a network said, which must be finite, as its state must be; ``name`` is for messages."""
    if not all(np.isfinite(array).all() for array in (scores, *state.values())):
        raise DataError(f"{name}: the model's numbers overflow; the values are out of range.")
    return scores


def restored(fresh: State, state: Any) -> State:
    """Return a copy of a network's state, or raise a StreamError if it is not of the form of a fresh one."""
    if not isinstance(state, dict):
        raise StreamError(f"state is {checks.shown(state)}; expected what a stream's state() returned.")
    if differing := sorted(fresh.keys() ^ state.keys()):
        raise StreamError(
            f"the state differs in {', '.join(map(checks.shown, differing))}; it is of another model."
        )
    for name, array in fresh.items():
        _check(name, state[name], array)
    return {name: state[name].copy() for name in fresh}


def numeric(name: str, values: Any) -> NDArray[np.float32]:
    """Return values as float32, if they are numbers; texts and truth values are refused, not converted."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(f"{name}: {checks.shown(str(error), 120)}; expected one array of numbers.") from error
    if array.dtype.kind not in "iuf":
        raise DataError(f"{name} is of type {array.dtype}; expected an array of numbers.")
    with np.errstate(over="ignore"):
        return array.astype(np.float32)


def _check(name: str, given: Any, expected: NDArray[Any]) -> None:
    try:
        checks.shape(name, given, expected.shape)
    except ArgumentError as error:
        raise StreamError(f"{error} The state is of another model.") from error
    if given.dtype != expected.dtype or not np.isfinite(given).all():
        raise StreamError(
            f"{name} is {given.dtype}; expected {expected.dtype} and nothing but finite numbers."
        )
