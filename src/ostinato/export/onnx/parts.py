"""Small pieces that the graphs of several ops are made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np

from ostinato import checks
from ostinato.export.onnx.graph import Graph
from ostinato.runtime.base import Array, Weights
from ostinato.spec.flow import Flow
from ostinato.spec.network import Op

LOWEST: Final = np.finfo(np.float32).min
"""Stands for a number below all others."""


class Steps(NamedTuple):
    """The steps of B padded sequences, as they pass between two ops.

    Args:
        value: (T, B, F), tokens (T, B) or words (T, B, 1 + K); what stands behind an end is never read.
        lengths: (B,) int64, steps of each sequence; 0 is one that is not heard this time.
    """

    value: str
    lengths: str


Value = Steps | str
"""What passes between two ops: steps, or the name of a summary (B, F)."""


class Memory(NamedTuple):
    """What a decoder's ops look back at.

    Args:
        values: (B, S, M).
        lengths: (B,) int64.
        keys: by op's name (B, S, ·).
    """

    values: str
    lengths: str
    keys: dict[str, str]


@dataclass
class States:
    """What is kept between two calls: an input and an output of the graph each, zeros at a stream's start.

    Args:
        graph: where they stand.
        lengths: (B,), by which the number of sequences is known.
        kept: whether they are; if not, every call begins with zeros.
        taken: the inputs' shapes and types, by name.
        made: the values after the call, by name.
    """

    graph: Graph
    lengths: str
    kept: bool
    taken: dict[str, tuple[tuple[int, ...], Any]] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)

    def begin(self, name: str, shape: tuple[int, ...], dtype: Any) -> str:
        """Return the state (B, *shape) before the first of the steps."""
        if not self.kept:
            return zeros(self.graph, self.lengths, shape, dtype)
        self.taken[name] = shape, dtype
        return self.graph.input(name, dtype, ("batch", *shape), "state before the steps; zeros at the start")

    def keep(self, name: str, value: str) -> None:
        """Say what the state is after the last of the steps."""
        self.made[name] = value

    def declare(self) -> None:
        """Make outputs of the states that are kept; called when all answers are outputs already."""
        for name, (shape, dtype) in self.taken.items():
            about = f"state after the steps; the next call's {name}"
            self.graph.output(after(name), self.made[name], dtype, ("batch", *shape), about)


def after(name: str) -> str:
    """Return the name of the output that becomes the input of this name in the next call."""
    return f"{name}.next"


@dataclass(frozen=True)
class Place:
    """Where an op stands: all that its emitter needs.

    Args:
        graph: to be added to.
        op: the op as data.
        into: what it is given.
        weights: by their names in the op, float32.
        states: what is kept between calls.
        prefix: what stands before the op's name in the names of its states.
        memory: what it looks back at; None where there is no encoder.
        attention: filled with how much the last op that looks back looked at each place, (B, T, S).
    """

    graph: Graph
    op: Op
    into: Flow
    weights: Weights
    states: States
    prefix: str = ""
    memory: Memory | None = None
    attention: list[str] = field(default_factory=list)

    def looked_at(self) -> Memory:
        """Return the memory, which is there wherever an op looks back."""
        return checks.given("memory", self.memory)

    def begin(self, key: str, shape: tuple[int, ...], dtype: Any = np.float32) -> str:
        """Return a state of the op, (B, *shape), before the steps."""
        return self.states.begin(f"{self.prefix}{self.op.name}.{key}", shape, dtype)

    def keep(self, key: str, value: str) -> None:
        """Say what a state of the op is after the steps."""
        self.states.keep(f"{self.prefix}{self.op.name}.{key}", value)


def mapped(flow: Value, rows: Callable[[str], str]) -> Value:
    """Return a flow every row of which went through a function."""
    return flow._replace(value=rows(flow.value)) if isinstance(flow, Steps) else rows(flow)


def numbers(graph: Graph, *values: int) -> str:
    """Return a constant of whole numbers, (N,)."""
    return graph.constant(np.array(values, np.int64))


def transpose(graph: Graph, value: str, *order: int) -> str:
    """Return a value with its axes in another order."""
    return graph.node("Transpose", [value], {"perm": order})


def cast(graph: Graph, value: str, dtype: Any) -> str:
    """Return a value as another type."""
    helper = graph.library.helper
    return graph.node("Cast", [value], {"to": helper.np_dtype_to_tensor_dtype(np.dtype(dtype))})


def unsqueeze(graph: Graph, value: str, *axes: int) -> str:
    """Return a value with axes of one place more."""
    return graph.node("Unsqueeze", [value, numbers(graph, *axes)])


def concat(graph: Graph, values: Sequence[str], axis: int) -> str:
    """Return values side by side."""
    return graph.node("Concat", values, {"axis": axis})


def cut(graph: Graph, value: str, axis: int, first: int, end: int) -> str:
    """Return the places from ``first`` up to but not including ``end`` of an axis."""
    ranges = (numbers(graph, place) for place in (first, end, axis))
    return graph.node("Slice", [value, *ranges])


def linear(graph: Graph, value: str, weight: Array, bias: Array | None = None) -> str:
    """Return ``W x + b`` of the last axis."""
    product = graph.node("MatMul", [value, transpose(graph, graph.constant(weight), 1, 0)])
    return product if bias is None else graph.node("Add", [product, graph.constant(bias)])


def size(graph: Graph, value: str, axis: int) -> str:
    """Return the size of an axis, (1,)."""
    return graph.node("Gather", [graph.node("Shape", [value]), numbers(graph, axis)])


def zeros(graph: Graph, lengths: str, shape: tuple[int, ...], dtype: Any) -> str:
    """Return zeros (B, *shape)."""
    wanted = concat(graph, [graph.node("Shape", [lengths]), numbers(graph, *shape)], 0)
    return graph.node("Expand", [graph.constant(np.zeros((), dtype)), wanted])


def column(graph: Graph, lengths: str) -> str:
    """Return (B,) as (B, 1)."""
    return unsqueeze(graph, lengths, 1)


def places(graph: Graph, steps: Steps) -> str:
    """Return 0 … T - 1 as (T, 1)."""
    count = graph.node("Squeeze", [size(graph, steps.value, 0), numbers(graph, 0)])
    every = graph.node("Range", [graph.constant(np.int64(0)), count, graph.constant(np.int64(1))])
    return unsqueeze(graph, every, 1)


def there(graph: Graph, steps: Steps) -> str:
    """Return which steps are part of their sequence, (T, B, 1)."""
    inside = graph.node("Less", [places(graph, steps), unsqueeze(graph, steps.lengths, 0)])
    return unsqueeze(graph, inside, 2)


def silent(graph: Graph, lengths: str) -> str:
    """Return which sequences are not heard this time, (B, 1)."""
    return graph.node("Equal", [column(graph, lengths), graph.constant(np.int64(0))])


def rows_at(graph: Graph, value: str, index: str) -> str:
    """Return, of steps (T, B, F), those of each sequence that an index (N, B) names: (N, B, F)."""
    features = concat(graph, [graph.node("Shape", [index]), size(graph, value, 2)], 0)
    spread = graph.node("Expand", [unsqueeze(graph, index, 2), features])
    return graph.node("GatherElements", [value, spread], {"axis": 0})


def last_row(graph: Graph, steps: Steps) -> str:
    """Return each sequence's last step, (B, F); the first place's of one that is not heard."""
    before = graph.node("Sub", [steps.lengths, graph.constant(np.int64(1))])
    index = graph.node("Max", [before, graph.constant(np.int64(0))])
    rows = rows_at(graph, steps.value, unsqueeze(graph, index, 0))
    return graph.node("Squeeze", [rows, numbers(graph, 0)])
