"""The two sides of a row: a layer of torch.nn and one of ostinato.nn, with the same weights and input."""

from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import RNNBase
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from benchmarks.kernels.shapes import Shape
from benchmarks.kernels.timing import Side
from ostinato import nn
from ostinato.kernels import elman, gru, lstm
from ostinato.kernels.dispatch import Weights, describe

Input = Tensor | PackedSequence

TABLES: Final = {"RNN": ("elman", elman), "GRU": ("gru", gru), "LSTM": ("lstm", lstm)}
TOLERANCE: Final = {torch.float32: 2e-5, torch.float64: 1e-10}
"""How far results may differ, as a part of the tensor's largest number.

In float32 torch.nn's own differ from the reference's by up to 6e-6: a bias's gradient sums up to 25,600 rows.
"""


@dataclass(frozen=True)
class Setting:
    """What all rows share.

    Args:
        dtype: of weights and input.
        backend: for ostinato.nn; ``"auto"`` leaves it to the layer.
        threads: of torch, and of whatever else can be told.
    """

    dtype: torch.dtype
    backend: str
    threads: int


class Placed:
    """A layer as it stands inside a network: its input wants a gradient, its output is given one.

    Args:
        layer: the module.
        input: what it is called with.
        options: for its ``forward``.
    """

    def __init__(self, layer: RNNBase, input: Input, **options: str) -> None:
        self.layer, self.options = layer, options
        self.plain = input
        self.leaf = rows(input).clone().requires_grad_()
        self.input = _with_rows(input, self.leaf)
        generator = torch.Generator().manual_seed(1)
        width = (2 if layer.bidirectional else 1) * (layer.proj_size or layer.hidden_size)
        shape = (*self.leaf.shape[:-1], width)
        # Divided, or the weights' gradients would grow with the number of rows that they sum.
        scale = (self.leaf.numel() / self.leaf.shape[-1]) ** -0.5
        self.gradient = scale * torch.randn(shape, generator=generator, dtype=self.leaf.dtype)

    def train(self) -> Any:
        """Run forward and backward, for the gradients of the input and of all weights."""
        output, state = self.layer(self.input, **self.options)
        torch.autograd.backward(rows(output), self.gradient)
        return output, state

    def infer(self) -> Any:
        """Run forward; the caller has turned autograd off."""
        return self.layer(self.plain, **self.options)

    def forget(self) -> None:
        """Drop all gradients."""
        self.leaf.grad = None
        for parameter in self.layer.parameters():
            parameter.grad = None

    def side(self, mode: str) -> Side:
        """Return what is timed."""
        if mode == "inference":
            return Side(self.infer)
        return Side(self.train, self.forget)

    def results(self, mode: str) -> dict[str, Tensor]:
        """Return outputs, last states and, in training, gradients, by name."""
        output, state = self.train() if mode == "training" else self.infer()
        states = state if isinstance(state, tuple) else (state,)
        found = {"the output": rows(output), **dict(zip(("h_n", "c_n"), states, strict=False))}
        if mode == "training":
            gradients = {name: parameter.grad for name, parameter in self.layer.named_parameters()}
            found |= {f"the gradient of {name}": x for name, x in gradients.items() if x is not None}
            found["the gradient of the input"] = _grad(self.leaf)
        self.forget()
        return {name: x.detach() for name, x in found.items()}


def place(cell: str, shape: Shape, setting: Setting, mode: str = "training") -> tuple[Placed, Placed]:
    """Return torch.nn's side and ours; in inference the weights are frozen, so that ours are packed once."""
    torch.manual_seed(0)
    trained = mode == "training"
    theirs = build(getattr(torch.nn, cell), shape, setting.dtype).requires_grad_(trained)
    ours = build(getattr(nn, cell), shape, setting.dtype).requires_grad_(trained)
    ours.load_state_dict(theirs.state_dict())
    input = batch(shape, setting.dtype)
    options = {} if setting.backend == "auto" else {"backend": setting.backend}
    return Placed(theirs, input), Placed(ours, input, **options)


def build(layer: Any, shape: Shape, dtype: torch.dtype) -> RNNBase:
    """Return a layer of a class of torch.nn's or ours."""
    options: dict[str, Any] = {"proj_size": shape.proj_size} if shape.proj_size else {}
    options |= {"num_layers": shape.num_layers, "bidirectional": shape.directions == 2, "dtype": dtype}
    built: RNNBase = layer(shape.input_size, shape.hidden_size, **options)
    return built


def batch(shape: Shape, dtype: torch.dtype) -> Input:
    """Return (T, B, I), or a PackedSequence if the shape is ragged."""
    full = torch.randn(shape.steps, shape.batch, shape.input_size, dtype=dtype)
    if not shape.ragged:
        return full
    return pack_padded_sequence(full, torch.tensor(shape.lengths), enforce_sorted=False)


def rows(sequence: Input) -> Tensor:
    """Return the tensor inside."""
    return sequence.data if isinstance(sequence, PackedSequence) else sequence


def compare(theirs: Placed, ours: Placed, mode: str, what: str) -> None:
    """End the program if the two sides do not give the same: a wrong kernel has no speed.

    Args:
        theirs: the side that is right.
        ours: the other one.
        mode: ``"training"`` compares gradients also.
        what: the row, for the message.
    """
    expected, actual = theirs.results(mode), ours.results(mode)
    if expected.keys() != actual.keys():
        raise SystemExit(f"{what}: only one side gives {', '.join(sorted(expected.keys() ^ actual.keys()))}.")
    for name, tensor in expected.items():
        check(actual[name], tensor, f"{what}: {name}")


def check(actual: Tensor, expected: Tensor, what: str) -> None:
    """End the program if two tensors differ; a NaN is a difference."""
    if actual.shape != expected.shape:
        raise SystemExit(f"{what} has shape {tuple(actual.shape)}; torch.nn's is {tuple(expected.shape)}.")
    apart = float((actual - expected).abs().max() / expected.abs().max())
    if not apart <= TOLERANCE[expected.dtype]:
        raise SystemExit(
            f"{what} differs from torch.nn's by {apart:.1e} of its largest number; at most "
            f"{TOLERANCE[expected.dtype]:.0e} is allowed. Nothing was timed."
        )


def taken(cell: str, shape: Shape, ours: Placed) -> str:
    """Return the name of the backend that runs our side's first layer, as autograd stands now."""
    if "backend" in ours.options:
        return ours.options["backend"]
    op, module = TABLES[cell]
    names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh", *["weight_hr"] * bool(shape.proj_size)]
    weights = Weights(*(getattr(ours.layer, f"{name}_l0") for name in names))
    input = rows(ours.plain).reshape(-1, shape.input_size)
    widths = (shape.state_size, shape.hidden_size)[: 2 if cell == "LSTM" else 1]
    state = [input.new_zeros(shape.directions, shape.batch, width) for width in widths]
    call = describe(op, input, torch.tensor(shape.batch_sizes), state, [weights] * shape.directions)
    names = [name for name, backend in module.BACKENDS.items() if backend.why_not(call) is None]
    return names[0]


def _with_rows(sequence: Input, tensor: Tensor) -> Input:
    return PackedSequence(tensor, *sequence[1:]) if isinstance(sequence, PackedSequence) else tensor


def _grad(tensor: Tensor) -> Tensor:
    if tensor.grad is None:
        raise SystemExit("no gradient reached the input.")
    return tensor.grad
