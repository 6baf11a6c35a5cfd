"""The native kernels called on the memory of torch's tensors: what they can run, and their two functions."""

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from ostinato.errors import ArgumentError, ShapeError
from ostinato.kernels.dispatch import Call, Weights
from ostinato.runtime import native

CELLS: Final = ("rnn_tanh", "rnn_relu", "gru", "lstm")
GATES: Final = (1, 1, 3, 4)

NOTHING, CELL_STATES, ALL = 0, 1, 2
"""What the forward keeps for the backward beside the outputs: what it lacks is computed again."""

_NAMES: Final = {torch.float32: "float32", torch.float64: "float64"}
_REASON = native.why_not()
_MODULE: Any = native.module()
_POOLED_BYTES = 1 << 16  # smaller arrays are cheaper fresh


def why_not(call: Call) -> str | None:
    """Return why the native kernels cannot run a call, or None."""
    if _REASON is not None:
        return _REASON
    if call.device.type != "cpu":
        return f"it runs on the CPU, and the input is on {call.device}"
    if call.dtype not in (torch.float32, torch.float64):
        return f"it computes in float32 and float64, and the input is {call.dtype}"
    if call.rows == 0:
        return "the batch is empty"
    if torch.compiler.is_compiling():
        return None
    if torch._C._get_tracing_state() is not None:
        return "torch.jit's tracing does not see it"
    if torch._C._functorch.peek_interpreter_stack() is not None:
        return "it does not know torch.func's transforms"
    if torch.autograd.forward_ad._current_level >= 0:
        return "it has no forward-mode derivatives"
    return None


class Layer(NamedTuple):
    """All that is fixed of a call: what is no tensor.

    Args:
        cell: an index of ``CELLS``.
        keep: ``NOTHING``, ``CELL_STATES`` or ``ALL``.
    """

    cell: int
    keep: int


class Inputs(NamedTuple):
    """The tensors that a layer reads.

    Args:
        input: (N, I) or, where all sequences have T steps, (T, B, I).
        batch_sizes: (T,).
        h0, c0: (D, B, H or P) and (D, B, H) or None.
        weights: five for each direction, as ``Weights`` has them.
        resets: (N,) or None.
    """

    input: Tensor
    batch_sizes: Tensor
    h0: Tensor
    c0: Tensor | None
    weights: Sequence[Tensor | None]
    resets: Tensor | None


class Gradients(NamedTuple):
    """The gradients of a layer's inputs; weights' as many as there are weights, None where there is none."""

    input: Tensor | None
    h0: Tensor | None
    c0: Tensor | None
    weights: list[Tensor | None]


def forward(
    layer: Layer, inputs: Inputs, packed: Any | None = None
) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
    """Return the outputs, the last states h and c (None without a cell), what the backward needs, or None.

    The outputs stand as the input does.

    Args:
        layer: what is no tensor.
        inputs: what is read.
        packed: what ``pack`` made of these weights, or None.
    """
    input, batch_sizes, h0, c0, weights, resets = inputs
    _check(layer, inputs)
    sizes = sizes_of(input, batch_sizes, h0, c0, weights)
    output = _empty((*input.shape[:-1], h0.shape[0] * h0.shape[2]), input)
    h_n, c_n = _empty_like(h0), None if c0 is None else _empty_like(c0)
    numbers = saved_size(layer, sizes, input.dtype)
    saved = _empty((numbers,), input) if numbers else None
    read = _contiguous(batch_sizes, input, h0, c0, resets, *(weights if packed is None else ()))
    at = _addresses(read)
    try:
        _MODULE.forward_at(
            input.dtype == torch.float64,
            layer.cell,
            sizes,
            *at[:4],
            at[5:],
            packed,
            at[4],
            *_addresses((output, h_n, c_n, saved)),
            layer.keep,
            torch.get_num_threads(),
        )
    except ValueError as error:  # sizes that contradict each other
        raise ArgumentError(str(error)) from None
    return output, h_n, c_n, saved


def pack(layer: Layer, inputs: Inputs) -> Any:
    """Return the weights as ``forward`` reads them; it packs them itself for a single call."""
    input, batch_sizes, h0, c0, weights, _ = inputs
    _check(layer, inputs)
    sizes, read = sizes_of(input, batch_sizes, h0, c0, weights), _contiguous(batch_sizes, *weights)
    at = _addresses(read)
    try:
        return _MODULE.pack_at(
            input.dtype == torch.float64, layer.cell, sizes, at[0], at[1:], torch.get_num_threads()
        )
    except ValueError as error:
        raise ArgumentError(str(error)) from None


