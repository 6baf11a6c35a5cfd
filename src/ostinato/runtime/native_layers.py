"""Recurrent layers on the native kernels: whole sequences a layer at a time, streams step by step."""

from itertools import pairwise
from typing import Any, Final

import numpy as np

from ostinato.preprocess.pack import Integers
from ostinato.runtime import native
from ostinato.runtime.base import Array, State, Weights
from ostinato.runtime.cells import CELLS as STEPS
from ostinato.runtime.stack import CELLS, PARTS, Stack
from ostinato.runtime.threads import threads
from ostinato.spec.network import Recurrent as Spec

KEEP_NOTHING: Final = 0
"""What ``forward`` keeps for a backward pass."""


class NativeLayers:
    """Whole sequences through a recurrent op's layers, in one direction or two."""

    def __init__(self, spec: Spec, weights: Weights) -> None:
        self._module: Any = native.module()
        self._spec = spec
        self._threads = threads()
        self._layers = [
            [
                weights.get(f"{part}_l{layer}{suffix}")
                for suffix in ("", "_reverse")[: spec.directions]
                for part in PARTS
            ]
            for layer in range(spec.layers)
        ]
        self._dtype = weights["weight_ih_l0"].dtype

    def run(self, rows: Array, batch_sizes: Integers) -> Array:
        """Map packed rows (N, I) to (N, D * H)."""
        rows = np.ascontiguousarray(rows, self._dtype)
        for weights in self._layers:
            rows = self._forward(rows, batch_sizes, weights)
        return rows

    def _forward(self, rows: Array, batch_sizes: Integers, weights: list[Array | None]) -> Array:
        """Run one layer from states of zero; what it leaves as the last states is not looked at."""
        directions, hidden = self._spec.directions, self._spec.hidden_size
        zeros = np.zeros((directions, int(batch_sizes[0]), hidden), self._dtype)
        last = np.empty_like(zeros)
        cells = (zeros, np.empty_like(zeros)) if self._spec.cell == "lstm" else (None, None)
        output = np.empty((len(rows), directions * hidden), self._dtype)
        self._module.forward(
            CELLS.index(self._spec.cell),
            input=rows,
            batch_sizes=batch_sizes,
            h0=zeros,
            c0=cells[0],
            weights=weights,
            resets=None,
            output=output,
            h_n=last,
            c_n=cells[1],
            saved=None,
            keep=KEEP_NOTHING,
            threads=self._threads,
        )
        return output


class StackLayers:
    """Streams through a recurrent op's layers of one direction, which a ``Stack`` holds.

    Every call makes the memory of its states anew, so that calls from several threads do not meet.

    Args:
        spec: the op.
        weights: by name.
        precision: ``"float"`` or ``"int8"``, as a stack has it.
    """

    def __init__(self, spec: Spec, weights: Weights, precision: str) -> None:
        self.stack = Stack(spec.cell, weights, weights=precision)
        self._shapes = dict.fromkeys(STEPS[spec.cell].states, (spec.layers, spec.hidden_size))

    def push(self, state: State, rows: Array) -> tuple[State, Array]:
        """Map steps (T, n, I) to (T, n, H), and states (n, L, H) to those after them."""
        streams = rows.shape[1]
        stack = self.stack.with_streams(streams)
        parts = [state[name].reshape(streams, -1) for name in self._shapes]
        stack.restore(np.ascontiguousarray(np.concatenate(parts, axis=1), stack.dtype))
        said = stack.push(np.ascontiguousarray(rows, stack.dtype))
        return self._named(stack.state()), said

    def run(self, rows: Array, batch_sizes: Integers) -> Array:
        """Map packed rows (N, I) to (N, H): all steps that the same sequences reach are taken at once."""
        rows = np.ascontiguousarray(rows, self.stack.dtype)
        stack = self.stack.with_streams(int(batch_sizes[0]))
        output = np.empty((len(rows), stack.output_size), stack.dtype)
        ends = [0, *(np.flatnonzero(np.diff(batch_sizes)) + 1).tolist(), len(batch_sizes)]
        firsts = np.concatenate([[0], np.cumsum(batch_sizes)])
        for begin, end in pairwise(ends):
            part = slice(int(firsts[begin]), int(firsts[end]))
            shape = (end - begin, int(batch_sizes[begin]), -1)
            stack.advance(rows[part].reshape(shape), output[part].reshape(shape))
        return output

    def _named(self, rows: Array) -> State:
        """Cut rows of numbers into the states that the op's spec declares."""
        size = rows.shape[1] // len(self._shapes)
        return {
            name: rows[:, number * size : (number + 1) * size].reshape(len(rows), *shape)
            for number, (name, shape) in enumerate(self._shapes.items())
        }
