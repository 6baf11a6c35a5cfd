"""One recurrent layer as one writes it in JAX: jax.lax.scan over the steps, jitted."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import RNNBase

Array = NDArray[np.float32]

NAMES: Final = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def jax_side(
    cell: str, layer: RNNBase, input: Tensor, gradient: Tensor, mode: str
) -> Callable[[], dict[str, Array]]:
    """Return what runs a sequence from zero states and gives its output and, in training, all gradients.

    The names are those of ``Placed.results``. All of it is compiled once, before it is returned; JAX uses
    every processor that the process may use.
    """
    jax = import_module("jax")
    parameters = dict(layer.named_parameters())
    weights = [jax.numpy.asarray(parameters[name].detach().numpy()) for name in NAMES]
    x, cotangent = jax.numpy.asarray(input.numpy()), jax.numpy.asarray(gradient.numpy())

    def forward(weights: Any, x: Any) -> Any:
        return run(cell, weights, x)

    def both(weights: Any, x: Any, cotangent: Any) -> Any:
        output, back = jax.vjp(forward, weights, x)
        return output, *back(cotangent)

    compiled, arguments = (
        (jax.jit(both), (weights, x, cotangent)) if mode == "training" else (jax.jit(forward), (weights, x))
    )

    def call() -> dict[str, Array]:
        done = jax.block_until_ready(compiled(*arguments))
        if mode != "training":
            return {"the output": done}
        output, by_weights, by_input = done
        named = {f"the gradient of {name}": grad for name, grad in zip(NAMES, by_weights, strict=True)}
        return {"the output": output, **named, "the gradient of the input": by_input}

    call()
    return call


def run(cell: str, weights: Any, x: Any) -> Any:
    """Map x (T, B, I) to outputs (T, B, H); the inputs' products are taken at once, before the scan."""
    jax = import_module("jax")
    weight_ih, weight_hh, bias_ih, bias_hh = weights
    zeros = jax.numpy.zeros((x.shape[1], weight_hh.shape[1]), x.dtype)
    before = (zeros, zeros) if cell == "LSTM" else (zeros,)

    def body(state: Any, projected: Any) -> Any:
        state = STEPS[cell](jax, state, projected, state[0] @ weight_hh.T + bias_hh)
        return state, state[0]

    return jax.lax.scan(body, before, x @ weight_ih.T + bias_ih)[1]


def _rnn(jax: Any, state: Any, by_input: Any, by_state: Any) -> Any:
    return (jax.numpy.tanh(by_input + by_state),)


def _gru(jax: Any, state: Any, by_input: Any, by_state: Any) -> Any:
    (r, z, n), (r_h, z_h, n_h) = (jax.numpy.split(x, 3, axis=1) for x in (by_input, by_state))
    reset, update = jax.nn.sigmoid(r + r_h), jax.nn.sigmoid(z + z_h)
    candidate = jax.numpy.tanh(n + reset * n_h)
    return (candidate + update * (state[0] - candidate),)


def _lstm(jax: Any, state: Any, by_input: Any, by_state: Any) -> Any:
    i, f, g, o = jax.numpy.split(by_input + by_state, 4, axis=1)
    c = jax.nn.sigmoid(f) * state[1] + jax.nn.sigmoid(i) * jax.numpy.tanh(g)
    return (jax.nn.sigmoid(o) * jax.numpy.tanh(c), c)


STEPS: Final = {"RNN": _rnn, "GRU": _gru, "LSTM": _lstm}
