"""What several tests share."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

TOLERANCE = {  # against the reference in float64; wider only with a reason written here
    torch.float64: {"rtol": 1e-10, "atol": 1e-12},
    torch.float32: {"rtol": 2e-5, "atol": 2e-6},
}


def normal(shape: Sequence[int]) -> Tensor:
    """Return standard normal numbers in float64."""
    return torch.randn(*shape, dtype=torch.float64)


def flat(result: Any) -> list[Tensor]:
    """Return the tensors inside tuples, lists and PackedSequences, in order."""
    if isinstance(result, Tensor):
        return [result]
    if isinstance(result, PackedSequence):
        return [result.data]
    return [tensor for part in result for tensor in flat(part)]


def outputs_and_gradients(fn: Callable[..., Any], inputs: Sequence[Tensor], seed: int = 0) -> list[Tensor]:
    """Return fn's outputs and, for random cotangents, the gradient of every input; zero where none flows.

    Cotangents are divided by the square root of their rows, or a weight's gradient, a sum over all rows,
    would grow with them and float32's rounding of it beyond any fixed tolerance.

    Args:
        fn: called with fresh leaves.
        inputs: what to differentiate by.
        seed: of the cotangents, which are drawn in float64.
    """
    leaves = [x.detach().clone().requires_grad_() for x in inputs]
    outputs = flat(fn(*leaves))
    generator = torch.Generator().manual_seed(seed)

    def cotangent(x: Tensor) -> Tensor:
        rows = x.numel() / max(1, x.shape[-1])
        return (torch.randn(x.shape, dtype=torch.float64, generator=generator) / max(1, rows) ** 0.5).to(
            x.dtype
        )

    gradients = torch.autograd.grad(
        outputs, leaves, [cotangent(x) for x in outputs], allow_unused=True, materialize_grads=True
    )
    return [x.detach() for x in (*outputs, *gradients)]


def layer_outputs_and_gradients(
    layer: torch.nn.Module,
    input: Tensor,
    states: Sequence[Tensor] = (),
    form: Callable[[Tensor], Any] = lambda x: x,
    **options: Any,
) -> list[Tensor]:
    """Return a recurrent layer's outputs, last states, and the gradients of input, states and parameters.

    Args:
        layer: of torch.nn or ours.
        input: what ``form`` turns into what the layer is called with.
        states: none, (h,) or (h, c).
        form: such as a packing.
        options: for the layer's ``forward``.
    """
    names = [name for name, _ in layer.named_parameters()]

    def call(x: Tensor, *rest: Tensor) -> Any:
        hx, weights = rest[: len(states)], rest[len(states) :]
        state = {0: (), 1: tuple(hx), 2: (tuple(hx),)}[len(hx)]
        parameters = dict(zip(names, weights, strict=True))
        return torch.func.functional_call(layer, parameters, (form(x), *state), options)

    return outputs_and_gradients(call, [input, *states, *layer.parameters()])


def assert_same(actual: Sequence[Tensor], expected: Sequence[Tensor], dtype: torch.dtype) -> None:
    """Compare two lists of tensors within the tolerance of dtype."""
    torch.testing.assert_close(
        [x.double() for x in actual], [x.double() for x in expected], **TOLERANCE[dtype], equal_nan=False
    )
