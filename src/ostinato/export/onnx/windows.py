"""Windows of series in ONNX: what a forecasting network reads of a context, and what it is measured by."""

from typing import NamedTuple

import numpy as np

from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.parts import Steps, cast, concat, cut, numbers, size, transpose, unsqueeze
from ostinato.export.onnx.series import carried
from ostinato.preprocess.windows import ALIKE
from ostinato.spec.windows import Windows

WIDE = np.float64

CONTEXT, BESIDE = "context", "beside"
"""The names of the inputs that hold the targets, and what is read beside them."""


class Window(NamedTuple):
    """B contexts; ``preprocess.windows`` has the equations.

    Args:
        steps: a step a segment, (k, B, F).
        level: the last value of each, (B, 1, C), float64.
        scale: the spread of each, (B, 1, C), float64.
    """

    steps: Steps
    level: str
    scale: str


def window(graph: Graph, spec: Windows) -> Window:
    """Declare contexts of whole segments (B, T, C) and, if there is more to read, what that is, (B, k, ·)."""
    gaps = "; NaN where one is missing" if spec.masked else ""
    about = f"the last values of {', '.join(spec.targets)}, of whole segments of {spec.segment}{gaps}"
    given = graph.input(CONTEXT, WIDE, ("batch", "time", spec.width), about)
    values = graph.node("Log", [given]) if spec.log else given
    scale, levels = _spread(graph, values), _levels(graph, spec, values)
    ends = _ends(graph, spec, levels)
    read = [cast(graph, _own(graph, spec, values, ends, scale), np.float32), *_beside(graph, spec)]
    rows = transpose(graph, concat(graph, read, 2), 1, 0, 2)
    lengths = graph.node("Expand", [size(graph, rows, 0), size(graph, rows, 1)])
    return Window(Steps(rows, lengths), cut(graph, ends, 1, -1, LAST), scale)


LAST = np.iinfo(np.int64).max
"""Where a cut ends that takes all that is there."""


def _beside(graph: Graph, spec: Windows) -> list[str]:
    """Declare what is read beside the targets, where something is."""
    more = spec.flow().size - spec.own()
    if not more:
        return []
    about = "of each segment what the model's preprocessing makes of covariates, calendar and descriptors"
    return [graph.input(BESIDE, np.float32, ("batch", "segments", more), about)]


def _spread(graph: Graph, values: str) -> str:
    """Return the standard deviation of what is known, (B, 1, C); of a constant context its size."""
    known = graph.node("Not", [graph.node("IsNaN", [values])])
    zero, one = graph.constant(WIDE(0)), graph.constant(WIDE(1))
    count = graph.node("Max", [_sum(graph, cast(graph, known, WIDE)), one])
    mean = graph.node("Div", [_sum(graph, graph.node("Where", [known, values, zero])), count])
    apart = graph.node("Where", [known, graph.node("Sub", [values, mean]), zero])
    squares = _sum(graph, graph.node("Mul", [apart, apart]))
    deviation = graph.node("Sqrt", [graph.node("Div", [squares, count])])
    around = graph.node("Abs", [mean])
    least = graph.node("Mul", [around, graph.constant(WIDE(ALIKE))])
    constant = graph.node("Where", [graph.node("Greater", [around, zero]), around, one])
    return graph.node("Where", [graph.node("Greater", [deviation, least]), deviation, constant])


def _levels(graph: Graph, spec: Windows, values: str) -> str:
    """Return the last value that is known at each step, (B, T, C); NaN before the first."""
    if not spec.masked:
        return values
    rows = transpose(graph, values, 1, 0, 2)
    known = graph.node("Not", [graph.node("IsNaN", [rows])])
    shape = graph.node("Shape", [graph.node("Gather", [rows, graph.constant(np.int64(0))])])
    nothing = graph.node("Expand", [graph.constant(WIDE(np.nan)), shape])
    return transpose(graph, carried(graph, rows, known, nothing, WIDE)[1], 1, 0, 2)


def _ends(graph: Graph, spec: Windows, levels: str) -> str:
    """Return the last value that is known in each segment, (B, k, C)."""
    cells = _segments(graph, spec, levels)
    return graph.node("Gather", [cells, graph.constant(np.int64(spec.segment - 1))], {"axis": 2})


def _own(graph: Graph, spec: Windows, values: str, ends: str, scale: str) -> str:
    """Return what is read of the targets of each segment, (B, k, ·): differences, masks, and the jump."""
    cells = _segments(graph, spec, values)
    apart = graph.node("Sub", [cells, unsqueeze(graph, ends, 2)])
    parts = [_flat(graph, _number(graph, spec, graph.node("Div", [apart, unsqueeze(graph, scale, 1)])))]
    if spec.masked:
        parts.append(_flat(graph, cast(graph, graph.node("IsNaN", [cells]), WIDE)))
    before = concat(graph, [cut(graph, ends, 1, 0, 1), cut(graph, ends, 1, 0, -1)], 1)
    jumps = graph.node("Div", [graph.node("Sub", [ends, before]), scale])
    return concat(graph, [*parts, _number(graph, spec, jumps)], 2)


def _number(graph: Graph, spec: Windows, value: str) -> str:
    """Return 0 for what is missing; of a model that takes no gaps it stays NaN, and so does the answer."""
    if not spec.masked:
        return value
    return graph.node("Where", [graph.node("IsNaN", [value]), graph.constant(WIDE(0)), value])


def _segments(graph: Graph, spec: Windows, steps: str) -> str:
    """Return steps (B, T, C) as segments, (B, k, w, C)."""
    return graph.node("Reshape", [steps, numbers(graph, 0, -1, spec.segment, spec.width)])


def _flat(graph: Graph, cells: str) -> str:
    """Return segments (B, k, w, C) as rows, (B, k, w * C)."""
    return graph.node("Reshape", [cells, numbers(graph, 0, 0, -1)])


def _sum(graph: Graph, steps: str) -> str:
    return graph.node("ReduceSum", [steps, numbers(graph, 1)], {"keepdims": 1})
