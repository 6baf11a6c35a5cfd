"""Layers, directions, dropout between layers, forms of batches, restarts: once, for every recurrence."""

import operator
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch._C._dynamo.eval_frame import get_eval_frame_callback
from torch._compile import _disable_dynamo
from torch.nn import RNNBase
from torch.nn.functional import dropout
from torch.nn.utils.rnn import PackedSequence

from ostinato.kernels import elman as elman_kernels
from ostinato.kernels import gru as gru_kernels
from ostinato.kernels import lstm as lstm_kernels
from ostinato.kernels import ragged
from ostinato.kernels.dispatch import Kept, Weights
from ostinato.nn import layout
from ostinato.nn.layout import State

OneLayer = Callable[[Tensor, Tensor, State, Sequence[Weights]], tuple[Tensor, State]]
"""From rows (N, I), batch sizes (T,), states (D, B, ·) and weights to outputs (N, D*H) and last states; also
from (T, B, I), where all sequences are as long, to (T, B, D*H)."""

Drop = Callable[[Tensor, Tensor], Tensor]
"""From a layer's outputs (N, D*H) and batch sizes (T,) to what the next layer is given."""


def run(
    layer: RNNBase, input: Any, hx: State | None, *, lengths: Any, reset: Any, backend: str
) -> tuple[Any, State]:
    """Run all layers of a torch.nn recurrent layer; return output in the input's form, and last states.

    torch.compile breaks its graph at a recurrent layer, unless its ``allow_rnn`` is set; where it does, it is
    kept from compiling what it meets inside bit by bit, again for every length.

    Args:
        layer: holds sizes and weights.
        input: PackedSequence, (T, B, I), (B, T, I) if ``batch_first``, or (T, I).
        hx: (h,) or (h, c), each (L*D, B, ·), or (L*D, ·) for (T, I); None for zeros.
        lengths: (B,) the steps of each padded sequence, or None.
        reset: mask of steps before which the state restarts at zero, or None.
        backend: a backend's name, or ``"auto"``.
    """
    return (_run if _whole() else _run_uncompiled)(layer, input, hx, lengths, reset, backend)


def _whole() -> bool:
    """Return whether nobody compiles, or the user lets torch.compile see layers whole.

    Asked first is what costs little: keeping a function from torch.compile takes 30 microseconds a call.
    """
    if not torch.compiler.is_compiling() and not get_eval_frame_callback():
        return True
    dynamo = sys.modules.get("torch._dynamo")  # not imported: that takes a second
    return dynamo is None or bool(dynamo.config.allow_rnn)


def _run(
    layer: RNNBase, input: Any, hx: State | None, lengths: Any, reset: Any, backend: str
) -> tuple[Any, State]:
    weights = weights_of(layer)
    batch, state = layout.read(layer, input, hx, lengths)
    resets = None if reset is None else layout.read_resets(layer, input, batch, reset)
    one_layer = partial(_ONE_LAYER[layer.mode], backend=backend, resets=resets)
    state = _zeros(layer, batch.rows, batch.sequences) if state is None else state
    drop = partial(drop_numbers, layer)
    rows, last = _layers(weights, one_layer, drop, batch.rows, batch.batch_sizes, state)
    return batch.give_back(rows), batch.give_back_state(last)


_run_uncompiled = _disable_dynamo(_run)


_known: WeakKeyDictionary[RNNBase, tuple[list[Any], list[Kept]]] = WeakKeyDictionary()
"""Of layers that were run, their parameters and the same by layer and direction. It stands beside the layers,
so that what is copied or saved of one is torch's alone, and goes with them."""


def weights_of(layer: RNNBase) -> Sequence[Sequence[Weights]]:
    """Return a layer's own parameters by layer and direction: the same objects while the parameters are."""
    if torch.compiler.is_compiling():
        layer._update_flat_weights()
        return _grouped(layer, layer._flat_weights)
    parameters = layer._parameters
    flat: list[Any] = [parameters.get(name) for name in layer._flat_weights_names]
    known = _known.get(layer)
    if known is not None and len(flat) == len(known[0]) and all(map(operator.is_, flat, known[0])):
        return known[1]
    layer._update_flat_weights()  # as torch.nn does: weights may have been swapped, as by functional_call
    flat = [*layer._flat_weights]
    grouped = _grouped(layer, flat)
    if all(type(weight) is torch.nn.Parameter for weight in flat):
        _known[layer] = flat, grouped
    else:  # computed anew for every call, or another's
        _known.pop(layer, None)
    return grouped


def _grouped(layer: RNNBase, flat: list[Any]) -> list[Kept]:
    projected, directions = layer.proj_size > 0, 2 if layer.bidirectional else 1
    each = (4 if layer.bias else 2) + projected
    groups = [flat[i : i + each] for i in range(0, len(flat), each)]
    if projected and not layer.bias:
        groups = [[weight_ih, weight_hh, None, None, weight_hr] for weight_ih, weight_hh, weight_hr in groups]
    every = [Weights(*group) for group in groups]
    return [Kept(every[i : i + directions]) for i in range(0, len(every), directions)]


