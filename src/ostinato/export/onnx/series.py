"""The preprocessing of series in ONNX: scaling, what becomes of missing values, times and descriptors."""

from collections.abc import Callable
from typing import Final

import numpy as np

from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.parts import (
    States,
    Steps,
    cast,
    concat,
    cut,
    last_row,
    places,
    silent,
    size,
    there,
    transpose,
    unsqueeze,
)
from ostinato.preprocess.observed import scaled_mean
from ostinato.spec.preprocessing import Series, Static

WIDE = np.float64

TIMES, STATIC = "times", "static"
"""The names of the inputs that say when each step was, and what describes each sequence."""


def prepared(graph: Graph, series: Series, steps: Steps, states: States) -> Steps:
    """Return what the network is given of the channels as they were measured; ``spec.Series`` has the parts.

    A stream keeps of its input ``given.count`` (B, 1), the steps so far; with fill and masks ``given.last``
    (B, I), the last observations, scaled; with masks ``given.since`` (B, I), how long before the last step
    they were; and where times are read ``given.time`` (B, 1), that of the last step.
    """
    scaled = scaled_channels(graph, series, steps.value)
    parts = [scaled]
    if series.missing != "forbid":
        parts = PARTS[series.missing](_Heard(graph, series, steps, states, scaled))
    if series.static is not None:
        parts += _described(graph, series.static, steps, masked=series.masked)
    return steps._replace(value=concat(graph, parts, 2) if len(parts) > 1 else parts[0])


def scaled_channels(graph: Graph, series: Series, value: str) -> str:
    """Return ``(x - center) / spread`` of every channel, in float64, as the runtime has it."""
    center, spread = (graph.constant(np.array(part)) for part in (series.center, series.spread))
    shifted = graph.node("Sub", [cast(graph, value, WIDE), center])
    return cast(graph, graph.node("Div", [shifted, spread]), np.float32)


class _Heard:
    """What every part is made of: which values were observed, and how many steps there were before."""

    def __init__(self, graph: Graph, series: Series, steps: Steps, states: States, scaled: str) -> None:
        self.graph, self.series, self.steps, self.states, self.scaled = graph, series, steps, states, scaled
        self.there = there(graph, steps)
        known = graph.node("Not", [graph.node("IsNaN", [scaled])])
        self.seen = graph.node("And", [known, self.there])
        self.count = states.begin("given.count", (1,), np.int64)
        self.first = graph.node("Equal", [self.count, graph.constant(np.int64(0))])
        states.keep("given.count", graph.node("Add", [self.count, unsqueeze(graph, steps.lengths, 1)]))

    def mask(self) -> str:
        """Return 1 where a value was observed, else 0."""
        return cast(self.graph, self.seen, np.float32)

    def filled(self) -> str:
        """Return the last observation at each step, before the first one the mean."""
        mean = self.graph.constant(scaled_mean(self.series).astype(np.float32))
        kept = self.states.begin("given.last", (len(self.series.channels),), np.float32)
        before = self.graph.node("Where", [self.first, mean, kept])
        after, every = carried(self.graph, self.scaled, self.seen, before, np.float32)
        self.states.keep("given.last", after)
        return every

    def gaps(self) -> str:
        """Return log(1 + g), g the time since each channel's last earlier observation."""
        since = self.states.begin("given.since", (len(self.series.channels),), WIDE)
        after, every = _gaps(self, since)
        self.states.keep("given.since", after)
        return cast(self.graph, self.graph.node("Log", [_one_more(self.graph, every)]), np.float32)

    def waited(self) -> str:
        """Return the time since the step before, (T, B, 1): 0 at the first."""
        return _waited(self) if self.series.unit is None else _timed(self, self.series.unit)


def _fill(heard: _Heard) -> list[str]:
    return [heard.filled()]


def _mask(heard: _Heard) -> list[str]:
    return [heard.filled(), heard.mask(), heard.gaps()]


def _decay(heard: _Heard) -> list[str]:
    graph = heard.graph
    observed = graph.node("Where", [heard.seen, heard.scaled, graph.constant(np.float32(0))])
    return [observed, heard.mask(), cast(graph, heard.waited(), np.float32)]


PARTS: Final[dict[str, Callable[[_Heard], list[str]]]] = {
    "forward-fill": _fill,
    "mask": _mask,
    "decay": _decay,
}
"""What the network is given beside descriptors, by what becomes of missing values."""


