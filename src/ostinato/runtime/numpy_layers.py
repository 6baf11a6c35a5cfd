"""Recurrent layers in NumPy: one matrix product a layer for all inputs, and one a step for the state."""

import numpy as np

from ostinato.preprocess.pack import Integers
from ostinato.runtime.base import Array, State, Weights
from ostinato.runtime.cells import CELLS, States
from ostinato.spec.network import Recurrent as Spec


class NumpyLayers:
    """A recurrent op's layers, each a ``runtime.cells`` cell in one direction or two."""

    def __init__(self, spec: Spec, weights: Weights) -> None:
        self.layers = [
            [Layer(spec.cell, weights, f"l{layer}{suffix}") for suffix in ("", "_reverse")[: spec.directions]]
            for layer in range(spec.layers)
        ]

    def run(self, rows: Array, batch_sizes: Integers) -> Array:
        """Map packed rows (N, I) to (N, D * H)."""
        for directions in self.layers:
            outputs = [directions[0].forward(rows, batch_sizes)]
            outputs += [layer.reverse(rows, batch_sizes) for layer in directions[1:]]
            rows = np.concatenate(outputs, axis=1) if len(outputs) > 1 else outputs[0]
        return rows

    def push(self, state: State, rows: Array) -> tuple[State, Array]:
        """Map steps (T, n, I) to (T, n, H), and states (n, L, H) to those after them."""
        after: State = {name: np.empty_like(state[name]) for name in self.layers[0][0].cell.states}
        for number, (layer,) in enumerate(self.layers):
            states, rows = layer.push(tuple(state[name][:, number] for name in after), rows)
            for name, array in zip(after, states, strict=True):
                after[name][:, number] = array
        return after, rows


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
