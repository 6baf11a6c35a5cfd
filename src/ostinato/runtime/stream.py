"""One stream: a sequence that is still being heard."""

from collections.abc import Callable
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
Rows = NDArray[np.float32]


class Stream:
    """A sequence pushed step by step. Made by ``Model.stream``.

    What is answered after step t is the answer for the prefix x_1 … x_t. The state is a value: it never
    resets by itself, and an input that is refused leaves it as it was.

    Args:
        network: one that can run step by step.
        read: from what is pushed to steps (T, I) as the network reads them, and whether it is a single one.
        labels: the C labels.
    """

    def __init__(
        self, network: Network, read: Callable[[Any], tuple[Rows, bool]], labels: tuple[str, ...]
    ) -> None:
        self.labels = labels
        self._network = network
        self._read = read
        self._state = network.start(1)

    def push(self, steps: Any) -> Probabilities:
        """Return the labels' probabilities after one step (I,), as (C,); after each of (T, I), as (T, C).

        Args:
            steps: the channels' values, in the model's order and unscaled; to a model that watches one frame
                (height, width) or (height, width, 3), or several, uint8.

        Raises:
            DataError: the shape is wrong, a value is not finite, or the answer overflows.
        """
        rows, single = self._read(steps)
        state, scores = self._network.push(self._state, rows[:, None])
        if not all(np.isfinite(array).all() for array in (scores, *state.values())):
            raise DataError("steps: the model's numbers overflow; the values are out of range.")
        answer = softmax(scores[:, 0])
        self._state = state
        return answer[0] if single else answer

    def state(self) -> State:
        """Return a copy of what the stream keeps: arrays by name."""
        return {name: array.copy() for name, array in self._state.items()}

    def restore(self, state: State) -> None:
        """Go on from a state that ``state`` returned, of this stream or of another one of the same model.

        Raises:
            StreamError: it is no state of this model; the stream stays as it was.
        """
        fresh = self._network.start(1)
        if not isinstance(state, dict):
            raise StreamError(f"state is {checks.shown(state)}; expected what a stream's state() returned.")
        if differing := sorted(fresh.keys() ^ state.keys()):
            raise StreamError(
                f"the state differs in {', '.join(map(checks.shown, differing))}; it is of another model."
            )
        for name, array in fresh.items():
            _check(name, state[name], array)
        self._state = {name: state[name].copy() for name in fresh}

    def reset(self) -> None:
        """Forget everything: the next step is the first."""
        self._state = self._network.start(1)


def pushed_rows(series: Series, steps: Any) -> tuple[Rows, bool]:
    """Return the scaled rows (T, I) of one step (I,) or of several, and whether it is one."""
    given = numeric("steps", steps)
    single = given.ndim == 1
    return scale_rows(series, given[None] if single else given, "steps"), single


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