def _contiguous(*tensors: Tensor | None) -> list[Tensor | None]:
    return [x if x is None else x.contiguous() for x in tensors]


def _addresses(tensors: Sequence[Tensor | None]) -> tuple[int, ...]:
    """Return where tensors stand, 0 for None; they must outlive the addresses."""
    return tuple([0 if x is None else x.data_ptr() for x in tensors])


def backward(
    layer: Layer,
    inputs: Inputs,
    output: Tensor,
    saved: Tensor | None,
    cotangents: Sequence[Tensor | None],
    wanted: Sequence[bool],
) -> Gradients:
    """Return the gradients, from those of output, h_n and c_n; None stands for zeros.

    Args:
        layer: what is no tensor.
        inputs: of the forward.
        output, saved: what the forward returned.
        cotangents: of output, h_n and c_n (None without a cell).
        wanted: whether those of input, h0, c0 and of any weight are.
    """
    input, batch_sizes, h0, c0, weights, resets = inputs
    d_input = _empty_like(input) if wanted[0] else None
    d_h0 = _empty_like(h0) if wanted[1] else None
    d_c0 = _empty_like(c0) if c0 is not None and wanted[2] else None
    d_weights = [None if w is None or not wanted[3] else _empty_like(w) for w in weights]
    d_output, d_h, d_c = cotangents
    read = _contiguous(batch_sizes, input, h0, c0, resets, output, saved, d_output, d_h, d_c, *weights)
    at = _addresses(read)
    _MODULE.backward_at(
        input.dtype == torch.float64,
        layer.cell,
        sizes_of(input, batch_sizes, h0, c0, weights),
        at[0],
        at[1:10],
        at[10:],
        layer.keep,
        _addresses((d_input, d_h0, d_c0)),
        _addresses(d_weights),
        torch.get_num_threads(),
    )
    return Gradients(d_input, d_h0, d_c0, d_weights)


def _empty(shape: Sequence[int], like: Tensor) -> Tensor:
    """Return an array of undefined numbers, a large one in memory that was used before."""
    count = math.prod(shape)
    if count * like.element_size() < _POOLED_BYTES:
        return like.new_empty(shape)
    return torch.from_numpy(_MODULE.empty(count, _NAMES[like.dtype])).view(*shape)


def _empty_like(x: Tensor) -> Tensor:
    """Return the same in a tensor's shape."""
    if x.numel() * x.element_size() < _POOLED_BYTES:
        return torch.empty_like(x, memory_format=torch.contiguous_format)
    return _empty(x.shape, x)


def sizes_of(
    input: Tensor, batch_sizes: Tensor, h0: Tensor, c0: Tensor | None, weights: Sequence[Tensor | None]
) -> tuple[int, ...]:
    """Return T, B, N, I, H, P (0 for none) and D."""
    directions, batch, state = h0.shape
    projection = 0 if weights[4] is None else state
    hidden = state if c0 is None else c0.shape[2]
    rows = math.prod(input.shape[:-1])
    return batch_sizes.shape[0], batch, rows, input.shape[-1], hidden, projection, directions


def saved_size(layer: Layer, sizes: tuple[int, ...], dtype: torch.dtype) -> int:
    """Return how many numbers the forward saves: as many for each row."""
    if layer.keep == NOTHING:
        return 0
    _, _, rows, _, hidden, _, directions = sizes
    a_row: int = _MODULE.saved_size(layer.cell, 1, hidden, directions, _NAMES[dtype], layer.keep)
    return rows * a_row


def check_kept(
    layer: Layer, inputs: Inputs, output: Tensor, saved: Tensor, cotangents: Sequence[Tensor | None]
) -> None:
    """Refuse what a backward is given beside the inputs where it does not fit them."""
    _check(layer, inputs)
    input, batch_sizes, h0, c0, weights, _ = inputs
    if c0 is not None and layer.keep == NOTHING:
        raise ArgumentError("keep was 0 in the forward; an LSTM's backward needs 1 (cells) or 2 (all).")
    sizes = sizes_of(input, batch_sizes, h0, c0, weights)
    _fits("output", output, (input.shape[0], h0.shape[0] * h0.shape[2]), input.dtype)
    _fits("saved", saved, (saved_size(layer, sizes, input.dtype),), input.dtype)
    for name, tensor, like in zip(("d_output", "d_h_n", "d_c_n"), cotangents, (output, h0, c0), strict=True):
        if tensor is not None and like is not None:
            _fits(name, tensor, tuple(like.shape), input.dtype)


