"""Initial values that help gradients through many steps; each changes a layer in place and returns it."""

from typing import TypeVar

import torch
from torch import Tensor
from torch.nn import RNNBase
from torch.nn.modules.rnn import RNNCellBase

from ostinato.errors import ArgumentError

Layer = TypeVar("Layer", bound=RNNBase | RNNCellBase)


def orthogonal_recurrence_(layer: Layer) -> Layer:
    """Make every gate's recurrent matrix (H, H) orthogonal, so that it keeps the length of what it carries.

    Source: Saxe et al. 2014 (arXiv:1312.6120); for recurrence Henaff et al. 2016 (arXiv:1602.06662). With a
    projection a gate's matrix is (H, P) and its columns are made orthonormal.

    Args:
        layer: a recurrent layer or cell; all its layers and directions are changed.

    Example:
        >>> w = orthogonal_recurrence_(torch.nn.GRU(3, 4)).weight_hh_l0[:4]
        >>> bool(torch.allclose(w @ w.T, torch.eye(4), atol=1e-5))
        True
    """
    size = layer.hidden_size
    for weight in _named(layer, "weight_hh"):
        for gate in range(weight.shape[0] // size):
            torch.nn.init.orthogonal_(weight.detach()[gate * size : (gate + 1) * size])
    return layer


def forget_gate_bias_(layer: Layer, value: float = 1.0) -> Layer:
    """Set an LSTM's forget-gate bias b_f to value: an open gate (1 or more) remembers from the start.

    Source: Gers et al. 2000; Jozefowicz et al. 2015. torch.nn splits b_f in two: bias_ih gets value,
    bias_hh 0.

    Args:
        layer: an LSTM or LSTMCell with biases; all its layers and directions are changed.
        value: the new b_f.

    Example:
        >>> forget_gate_bias_(torch.nn.LSTM(3, 2), 1.0).bias_ih_l0[2:4].tolist()
        [1.0, 1.0]
    """
    gated = isinstance(layer, torch.nn.LSTMCell) or (isinstance(layer, RNNBase) and layer.mode == "LSTM")
    if not gated or not layer.bias:
        raise ArgumentError(f"{layer} has no forget-gate bias; expected an LSTM or LSTMCell with bias=True.")
    for name, new in (("bias_ih", value), ("bias_hh", 0.0)):
        for bias in _named(layer, name):
            bias.detach()[layer.hidden_size : 2 * layer.hidden_size] = new  # rows: i, f, g, o
    return layer


def _named(layer: RNNBase | RNNCellBase, start: str) -> list[Tensor]:
    return [parameter for name, parameter in layer.named_parameters() if name.startswith(start)]
