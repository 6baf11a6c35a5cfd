"""The forms in which users hold a batch of sequences, and the one in which kernels see it.

Kernels see packed rows (N, I) and batch sizes (T,). Each class below turns one of the users' forms into that
and gives outputs back in the form that came in. Wrong shapes are refused as torch.nn refuses them.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import RNNBase
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from ostinato.errors import ArgumentError, ShapeError

State = tuple[Tensor, ...]
"""(h,) or (h, c), each (L*D, B, ·)."""


@dataclass(slots=True)
class Batch(ABC):
    """Sequences of several lengths; not frozen, for that would triple what it costs to make one.

    Args:
        rows: (N, I), step by step, or (T, B, I).
        batch_sizes: (T,) int64 on the CPU, how many sequences reach each step.
        order: (B,) which of the user's sequences stands at each place, or None if the order is the user's.
        back: (B,) the place of each of the user's sequences, or None.
        steps: T of the user's form, which padding may make longer than ``batch_sizes``.
        sequences: B.
    """

    rows: Tensor
    batch_sizes: Tensor
    order: Tensor | None
    back: Tensor | None
    steps: int
    sequences: int

    @abstractmethod
    def give_back(self, rows: Tensor) -> Any:
        """Return what came of the rows, standing as they do, in the form of the user's input."""

    def give_back_state(self, state: State) -> State:
        """Return the last states (L*D, B, ·) in the user's order and form."""
        return state if self.back is None else tuple(x.index_select(1, self.back) for x in state)


@final
@dataclass(slots=True)
class Packed(Batch):
    """The user's form is a PackedSequence."""

    def give_back(self, rows: Tensor) -> PackedSequence:
        return PackedSequence(rows, self.batch_sizes, self.order, self.back)


@final
@dataclass(slots=True)
class Full(Batch):
    """The user's form is (T, B, I), (B, T, I) or (T, I), and every sequence has T steps."""

    batch_first: bool
    batched: bool

    def give_back(self, rows: Tensor) -> Tensor:
        if not self.batched:
            return rows.squeeze(1)
        return rows.transpose(0, 1) if self.batch_first else rows

    def give_back_state(self, state: State) -> State:
        return state if self.batched else tuple(x.squeeze(1) for x in state)


@final
@dataclass(slots=True)
class Padded(Batch):
    """The user's form is (T, B, I) or (B, T, I), with lengths; what lies behind an end is not read."""

    batch_first: bool

    def give_back(self, rows: Tensor) -> Tensor:
        packed = PackedSequence(rows, self.batch_sizes, self.order, self.back)
        return pad_packed_sequence(packed, self.batch_first, total_length=self.steps)[0]


def read(layer: RNNBase, input: Any, hx: State | None, lengths: Any) -> tuple[Batch, State | None]:
    """Return the batch, and the initial state as (L*D, B, ·) in the batch's order; checks all shapes.

    Args:
        layer: whose sizes and ``batch_first`` hold.
        input: PackedSequence, (T, B, I), (B, T, I) if ``batch_first``, or (T, I).
        hx: initial states (L*D, B, ·), or (L*D, ·) for (T, I), or None.
        lengths: (B,) or None.
    """
    if isinstance(input, PackedSequence):
        return _read_packed(layer, input, hx, lengths)
    input, hx, batched = _batched(layer, input, hx)
    _check(layer, input, hx, None)
    if input.shape[0 if not layer.batch_first else 1] == 0:
        raise ShapeError("Expected sequence length to be larger than 0 in RNN")
    if lengths is None:
        return _full(input, layer.batch_first, batched), hx
    return _read_padded(layer, input, hx, _lengths(layer, input, lengths, batched))


def read_resets(layer: RNNBase, input: Any, batch: Batch, reset: Any) -> Tensor | None:
    """Return where states restart, (N,) boolean in the batch's rows, or None for nowhere.

    Args:
        layer: whose ``batch_first`` holds.
        input: the user's.
        batch: what ``read`` made of it.
        reset: boolean, (T, B), (B, T) if ``batch_first``, or (T,) if not batched: True at a step before which
            the state restarts at zero. What it says behind a sequence's end is not read.
    """
    mask = torch.as_tensor(reset, device=batch.rows.device)
    batched = isinstance(input, PackedSequence) or input.dim() == 3
    letters = ("T",) if not batched else ("B", "T") if layer.batch_first else ("T", "B")
    form = {"T": batch.steps, "B": batch.sequences}
    if mask.dtype != torch.bool or mask.shape != tuple(form[letter] for letter in letters):
        wanted = ", ".join(f"{letter} = {form[letter]}" for letter in letters)
        raise ArgumentError(
            f"reset is {mask.dtype} of shape {tuple(mask.shape)}; expected torch.bool of shape ({wanted})."
        )
    by_step = (mask.T if letters == ("B", "T") else mask).reshape(batch.steps, batch.sequences)
    ordered = by_step if batch.order is None else by_step.index_select(1, batch.order.to(by_step.device))
    there = torch.arange(batch.sequences, device="cpu") < batch.batch_sizes[:, None]
    rows = ordered[: len(there)][there.to(ordered.device)].to(batch.rows.device)
    return rows if rows.any() else None


