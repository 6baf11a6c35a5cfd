"""One step of each recurrent cell in NumPy.

A step takes the state (n, ·) and what the weights made of the input, (n, G * H), with every bias in it that
can be; it returns the next state. Gates are stacked as torch stacks them: r, z, n (GRU), i, f, g, o (LSTM).
"""

from abc import ABC, abstractmethod

import numpy as np

from ostinato.runtime.base import Array

States = tuple[Array, ...]


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)), written so that no exp can overflow."""
    y: Array = np.tanh(x * 0.5)
    y *= 0.5
    y += 0.5
    return y


class Cell(ABC):
    """One layer's recurrence in one direction.

    Args:
        recurrent: weight_hh, (G * H, H).
        bias_ih, bias_hh: (G * H,) each.
    """

    states: tuple[str, ...] = ("h",)

    def __init__(self, recurrent: Array, bias_ih: Array, bias_hh: Array) -> None:
        self.hidden = recurrent.shape[1]
        self.recurrent = np.ascontiguousarray(recurrent.T)
        self.bias = bias_ih + bias_hh

    @abstractmethod
    def step(self, input: Array, states: States) -> States:
        """Return the states after one step; the first is h, which is also the output."""


class Elman(Cell):
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh); Elman 1990."""

    def step(self, input: Array, states: States) -> States:
        """Return (h,)."""
        return (np.tanh(input + states[0] @ self.recurrent),)


class Rectified(Cell):
    """h_t = max(0, W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)."""

    def step(self, input: Array, states: States) -> States:
        """Return (h,)."""
        return (np.maximum(input + states[0] @ self.recurrent, 0),)


class GRU(Cell):
    """Cho et al. 2014 (arXiv:1406.1078), with the reset gate after the matrix product, as torch has it.

    r, z = sigmoid(W_i. x_t + b_i. + W_h. h_(t-1) + b_h.)
    n    = tanh(W_in x_t + b_in + r * (W_hn h_(t-1) + b_hn))
    h_t  = (1 - z) * n + z * h_(t-1)
    """

    def __init__(self, recurrent: Array, bias_ih: Array, bias_hh: Array) -> None:
        super().__init__(recurrent, bias_ih, bias_hh)
        gates = 2 * self.hidden
        self.bias[gates:] = bias_ih[gates:]  # b_hn is inside r * (…), so it cannot be added to the input
        self.inner = bias_hh[gates:]

    def step(self, input: Array, states: States) -> States:
        """Return (h,)."""
        (h,) = states
        gates = 2 * self.hidden
        mixed = h @ self.recurrent
        opening = sigmoid(input[:, :gates] + mixed[:, :gates])
        reset, update = opening[:, : self.hidden], opening[:, self.hidden :]
        candidate = np.tanh(input[:, gates:] + reset * (mixed[:, gates:] + self.inner))
        return (candidate + update * (h - candidate),)


class LSTM(Cell):
    """Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000.

    i, f, o = sigmoid(W_i. x_t + b_i. + W_h. h_(t-1) + b_h.),   g = tanh(the same)
    c_t = f * c_(t-1) + i * g
    h_t = o * tanh(c_t)
    """

    states = ("h", "c")

    def step(self, input: Array, states: States) -> States:
        """Return (h, c)."""
        h, c = states
        size = self.hidden
        gates = input + h @ self.recurrent
        opening = sigmoid(gates[:, : 2 * size])
        new = opening[:, size:] * c + opening[:, :size] * np.tanh(gates[:, 2 * size : 3 * size])
        return sigmoid(gates[:, 3 * size :]) * np.tanh(new), new


CELLS: dict[str, type[Cell]] = {"rnn_tanh": Elman, "rnn_relu": Rectified, "gru": GRU, "lstm": LSTM}
