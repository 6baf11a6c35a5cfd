"""One step of each recurrence, in the place of torch.nn's cells of the same names."""

from typing import final

import torch
from torch import Tensor

from ostinato.errors import ArgumentError, ShapeError
from ostinato.kernels.dispatch import Weights
from ostinato.kernels.elman import elman
from ostinato.kernels.gru import gru
from ostinato.kernels.lstm import lstm

State = tuple[Tensor, ...]


@final
class RNNCell(torch.nn.RNNCell):
    """One step of ``RNN``; constructor and parameters are torch.nn.RNNCell's.

    Example:
        >>> tuple(RNNCell(3, 4)(torch.ones(2, 3)).shape)
        (2, 4)
    """

    def forward(self, input: Tensor, hx: Tensor | None = None, *, backend: str = "auto") -> Tensor:
        """Return the state (B, H) after input (B, I) from hx (B, H), or without B; zeros if hx is None."""
        if self.nonlinearity not in ("tanh", "relu"):
            raise ShapeError(f"Unknown nonlinearity: {self.nonlinearity}")
        row, (h,) = _enter(self, input, None if hx is None else (hx,), states=1)
        weights = [_weights(self)]
        _, h = elman(row, _sizes(row), h, weights, nonlinearity=self.nonlinearity, backend=backend)
        return _leave(h, input)


@final
class GRUCell(torch.nn.GRUCell):
    """One step of ``GRU``; constructor and parameters are torch.nn.GRUCell's (rows: r, z, n).

    Example:
        >>> tuple(GRUCell(3, 4)(torch.ones(2, 3)).shape)
        (2, 4)
    """

    def forward(self, input: Tensor, hx: Tensor | None = None, *, backend: str = "auto") -> Tensor:
        """Return the state (B, H) after input (B, I) from hx (B, H), or without B; zeros if hx is None."""
        row, (h,) = _enter(self, input, None if hx is None else (hx,), states=1)
        _, h = gru(row, _sizes(row), h, [_weights(self)], backend=backend)
        return _leave(h, input)


@final
class LSTMCell(torch.nn.LSTMCell):
    """One step of ``LSTM``; constructor and parameters are torch.nn.LSTMCell's (rows: i, f, g, o).

    Example:
        >>> h, c = LSTMCell(3, 4)(torch.ones(2, 3))
        >>> tuple(h.shape), tuple(c.shape)
        ((2, 4), (2, 4))
    """

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None, *, backend: str = "auto"
    ) -> tuple[Tensor, Tensor]:
        """Return the states (h, c), each (B, H), after input (B, I) from hx, or without B; zeros if None."""
        row, (h, c) = _enter(self, input, hx, states=2)
        _, (h, c) = lstm(row, _sizes(row), (h, c), [_weights(self)], backend=backend)
        return _leave(h, input), _leave(c, input)


def _enter(
    cell: torch.nn.RNNCellBase, input: Tensor, hx: State | None, *, states: int
) -> tuple[Tensor, State]:
    """Return input as (B, I) and the states as (1, B, H); refuses what torch.nn refuses, in its words."""
    name = type(cell).__name__
    if input.dim() not in (1, 2):
        raise ArgumentError(f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
    row = input if input.dim() == 2 else input.unsqueeze(0)
    if hx is not None:
        _check_dimensions(name, hx)
        state = hx if input.dim() == 2 else tuple(x.unsqueeze(0) for x in hx)
    else:
        state = (row.new_zeros(row.shape[0], cell.hidden_size),) * states
    if row.shape[1] != cell.input_size:
        raise ShapeError(f"input has inconsistent input_size: got {row.shape[1]} expected {cell.input_size}")
    for index, h in enumerate(state):
        _check_state(row, h, index, cell.hidden_size)
    return row, tuple(h.unsqueeze(0) for h in state)


def _check_dimensions(name: str, hx: State) -> None:
    for index, h in enumerate(hx):
        if h.dim() not in (1, 2):
            which = "hidden" if len(hx) == 1 else f"hx[{index}]"
            raise ArgumentError(f"{name}: Expected {which} to be 1D or 2D, got {h.dim()}D instead")


def _check_state(row: Tensor, h: Tensor, index: int, hidden_size: int) -> None:
    if h.shape[0] != row.shape[0] or h.dim() != 2:
        raise ShapeError(
            f"Input batch size {row.shape[0]} doesn't match hidden{index} batch size {h.shape[0]}"
        )
    if h.shape[1] != hidden_size:
        raise ShapeError(
            f"hidden{index} has inconsistent hidden_size: got {h.shape[1]}, expected {hidden_size}"
        )


def _sizes(row: Tensor) -> Tensor:
    return torch.full((1,), row.shape[0], device="cpu")


def _weights(cell: torch.nn.RNNCellBase) -> Weights:
    return Weights(cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)


def _leave(state: Tensor, input: Tensor) -> Tensor:
    """Return state (1, B, H) as (B, H), or (H,) for an unbatched input."""
    return state[0] if input.dim() == 2 else state[0, 0]