def _read_packed(
    layer: RNNBase, input: PackedSequence, hx: State | None, lengths: Any
) -> tuple[Batch, State | None]:
    if lengths is not None:
        raise ArgumentError(
            "lengths was given with a PackedSequence, which holds its own; leave lengths out."
        )
    _check(layer, input.data, hx, input.batch_sizes)
    data, batch_sizes, order, back = input
    batch = Packed(data, batch_sizes, order, back, batch_sizes.shape[0], int(batch_sizes[0]))
    return batch, _in_order(hx, order)


def _read_padded(
    layer: RNNBase, input: Tensor, hx: State | None, lengths: Tensor
) -> tuple[Batch, State | None]:
    steps = input.shape[1 if layer.batch_first else 0]
    if int(lengths.min()) == steps:
        return _full(input, layer.batch_first, True), hx
    packed = pack_padded_sequence(input, lengths, layer.batch_first, enforce_sorted=False)
    data, batch_sizes, order, back = packed
    batch = Padded(data, batch_sizes, order, back, steps, len(lengths), layer.batch_first)
    return batch, _in_order(hx, order)


def _full(input: Tensor, batch_first: bool, batched: bool) -> Full:
    steps_first = input.transpose(0, 1).contiguous() if batch_first else input
    steps, batch = steps_first.shape[:2]
    batch_sizes = torch.full((steps,), batch, dtype=torch.int64, device="cpu")
    return Full(steps_first, batch_sizes, None, None, steps, batch, batch_first, batched)


def _batched(layer: RNNBase, input: Tensor, hx: State | None) -> tuple[Tensor, State | None, bool]:
    """Return input with its batch dimension, the same for hx, and whether input came with it."""
    if input.dim() not in (2, 3):
        name, end = ("RNN", " tensor") if layer.mode.startswith("RNN") else (layer.mode, "")
        raise ArgumentError(f"{name}: Expected input to be 2D or 3D, got {input.dim()}D{end} instead")
    batched = input.dim() == 3
    if hx is not None:
        _check_dimensions(hx, 3 if batched else 2)
    if batched:
        return input, hx, True
    state = None if hx is None else tuple(x.unsqueeze(1) for x in hx)
    return input.unsqueeze(0 if layer.batch_first else 1), state, False


def _check_dimensions(hx: State, wanted: int) -> None:
    """Refuse states of other than ``wanted`` dimensions, in torch.nn's words."""
    if all(x.dim() == wanted for x in hx):
        return
    form = "batched 3-D" if wanted == 3 else "unbatched 2-D"
    have = ", ".join(f"{x.dim()}-D" for x in hx)
    names, have = ("hx", f"{have} tensor") if len(hx) == 1 else ("hx and cx", f"({have}) tensors")
    raise ShapeError(f"For {form} input, {names} should also be {wanted}-D but got {have}")


def _check(layer: RNNBase, input: Tensor, hx: State | None, batch_sizes: Tensor | None) -> None:
    """Check sizes and dtype by torch.nn's own checks."""
    if hx is None:
        layer.check_input(input, batch_sizes)
    else:
        layer.check_forward_args(input, hx if layer.mode == "LSTM" else hx[0], batch_sizes)  # type: ignore[arg-type]


def _lengths(layer: RNNBase, input: Tensor, lengths: Tensor | Sequence[int], batched: bool) -> Tensor:
    """Return lengths (B,) as int64 on the CPU, each from 1 to T."""
    if not batched:
        raise ArgumentError("lengths was given with one unbatched sequence; cut the sequence instead.")
    lengths = torch.as_tensor(lengths, device="cpu")
    batch, steps = input.shape[:2] if layer.batch_first else (input.shape[1], input.shape[0])
    if lengths.is_floating_point() or lengths.dtype == torch.bool or lengths.shape != (batch,):
        raise ArgumentError(
            f"lengths is {lengths.dtype} of shape {tuple(lengths.shape)}; expected a whole number for each "
            f"of the {batch} sequences."
        )
    if batch > 0 and not 1 <= int(lengths.min()) <= int(lengths.max()) <= steps:
        raise ArgumentError(
            f"lengths go from {int(lengths.min())} to {int(lengths.max())}; expected 1 to {steps}, the steps "
            "of the input."
        )
    return lengths.long()


def _in_order(state: State | None, order: Tensor | None) -> State | None:
    """Return states (L*D, B, ·) with sequence ``order[b]`` at place b."""
    if state is None or order is None:
        return state
    return tuple(x.index_select(1, order) for x in state)