def _check(layer: Layer, inputs: Inputs) -> None:
    """Refuse tensors that do not fit each other: what comes after reads memory."""
    input, batch_sizes, h0, c0, weights, resets = inputs
    _check_form(layer, inputs)
    state, hidden = h0.shape[2], h0.shape[2] if c0 is None else c0.shape[2]
    rows, dtype = GATES[layer.cell] * hidden, input.dtype
    each = ((rows, input.shape[-1]), (rows, state), (rows,), (rows,), (state, hidden))
    given = [x for x in weights if x is not None]
    usual = resets is None and weights[4] is None and _sized(batch_sizes)
    fits = [x.shape for x in given] == [*each[:4]] * h0.shape[0]
    fits = fits and (c0 is None or c0.shape[:2] == h0.shape[:2])
    alike = all(x.dtype is dtype and x.is_cpu for x in (h0, *given, *(() if c0 is None else (c0,))))
    if not (usual and fits and alike):  # not wrong yet, or one of them is: each is asked, at more cost
        _check_each(inputs, each, (False, False, True, True, weights[4] is None))
    if weights[4] is None and state != hidden:
        raise ShapeError(f"h0 has {state} features and c0 {hidden}; expected as many without a projection.")


def _sized(batch_sizes: Tensor) -> bool:
    return batch_sizes.dtype is torch.int64 and batch_sizes.dim() == 1 and batch_sizes.is_cpu


def _check_form(layer: Layer, inputs: Inputs) -> None:
    """Refuse tensors of which there are too many or too few, or of a wrong number of dimensions."""
    input, _, h0, c0, weights, _ = inputs
    if input.dim() not in (2, 3) or h0.dim() != 3 or (c0 is not None and c0.dim() != 3):
        shapes = ", ".join(str(tuple(x.shape)) for x in (input, h0, c0) if x is not None)
        raise ShapeError(
            f"input and states have shapes {shapes}; expected (N, I) or (T, B, I) and (D, B, ·)."
        )
    if h0.shape[0] not in (1, 2) or len(weights) != 5 * h0.shape[0]:
        raise ShapeError(
            f"h0 has {h0.shape[0]} directions and there are weights for {len(weights) / 5:g}; "
            "expected one or two directions, and weights for each."
        )
    if (c0 is None) != (CELLS[layer.cell] != "lstm") or (c0 is None and weights[4] is not None):
        raise ShapeError(f"{CELLS[layer.cell]}: only an LSTM has c0 and may have weight_hr, and it needs c0.")


def _check_each(inputs: Inputs, shapes: Sequence[tuple[int, ...]], optional: Sequence[bool]) -> None:
    """Refuse the first tensor that does not fit."""
    input, batch_sizes, h0, c0, weights, resets = inputs
    _fits("batch_sizes", batch_sizes, tuple(batch_sizes.shape[:1]), torch.int64)
    _fits("h0", h0, tuple(h0.shape), input.dtype)
    if c0 is not None:
        _fits("c0", c0, (*h0.shape[:2], c0.shape[2]), input.dtype)
    if resets is not None:
        _fits("resets", resets, (math.prod(input.shape[:-1]),), torch.bool)
    for index, weight in enumerate(weights):
        name = Weights._fields[index % 5]
        if weight is not None:
            _fits(name, weight, shapes[index % 5], input.dtype)
        elif not optional[index % 5]:
            raise ShapeError(f"{name} is None; expected {input.dtype} of shape {shapes[index % 5]}.")


def _fits(name: str, tensor: Tensor, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    if tensor.shape != shape or tensor.dtype != dtype or tensor.device.type != "cpu":
        raise ShapeError(
            f"{name} is {tensor.dtype} of shape {tuple(tensor.shape)} on {tensor.device}; expected {dtype} "
            f"of shape {shape} on the CPU."
        )
