"""The recurrent op in NumPy: one matrix product a layer for all inputs, and one a step for the state."""

import numpy as np

from ostinato.errors import StreamError
from ostinato.preprocess.pack import Integers, Packed
from ostinato.runtime.base import Array, Op, State, Weights
from ostinato.runtime.cells import CELLS, States
from ostinato.spec.flow import Flow
from ostinato.spec.network import Recurrent as Spec


class Recurrent(Op):
    """A stack of recurrent layers; every step of the last layer is handed on.

    A stream keeps ``h`` and, for an LSTM, ``c``: (n, L, H), zeros at first.
    """

    def __init__(self, spec: Spec, into: Flow, weights: Weights) -> None:
        self.spec = spec
        self.layers = [
            [Layer(spec.cell, weights, f"l{layer}{suffix}") for suffix in ("", "_reverse")[: spec.directions]]
            for layer in range(spec.layers)
        ]

    def run(self, flow: Packed | Array) -> Packed | Array:
        """Map steps (N, I) to steps (N, D * H)."""
        rows, batch_sizes = flow
        for directions in self.layers:
            outputs = [directions[0].forward(rows, batch_sizes)]
            if self.spec.bidirectional:
                outputs.append(directions[1].reverse(rows, batch_sizes))
            rows = np.concatenate(outputs, axis=1) if self.spec.bidirectional else outputs[0]
        return Packed(rows, batch_sizes)

    def start(self, streams: int) -> State:
        """Return states of zeros."""
        self._check_streams()
        cell = self.layers[0][0].cell
        shape = (streams, self.spec.layers, self.spec.hidden_size)
        return {name: np.zeros(shape, cell.bias.dtype) for name in cell.states}

    def push(self, state: State, rows: Array) -> tuple[State, Array]:
        """Map steps (T, n, I) to steps (T, n, H)."""
        self._check_streams()
        after: State = {name: np.empty_like(array) for name, array in state.items()}
        for number, (layer,) in enumerate(self.layers):
            states, rows = layer.push(tuple(array[:, number] for array in state.values()), rows)
            for name, array in zip(after, states, strict=True):
                after[name][:, number] = array
        return after, rows

    def _check_streams(self) -> None:
        if self.spec.bidirectional:
            raise StreamError(
                f"op {self.spec.name!r} is bidirectional: it reads the whole sequence before it answers; "
                "train a model without --bidirectional to run it step by step."
            )


class Layer:
    """One layer in one direction.

    Args:
        cell: one of ``CELLS``.
        weights: the op's weights by name.
        suffix: the end of this layer's names, such as ``"l0_reverse"``.
    """

    def __init__(self, cell: str, weights: Weights, suffix: str) -> None:
        names = ("weight_hh", "bias_ih", "bias_hh")
        self.cell = CELLS[cell](*(weights[f"{name}_{suffix}"] for name in names))
        self.weight = np.ascontiguousarray(weights[f"weight_ih_{suffix}"].T)

    def forward(self, rows: Array, batch_sizes: Integers) -> Array:
        """Map packed rows (N, I) to (N, H), first step to last."""
        input, output = self._project(rows)
        states = self._zeros(int(batch_sizes[0]))
        for first, size in _steps(batch_sizes):
            states = self.cell.step(input[first : first + size], tuple(array[:size] for array in states))
            output[first : first + size] = states[0]
        return output

    def reverse(self, rows: Array, batch_sizes: Integers) -> Array:
        """Map packed rows (N, I) to (N, H), each sequence from its own last step to its first."""
        input, output = self._project(rows)
        states = self._zeros(int(batch_sizes[0]))
        for first, size in reversed(_steps(batch_sizes)):
            new = self.cell.step(input[first : first + size], tuple(array[:size] for array in states))
            for array, values in zip(states, new, strict=True):
                array[:size] = values
            output[first : first + size] = new[0]
        return output

    def push(self, states: States, rows: Array) -> tuple[States, Array]:
        """Map steps (T, n, I) to (T, n, H), and states (n, H) to the states after them."""
        input, output = self._project(rows)
        for step in range(len(rows)):
            states = self.cell.step(input[step], states)
            output[step] = states[0]
        return states, output

    def _project(self, rows: Array) -> tuple[Array, Array]:
        """Return what the weights make of the input, and room for the output."""
        input = rows @ self.weight
        input += self.cell.bias
        return input, np.empty((*rows.shape[:-1], self.cell.hidden), input.dtype)

    def _zeros(self, size: int) -> States:
        return tuple(np.zeros((size, self.cell.hidden), self.weight.dtype) for _ in self.cell.states)


def _steps(batch_sizes: Integers) -> list[tuple[int, int]]:
    """Return the first row and the number of rows of every step."""
    firsts = np.cumsum(batch_sizes) - batch_sizes
    return list(zip(firsts.tolist(), batch_sizes.tolist(), strict=True))
