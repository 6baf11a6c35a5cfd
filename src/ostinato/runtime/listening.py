"""From the log-probabilities of letters to letters, while they are heard: greedily, or by a beam."""

from abc import ABC, abstractmethod
from typing import Any, Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.decode.ctc import GreedyState, PrefixState, greedy_push, greedy_start
from ostinato.decode.ctc_beam import (
    KEPT,
    LONGEST,
    BeamState,
    Letters,
    beam_finish,
    beam_push,
    beam_start,
)
from ostinato.errors import StreamError
from ostinato.runtime.base import State
from ostinato.runtime.fusion import Fusion, Known, LanguageWeights

Kept = TypeVar("Kept")

LOWEST: Final = float(np.finfo(np.float64).min)
"""What stands for -infinity in a state that is kept, which holds finite numbers alone."""


class Decoder(ABC, Generic[Kept]):
    """What makes letters of log-probabilities, piece by piece; its states are values."""

    @abstractmethod
    def start(self) -> Kept:
        """Return the state before the first step."""

    @abstractmethod
    def push(self, state: Kept, logs: NDArray[Any]) -> tuple[Kept, Letters]:
        """Return the state after T more steps (T, V), and the letters that became certain."""

    @abstractmethod
    def finish(self, state: Kept) -> Letters:
        """Return what is left to say if nothing more comes."""

    @abstractmethod
    def arrays(self, state: Kept) -> State:
        """Return a state as arrays: always of the same shapes, finite, and whole numbers from 0 on."""

    @abstractmethod
    def restored(self, arrays: State) -> Kept:
        """Return the state that these arrays were made of.

        Raises:
            StreamError: it is no such state.
        """


class Greedy(Decoder[GreedyState]):
    """The likeliest symbol of every step: letters are certain at once."""

    def start(self) -> GreedyState:
        return greedy_start()

    def push(self, state: GreedyState, logs: NDArray[Any]) -> tuple[GreedyState, Letters]:
        state, said = greedy_push(state, logs)
        return state, Letters(said.tokens, said.steps)

    def finish(self, state: GreedyState) -> Letters:
        return Letters(np.empty(0, np.int64), np.empty(0, np.int64))

    def arrays(self, state: GreedyState) -> State:
        last = max(state.last, 0)  # before the first step: as after a blank
        return {"last": np.array(last, np.int64), "heard": np.array(state.steps, np.int64)}

    def restored(self, arrays: State) -> GreedyState:
        return GreedyState(int(arrays["last"]), int(arrays["heard"]))


class Beam(Decoder[BeamState]):
    """The likeliest text, of all its alignments, and of what a language model finds likely, if there is one.

    Letters are certain once all texts of the beam begin with them.

    Args:
        symbols: V, the blank among them.
        beam_size: texts that stay open.
        fusion: the language model beside it.
    """

    def __init__(self, symbols: int, beam_size: int, fusion: Fusion | None = None) -> None:
        self.symbols = symbols
        self.beam_size = checks.positive("beam_size", beam_size)
        self.fusion = fusion

    def start(self) -> BeamState:
        return beam_start(None if self.fusion is None else LanguageWeights(self.fusion))

    def push(self, state: BeamState, logs: NDArray[Any]) -> tuple[BeamState, Letters]:
        return beam_push(state, logs, self.beam_size)

    def finish(self, state: BeamState) -> Letters:
        return beam_finish(state)

    def arrays(self, state: BeamState) -> State:
        open_, kept = state.open, len(state.rows)
        arrays = self._empty()
        arrays["open"][...] = len(open_.prefixes)
        for row, text in zip(arrays["texts"], open_.prefixes, strict=False):
            row[: len(text)] = text  # no text has a 0, the blank
        for name, logs in (("blank", open_.blank), ("symbol", open_.symbol)):
            arrays[name][: len(logs)] = np.maximum(logs, LOWEST)
        if kept:
            arrays["rows"][:kept] = state.rows
        arrays["settled"][...], arrays["heard"][...] = state.settled + 1, state.steps
        return arrays | _language(state)

    def restored(self, arrays: State) -> BeamState:
        count, steps = int(arrays["open"]), int(arrays["heard"])
        texts = arrays["texts"][:count]
        if not 1 <= count <= self.beam_size or texts.max() >= self.symbols:
            raise StreamError("the state holds texts that no stream of this model has; take the state anew.")
        blank, symbol = (
            tuple(np.where(arrays[name] > LOWEST, arrays[name], -np.inf)[:count].tolist())
            for name in ("blank", "symbol")
        )
        prefixes = tuple(tuple(int(one) for one in text if one) for text in texts)
        rows = (*arrays["rows"][: min(steps, KEPT)].copy(),)
        weights = None if self.fusion is None else LanguageWeights(self.fusion, _known(arrays))
        open_ = PrefixState(prefixes, blank, symbol)
        return BeamState(open_, int(arrays["settled"]) - 1, rows, steps, weights)

    def _empty(self) -> State:
        """Return arrays for a state, of texts and steps that are not there."""
        return {
            "open": np.zeros((), np.int64),
            "texts": np.zeros((self.beam_size, LONGEST), np.int64),
            "blank": np.full(self.beam_size, LOWEST),
            "symbol": np.full(self.beam_size, LOWEST),
            "settled": np.zeros((), np.int64),
            "rows": np.zeros((KEPT, self.symbols)),
            "heard": np.zeros((), np.int64),
        }


def _language(state: BeamState) -> State:
    """Return what the language model keeps, as arrays."""
    if not isinstance(state.weights, LanguageWeights):
        return {}
    root = state.weights.root
    return {f"language.{name}": array for name, array in root.state.items()} | {"logs": root.logs}


def _known(arrays: State) -> Known:
    """Return what the language model kept."""
    kept = {name: one.copy() for name, one in arrays.items() if name.startswith("language.")}
    return Known({name.removeprefix("language."): one for name, one in kept.items()}, arrays["logs"].copy())
