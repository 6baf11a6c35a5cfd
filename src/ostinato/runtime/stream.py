"""One stream: a sequence that is still being heard."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.classify import softmax
from ostinato.errors import ArgumentError, DataError, StreamError
from ostinato.preprocess.observed import Past, check_static, given_rows, start
from ostinato.runtime.base import State
from ostinato.runtime.network import Network, part
from ostinato.spec.preprocessing import Series

INPUT = "input"
"""What the names of the state begin with that is kept of the input itself."""


class SeriesStream(ABC):
    """A series pushed step by step, whatever is answered. Made by a model's ``stream``.

    What is answered after step t is the answer for the prefix x_1 … x_t. The state is a value: it never
    resets by itself, and an input that is refused leaves it as it was.

    Args:
        network: one that can run step by step.
        series: the channels, their scaling, and what becomes of missing values.
        static: (S,) what describes the sequence, for a model that was trained with descriptors.

    Raises:
        DataError: descriptors are lacking, or the model was trained without.
    """

    def __init__(self, network: Network, series: Series, static: Any = None) -> None:
        self._network = network
        self._series = series
        self._static = None if static is None else numeric("static", static)
        check_static(series, self._static, "the stream")
        self._state = self._fresh()

    @abstractmethod
    def _answer(self, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return what scores (T, F) stand for."""

    def push(self, steps: Any, times: Any = None) -> NDArray[np.float64]:
        """Return the answer after one step (I,), as (C,); after each of (T, I), as (T, C).

        Args:
            steps: the channels' values, in the model's order and unscaled; NaN where one is missing, if the
                model takes missing values.
            times: when the step was, or each of them, (T,), for a model that was trained with times: in the
                unit of the training data, of time stamps in seconds.

        Raises:
            DataError: the shape is wrong, a value is not finite, a time is before the last one, or the answer
                overflows.
        """
        given = numeric("steps", steps)
        rows = given[None] if given.ndim == 1 else given
        clock = None if times is None else np.atleast_1d(np.asarray(times, np.float64))
        past = {name: array[0] for name, array in part(self._state, INPUT).items()}
        prepared, past = given_rows(self._series, rows, clock, self._static, past, "steps")
        network = {name: array for name, array in self._state.items() if not name.startswith(f"{INPUT}.")}
        state, scores = self._network.push(network, prepared[:, None])
        if not all(np.isfinite(array).all() for array in (scores, *state.values())):
            raise DataError("steps: the model's numbers overflow; the values are out of range.")
        answer = self._answer(scores[:, 0])
        self._state = state | _kept(past)
        return answer[0] if given.ndim == 1 else answer

    def state(self) -> State:
        """Return a copy of what the stream keeps: arrays by name."""
        return {name: array.copy() for name, array in self._state.items()}

    def restore(self, state: State) -> None:
        """Go on from a state that ``state`` returned, of this stream or of another one of the same model.

        Raises:
            StreamError: it is no state of this model; the stream stays as it was.
        """
        fresh = self._fresh()
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
        self._state = self._fresh()

    def _fresh(self) -> State:
        return self._network.start(1) | _kept(start(self._series))


class Stream(SeriesStream):
    """A stream whose answers are the labels' probabilities; arguments and errors as for ``SeriesStream``.

    Args:
        labels: the C labels.
    """

    def __init__(self, network: Network, series: Series, labels: tuple[str, ...], static: Any = None) -> None:
        self.labels = labels
        super().__init__(network, series, static)

    def _answer(self, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        return softmax(scores)


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


def _kept(past: Past) -> State:
    """Return what is kept of the input as a part of the state."""
    return {f"{INPUT}.{name}": array[None] for name, array in past.items()}


def _check(name: str, given: Any, expected: NDArray[Any]) -> None:
    try:
        checks.shape(name, given, expected.shape)
    except ArgumentError as error:
        raise StreamError(f"{error} The state is of another model.") from error
    if given.dtype != expected.dtype or not np.isfinite(given).all():
        raise StreamError(
            f"{name} is {given.dtype}; expected {expected.dtype} and nothing but finite numbers."
        )
