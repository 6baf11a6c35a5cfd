"""From the log-probabilities of letters to letters, while they are heard: greedily, or by a beam."""

from abc import ABC, abstractmethod
from typing import Any, Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.decode.ctc import GreedyState, PrefixState, greedy_push, greedy_start
from ostinato.decode.ctc_beam import BeamState, Letters, beam_finish, beam_push, beam_start
from ostinato.errors import StreamError
from ostinato.runtime.base import State
from ostinato.runtime.fusion import Fusion, Known, LanguageWeights

Kept = TypeVar("Kept")

NOTHING: Final = -1
"""What stands in an array of symbols behind a text's end."""


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
        """Return a state as arrays, which can be written anywhere."""

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
        return {name: np.array(value) for name, value in state._asdict().items()}

    def restored(self, arrays: State) -> GreedyState:
        given = _checked(arrays, {"last": (), "steps": ()})
        return GreedyState(int(given["last"]), int(given["steps"]))


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
        texts = state.open.prefixes
        table = np.full((len(texts), max(map(len, texts))), NOTHING)
        for row, text in zip(table, texts, strict=True):
            row[: len(text)] = text
        kept: State = {
            "texts": table,
            "blank": np.array(state.open.blank),
            "symbol": np.array(state.open.symbol),
            "settled": np.array(state.settled),
            "rows": np.array(state.rows).reshape(-1, self.symbols),
            "steps": np.array(state.steps),
        }
        return kept | self._language(state)

    def restored(self, arrays: State) -> BeamState:
        shapes = {"texts": ("W", "L"), "blank": ("W",), "symbol": ("W",), "settled": (), "steps": ()}
        fresh = self._language(self.start())
        every = shapes | {"rows": ("R", self.symbols)} | {name: one.shape for name, one in fresh.items()}
        given = _checked(arrays, every)
        texts = tuple(tuple(int(one) for one in row if one != NOTHING) for row in given["texts"])
        if (
            not len(texts) == len(given["blank"]) == len(given["symbol"])
            or given["texts"].max(initial=0) >= self.symbols
        ):
            raise StreamError("the state's texts do not fit; it is of another model.")
        open_ = PrefixState(texts, tuple(given["blank"].tolist()), tuple(given["symbol"].tolist()))
        weights = None if self.fusion is None else LanguageWeights(self.fusion, _known(given))
        return BeamState(open_, int(given["settled"]), (*given["rows"],), int(given["steps"]), weights)

    def _language(self, state: BeamState) -> State:
        """Return what the language model keeps, as arrays."""
        if not isinstance(state.weights, LanguageWeights):
            return {}
        root = state.weights.root
        return {f"language.{name}": array for name, array in root.state.items()} | {"logs": root.logs}


def _known(given: State) -> Known:
    state = {
        name.removeprefix("language."): one for name, one in given.items() if name.startswith("language.")
    }
    return Known(state, given["logs"])


def _checked(arrays: State, shapes: dict[str, tuple[Any, ...]]) -> State:
    """Return arrays that have these names, these shapes, and no NaN."""
    if differing := sorted(shapes.keys() ^ arrays.keys()):
        names = ", ".join(map(checks.shown, differing))
        raise StreamError(f"the state differs in {names}; it is of another model, or was decoded otherwise.")
    for name, shape in shapes.items():
        array = np.asarray(arrays[name])
        fits = array.ndim == len(shape) and all(
            isinstance(want, str) or want == have for want, have in zip(shape, array.shape, strict=True)
        )
        if not fits or array.dtype.kind not in "if" or np.isnan(array).any():
            raise StreamError(
                f"{name} is {array.dtype} of shape {array.shape}; expected numbers of shape {shape}. The "
                "state is of another model."
            )
    return {name: np.array(arrays[name]) for name in shapes}
