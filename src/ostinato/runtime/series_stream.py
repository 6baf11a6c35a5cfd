"""A series that is still going on: told what comes, it can be asked at any time what may come next."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.outlook import Forecasts, Numbers, Said, forecasts
from ostinato.errors import ArgumentError, DataError, StreamError
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.windows import Laid, Window, WindowPreprocessor
from ostinato.read import grid
from ostinato.read.panel import Panel
from ostinato.runtime.base import Array, State
from ostinato.runtime.encoder_decoder import EncoderDecoder
from ostinato.runtime.forecasting import LINEAR, Heard, Teller
from ostinato.runtime.memory import Memory

NETWORK = "network."


class SeriesStream:
    """One series, moved on by new values without reading its history again. Made by ``SeriesModel.follow``.

    The scale is that of the context that the stream began with, and stays. A network that reads w steps at
    once goes on in w turns: turn t hears the segments that end at the rows t, t + w, t + 2 w … The state is a
    value: arrays by name, which can be saved and restored.

    Args:
        teller: the network.
        windows: what cuts series into windows.
        template: a panel of one series; ids, columns and descriptors are taken from it.
        state: what the stream keeps.
    """

    def __init__(self, teller: Teller, windows: WindowPreprocessor, template: Panel, state: State) -> None:
        self._teller, self._windows, self._template = teller, windows, template
        self._state = state

    @classmethod
    def begun(cls, teller: Teller, windows: WindowPreprocessor, panel: Panel, origin: int) -> "SeriesStream":
        """Return a stream that has heard a series up to a row."""
        spec, laid = teller.spec, windows.lay(panel)
        count = min(spec.segments, (origin + 1) // spec.segment)
        series = np.arange(len(laid.lengths))
        origins = np.full(len(series), origin)
        if count < 1:
            raise DataError(f"{panel.place(0)}: has {origin + 1} steps; expected at least {spec.segment}.")
        laid.check(series, origins, count)
        turns = [_Turn.begun(teller, laid, series, origin, back, count) for back in range(spec.segment)]
        state = _beside([turn.state for turn in reversed(turns)])
        kept = min(origin + 1, kept_rows(teller))
        rows = panel.values[0]
        state |= {
            "scale": turns[0].scale,
            "levels": np.stack([turn.level for turn in reversed(turns)]),
            "said": turns[0].said,
            "linear": turns[0].linear,
            "rows": rows[origin + 1 - kept : origin + 1].copy(),
            "ahead": _known_ahead(spec.horizon, panel, origin),
            "start": np.array(panel.times(0)[origin + 1 - kept]),
        }
        return cls(teller, windows, panel.cut(np.array([1])), state)

    @property
    def static(self) -> tuple[str, ...]:
        """Return what describes the series."""
        return self._template.static[0] if self._template.static else ()

    def copy(self) -> "SeriesStream":
        """Return a stream that goes on by itself from where this one is."""
        return SeriesStream(self._teller, self._windows, self._template, self._state)

    @property
    def time(self) -> int:
        """Return the time of the last value."""
        rows = self._state["rows"]
        step = np.array([len(rows) - 1])
        return int(grid.after(int(self._state["start"]), step, self._template.frequency)[0])

    def forecast(self) -> Forecasts:
        """Return the next H steps, (1, H, C) each."""
        width, state = len(self._template.targets), self._state
        said = self._said(state)
        found = forecasts(self._teller.outlook, said, log=self._teller.spec.log)

        def joined(values: Numbers) -> Numbers:
            return values if values.shape[2] == width else values[..., 0].T[None]

        return Forecasts(
            point=joined(found.point),
            quantiles={q: joined(values) for q, values in found.quantiles.items()},
            intervals={level: (joined(a), joined(b)) for level, (a, b) in found.intervals.items()},
        )

    def update(self, values: Any, past: Any = None, known: Any = None) -> None:
        """Move on by T steps.

        Args:
            values: (T, C), or (T,) of one target, in the model's order and unscaled; NaN where missing.
            past: (T, P), where the model reads columns that are known up to now.
            known: (T + H, K) from the first new step on, where it reads columns that are known ahead.

        Raises:
            DataError: shapes do not fit, or numbers overflow; the stream stays as it was.
        """
        roles, spec = self._template.roles, self._teller.spec
        targets = _matrix("values", values, len(self._template.targets))
        steps = len(targets)
        earlier = _matrix("past", past, len(roles.past), steps)
        told = _matrix("known", known, len(roles.known), steps + spec.horizon)
        fresh = np.concatenate([targets, earlier, told[:steps]], axis=1)
        if not spec.masked and not np.isfinite(targets).all():
            raise DataError("values: a value is missing, and this model was trained on series without gaps.")
        state = dict(self._state)
        rows = np.concatenate([state["rows"], fresh])
        blank = np.full((spec.horizon, rows.shape[1] - told.shape[1]), np.nan)
        whole = np.concatenate([rows, np.concatenate([blank, told[steps:]], axis=1)])
        laid = self._laid(whole, int(state["start"]))
        for row in range(len(rows) - steps, len(rows)):
            state = self._moved(state, laid, row)
        kept = min(len(rows), kept_rows(self._teller))
        start = grid.after(int(state["start"]), np.array([len(rows) - kept]), self._template.frequency)
        state |= {"rows": rows[len(rows) - kept :], "ahead": told[steps:], "start": start[0]}
        numbers = (array for name, array in state.items() if name not in ("rows", "ahead", "levels"))
        if not all(np.isfinite(array).all() for array in numbers):
            raise DataError("values: the model's numbers overflow; the values are out of range.")
        self._state = {name: np.asarray(array) for name, array in state.items()}

    def state(self) -> State:
        """Return a copy of what the stream keeps: arrays by name."""
        return {name: np.array(array) for name, array in self._state.items()}

    def restore(self, state: State) -> None:
        """Go on from a state that ``state`` returned, of a stream of the same model.

        Raises:
            StreamError: it is no state of this model; the stream stays as it was.
        """
        if not isinstance(state, dict):
            raise StreamError(f"state is {checks.shown(state)}; expected what a stream's state() returned.")
        if differing := sorted(self._state.keys() ^ state.keys()):
            raise StreamError(
                f"the state differs in {', '.join(map(checks.shown, differing))}; it is of another model."
            )
        for name, array in self._state.items():
            _check(name, state[name], array, any_length=name == "rows")
        self._state = {name: np.array(state[name]) for name in self._state}

    def _laid(self, rows: Numbers, start: int) -> Laid:
        panel = self._template
        moved = Panel(
            ids=panel.ids,
            starts=np.array([start], np.int64),
            values=[rows],
            roles=panel.roles,
            frequency=panel.frequency,
            static=panel.static,
            places=panel.places,
        )
        return self._windows.lay(moved)

    def _moved(self, state: State, laid: Laid, row: int) -> State:
        """Return the state one step later: the oldest turn hears the segment that ends at this row."""
        turn = {name: array[0] for name, array in state.items() if name.startswith(NETWORK)}
        series = np.arange(len(laid.lengths))
        reading = laid.segment(series, np.full(len(series), row), state["levels"][0], state["scale"])
        steps = reading.inputs.swapaxes(0, 1).astype(np.float32)
        moved, said, linear = _heard(self._teller, turn, steps)
        after = {name: np.concatenate([state[name][1:], moved[name][None]]) for name in turn}
        levels = np.concatenate([state["levels"][1:], reading.levels[None, :, -1]])
        return state | after | {"levels": levels, "said": said, "linear": linear}

    def _said(self, state: State) -> Said:
        teller = self._teller
        level, scale = state["levels"][-1], state["scale"]
        series = np.arange(len(level))
        window = Window(np.zeros((0, len(level), 0), np.float32), level[None], scale)
        rows = np.concatenate([state["rows"], _behind(state)])
        laid = self._laid(rows, int(state["start"]))
        origins = np.full(len(series), len(state["rows"]) - 1)
        if isinstance(teller.network, EncoderDecoder):
            heard = {name: array[-1] for name, array in state.items() if name.startswith(NETWORK)}
            memory = Memory(heard[f"{NETWORK}memory"], heard[f"{NETWORK}heard"], {})
            longest = int(memory.lengths.max())
            memory = memory._replace(values=memory.values[:, :longest])
            raw = teller.decoded(memory, laid.ahead(series, origins, window))
            return teller.joined(raw, state["linear"], window)
        kept = {
            name.removeprefix(NETWORK): array[-1] for name, array in state.items() if name.startswith(NETWORK)
        }
        last = Heard(kept, state["said"], state["linear"])
        tell = teller.sampled if teller.samples else teller.rolled
        return tell(laid, series, origins, window, last)


class _Turn:
    """What one turn of a stream has heard when the stream begins."""

    def __init__(self, state: State, said: Array, linear: Array, level: Numbers, scale: Numbers) -> None:
        self.state, self.said, self.linear, self.level, self.scale = state, said, linear, level, scale

    @classmethod
    def begun(
        cls, teller: Teller, laid: Laid, series: Integers, origin: int, back: int, count: int
    ) -> "_Turn":
        """Return the turn whose last segment ends ``back`` rows before the origin."""
        whole = laid.window(series, np.full(len(series), origin), count)
        own = min(count, (origin + 1 - back) // teller.spec.segment)
        own = own if back == 0 else min(own, count - 1)
        fresh = _fresh(teller, len(series))
        if own < 1:
            level = laid.levels_at(series, origin - back, count * teller.spec.segment - back)
            return cls(fresh, np.zeros((0,)), np.zeros((0,)), level, whole.scale)
        window = laid.window(series, np.full(len(series), origin - back), own, scale=whole.scale)
        state, said, linear = _heard(teller, fresh, window.steps)
        return cls(state, said, linear, window.level, whole.scale)


def _fresh(teller: Teller, streams: int) -> State:
    """Return the state of streams that have heard nothing."""
    state = {f"{NETWORK}{name}": array for name, array in teller.reader.start(streams).items()}
    if isinstance(teller.network, EncoderDecoder):
        size = teller.reader.spec.flows()[-1].size
        state[f"{NETWORK}memory"] = np.zeros((streams, teller.spec.segments, size), np.float32)
        state[f"{NETWORK}heard"] = np.zeros(streams, np.int64)
    return state


def _heard(teller: Teller, state: State, steps: NDArray[np.float32]) -> tuple[State, Array, Array]:
    """Return the state after steps (T, n, F), and what network and linear model then say."""
    own = {"memory", "heard"}
    inner = {name.removeprefix(NETWORK): array for name, array in state.items()}
    network = {name: array for name, array in inner.items() if name not in own}
    network, said, branches = teller.reader.push_answers(network, steps)
    after = {f"{NETWORK}{name}": array for name, array in network.items()}
    if "memory" in inner:
        after |= _remembered(inner["memory"], inner["heard"], said)
    return after, said[-1], branches[LINEAR][-1]


def _remembered(memory: Array, heard: Array, said: Array) -> State:
    """Return the last steps that the encoder said, the oldest first, and how many there are."""
    most, count = memory.shape[1], int(heard[0])
    every = np.concatenate([memory[:, :count], said.swapaxes(0, 1)], axis=1)[:, -most:]
    kept = np.zeros_like(memory)
    kept[:, : every.shape[1]] = every
    return {
        f"{NETWORK}memory": kept,
        f"{NETWORK}heard": np.full(len(heard), every.shape[1], np.int64),
    }


def _beside(states: list[State]) -> State:
    return {name: np.stack([state[name] for state in states]) for name in states[0]}


def kept_rows(teller: Teller) -> int:
    """Return how many rows a stream keeps: of a segment, and as far back as a step ahead looks."""
    return max(teller.spec.segment, *teller.spec.lags, 1)


def _known_ahead(horizon: int, panel: Panel, origin: int) -> Numbers:
    """Return what is known of the steps ahead, (H, K); NaN where it is not."""
    count = len(panel.roles.known)
    found = np.full((horizon, count), np.nan)
    given = panel.values[0][origin + 1 : origin + 1 + horizon, len(panel.columns()) - count :]
    found[: len(given)] = given
    return found


def _behind(state: State) -> Numbers:
    """Return rows behind the last one, of which only what is known ahead is there."""
    rows, ahead = state["rows"], state["ahead"]
    found = np.full((len(ahead), rows.shape[1]), np.nan)
    found[:, rows.shape[1] - ahead.shape[1] :] = ahead
    return found


def _matrix(name: str, values: Any, columns: int, rows: int | None = None) -> Numbers:
    """Return numbers as (T, columns) float64; of no column, nothing is needed."""
    if not columns:
        return np.zeros((rows or 0, 0))
    if values is None:
        raise DataError(f"{name} is missing; this model reads {columns} such columns.")
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        raise DataError(f"{name} is of type {array.dtype}; expected an array of numbers.")
    array = array[:, None] if array.ndim == 1 and columns == 1 else array
    wanted = ("T" if rows is None else rows, columns)
    try:
        checks.shape(name, array, wanted)
    except ArgumentError as error:
        raise DataError(str(error)) from error
    if np.isinf(array).any() or not len(array):
        raise DataError(f"{name} is empty or holds infinity; expected finite numbers, NaN where missing.")
    return array.astype(np.float64)


def _check(name: str, given: Any, expected: Array, *, any_length: bool) -> None:
    shape = ("T" if any_length else expected.shape[0], *expected.shape[1:]) if expected.ndim else ()
    try:
        checks.shape(name, given, shape)
    except (ArgumentError, AttributeError) as error:
        raise StreamError(f"{name} of the state does not fit: it is of another model.") from error
    if given.dtype != expected.dtype:
        raise StreamError(f"{name} is {given.dtype}; expected {expected.dtype}.")