def run_packed(
    layer: RNNBase,
    weights: Sequence[Sequence[Weights]],
    drop: Drop,
    input: PackedSequence,
    state: State | None,
    resets: Tensor | None,
) -> tuple[Tensor, State]:
    """Run all layers over a packed batch with weights of the caller's; the backend is ``"auto"``.

    Args:
        layer: holds the sizes and the kind of cell.
        weights: by layer and direction, such as ``weights_of`` the layer, changed.
        drop: what happens between layers.
        input: steps (N, I).
        state: (h,) or (h, c), each (L*D, B, H); None for zeros.
        resets: (N,) or None.

    Returns:
        Outputs (N, D*H), and the last states, shaped as ``state``.
    """
    one_layer = partial(_ONE_LAYER[layer.mode], backend="auto", resets=resets)
    state = _zeros(layer, input.data, int(input.batch_sizes[0])) if state is None else state
    return _layers(weights, one_layer, drop, input.data, input.batch_sizes, state)


class Trace(NamedTuple):
    """What ``traced`` returns.

    Args:
        output: as the layer returns it.
        states: by layer, direction and step: (h_t,) or (h_t, c_t), each (b_t, ·): nodes of the autograd graph
            on which the output depends, so that ``torch.autograd.grad(loss, h_t)`` is dLoss/dh_t.
    """

    output: PackedSequence
    states: list[list[list[State]]]


def traced(layer: RNNBase, input: PackedSequence) -> Trace:
    """Run all layers by the reference and keep every step's state; dropout works as the layer's mode says.

    Example:
        >>> from torch.nn.utils.rnn import pack_sequence
        >>> trace = traced(torch.nn.GRU(3, 4), pack_sequence([torch.ones(5, 3), torch.ones(2, 3)]))
        >>> [tuple(h.shape) for (h,) in trace.states[0][0]]
        [(2, 4), (2, 4), (1, 4), (1, 4), (1, 4)]
    """
    batch, _ = layout.read(layer, input, None, None)
    kept: list[list[list[State]]] = []

    def one_layer(
        rows: Tensor, sizes: Tensor, state: State, weights: Sequence[Weights]
    ) -> tuple[Tensor, State]:
        kept.append(ragged.states(_STEP[layer.mode], rows, sizes, state, weights))
        return ragged.collect(kept[-1])

    state = _zeros(layer, batch.rows, batch.sequences)
    drop = partial(drop_numbers, layer)
    rows, _ = _layers(weights_of(layer), one_layer, drop, batch.rows, batch.batch_sizes, state)
    return Trace(batch.give_back(rows), kept)


def _layers(
    weights: Sequence[Sequence[Weights]],
    one_layer: OneLayer,
    drop: Drop,
    rows: Tensor,
    batch_sizes: Tensor,
    state: State,
) -> tuple[Tensor, State]:
    """Run the layers one after another; states are (L*D, B, ·)."""
    lasts = []
    for index, directions in enumerate(weights):
        if index > 0:
            rows = drop(rows, batch_sizes)
        before = state
        if len(weights) > 1:
            first = index * len(directions)
            before = tuple(x[first : first + len(directions)] for x in state)
        rows, last = one_layer(rows, batch_sizes, before, directions)
        lasts.append(last)
    if len(lasts) == 1:
        return rows, lasts[0]
    return rows, tuple(torch.cat(parts) for parts in zip(*lasts, strict=True))


def drop_numbers(layer: RNNBase, rows: Tensor, batch_sizes: Tensor) -> Tensor:
    """Return a layer's outputs after torch.nn's dropout between layers: number by number, while training."""
    return dropout(rows, layer.dropout) if layer.dropout > 0 and layer.training else rows


def _zeros(layer: RNNBase, rows: Tensor, batch: int) -> State:
    """Return the initial states of sequences that bring none."""
    count = layer.num_layers * (2 if layer.bidirectional else 1)
    h = rows.new_zeros(count, batch, layer.proj_size or layer.hidden_size)
    return (h, rows.new_zeros(count, batch, layer.hidden_size)) if layer.mode == "LSTM" else (h,)


def _elman(
    rows: Tensor,
    sizes: Tensor,
    state: State,
    weights: Sequence[Weights],
    *,
    resets: Tensor | None,
    nonlinearity: str,
    backend: str,
) -> tuple[Tensor, State]:
    output, h = elman_kernels.elman(
        rows, sizes, state[0], weights, resets, nonlinearity=nonlinearity, backend=backend
    )
    return output, (h,)


def _gru(
    rows: Tensor,
    sizes: Tensor,
    state: State,
    weights: Sequence[Weights],
    *,
    resets: Tensor | None,
    backend: str,
) -> tuple[Tensor, State]:
    output, h = gru_kernels.gru(rows, sizes, state[0], weights, resets, backend=backend)
    return output, (h,)


_ONE_LAYER: dict[str, Callable[..., tuple[Tensor, State]]] = {
    "RNN_TANH": partial(_elman, nonlinearity="tanh"),
    "RNN_RELU": partial(_elman, nonlinearity="relu"),
    "GRU": _gru,
    "LSTM": lstm_kernels.lstm,
}
_STEP: dict[str, ragged.Step] = {
    "RNN_TANH": partial(elman_kernels.reference.step, nonlinearity="tanh"),
    "RNN_RELU": partial(elman_kernels.reference.step, nonlinearity="relu"),
    "GRU": gru_kernels.reference.step,
    "LSTM": lstm_kernels.reference.step,
}