def carried(graph: Graph, value: str, seen: str, before: str, dtype: type) -> tuple[str, str]:
    """Return the last value that was seen: after all steps (B, F), and at each of them (T, B, F).

    Args:
        graph: to be added to.
        value, seen: (T, B, F), the values, and which of them count.
        before: (B, F), what was seen last before them.
        dtype: of the values.
    """
    body = Graph(graph)
    kept, here = body.input("kept", dtype, ("batch", "size")), body.input("here", dtype, ("batch", "size"))
    counts = body.input("counts", bool, ("batch", "size"))
    last = body.node("Where", [counts, here, kept])
    for name in ("kept_after", "said"):
        body.output(name, last, dtype, ("batch", "size"))
    attributes = {"num_scan_inputs": 2, "body": body.body("carried")}
    after, every = graph.nodes("Scan", [before, value, seen], 2, attributes)
    return after, every


def _gaps(heard: _Heard, since: str) -> tuple[str, str]:
    """Return how long ago each channel was seen: before the next step (B, I), and at each one (T, B, I)."""
    body = Graph(heard.graph)
    shape = ("batch", "size")
    kept = body.input("kept", WIDE, shape)
    waited, seen, inside = (
        body.input("waited", WIDE, ("batch", 1)),
        body.input("seen", bool, shape),
        body.input("inside", bool, ("batch", 1)),
    )
    gap = body.node("Add", [kept, waited])
    after = body.node("Where", [seen, body.constant(WIDE(0)), gap])
    body.output("kept_after", body.node("Where", [inside, after, kept]), WIDE, shape)
    body.output("gap", gap, WIDE, shape)
    attributes = {"num_scan_inputs": 3, "body": body.body("gaps")}
    after, every = heard.graph.nodes("Scan", [since, heard.waited(), heard.seen, heard.there], 2, attributes)
    return after, every


def _one_more(graph: Graph, value: str) -> str:
    return graph.node("Add", [value, graph.constant(WIDE(1))])


def _waited(heard: _Heard) -> str:
    """Return 1 at every step but a sequence's first."""
    graph = heard.graph
    at = graph.node("Add", [places(graph, heard.steps), transpose(graph, heard.count, 1, 0)])
    later = graph.node("Not", [graph.node("Equal", [at, graph.constant(np.int64(0))])])
    return unsqueeze(graph, cast(graph, later, WIDE), 2)


def _timed(heard: _Heard, unit: float) -> str:
    """Declare the times of the steps, and return how long after the one before each of them was."""
    graph = heard.graph
    given = graph.input(TIMES, WIDE, ("batch", "time"), "when each step was; of time stamps, in seconds")
    moments = unsqueeze(graph, transpose(graph, given, 1, 0), 2)
    kept = heard.states.begin("given.time", (1,), WIDE)
    before = graph.node("Where", [heard.first, _first(graph, moments), kept])
    last = last_row(graph, Steps(moments, heard.steps.lengths))
    heard.states.keep("given.time", graph.node("Where", [silent(graph, heard.steps.lengths), kept, last]))
    earlier = concat(graph, [unsqueeze(graph, before, 0), cut(graph, moments, 0, 0, -1)], 0)
    return graph.node("Div", [graph.node("Sub", [moments, earlier]), graph.constant(WIDE(unit))])


def _first(graph: Graph, moments: str) -> str:
    return graph.node("Gather", [moments, graph.constant(np.int64(0))])


def _described(graph: Graph, static: Static, steps: Steps, *, masked: bool) -> list[str]:
    """Declare the descriptors of each sequence, and return them, and their masks, at every step (T, B, S)."""
    count = len(static.names)
    about = f"what describes each sequence: {', '.join(static.names)}"
    given = graph.input(STATIC, np.float32, ("batch", count), about)
    center, spread = (graph.constant(np.array(part)) for part in (static.center, static.spread))
    shifted = graph.node("Sub", [cast(graph, given, WIDE), center])
    scaled = cast(graph, graph.node("Div", [shifted, spread]), np.float32)
    if not masked:
        return [_everywhere(graph, scaled, steps)]
    known = graph.node("Not", [graph.node("IsNaN", [given])])
    row = graph.node("Where", [known, scaled, graph.constant(np.float32(0))])
    return [_everywhere(graph, part, steps) for part in (row, cast(graph, known, np.float32))]


def _everywhere(graph: Graph, rows: str, steps: Steps) -> str:
    """Return rows (B, S) at every step, (T, B, S)."""
    shape = concat(graph, [size(graph, steps.value, 0), graph.node("Shape", [rows])], 0)
    return graph.node("Expand", [unsqueeze(graph, rows, 0), shape])
