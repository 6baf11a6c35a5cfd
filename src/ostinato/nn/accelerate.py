"""Ostinato's layers inside a model that was built with torch.nn's."""

from dataclasses import dataclass
from typing import Any, Final

import torch
from torch.nn import Module, RNNBase
from torch.nn.modules.rnn import RNNCellBase

from ostinato.nn.cells import GRUCell, LSTMCell, RNNCell
from ostinato.nn.gru import GRU
from ostinato.nn.lstm import LSTM
from ostinato.nn.rnn import RNN

OURS: Final[dict[type[Module], Any]] = {
    torch.nn.RNN: RNN,
    torch.nn.LSTM: LSTM,
    torch.nn.GRU: GRU,
    torch.nn.RNNCell: RNNCell,
    torch.nn.LSTMCell: LSTMCell,
    torch.nn.GRUCell: GRUCell,
}


@dataclass(frozen=True)
class Acceleration:
    """What ``accelerate`` did.

    Args:
        swapped: the names of the layers that are now Ostinato's; "" is the model itself.
        left: the names of the recurrent layers left alone, with the reason for each.
    """

    swapped: tuple[str, ...]
    left: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        swapped = ", ".join(map(_shown, self.swapped)) or "no layer"
        left = [f"left {_shown(name)} alone: {why}" for name, why in self.left]
        return "\n".join([f"swapped {swapped}", *left])


def accelerate(model: Module) -> Acceleration:
    """Turn every torch.nn recurrent layer and cell inside model into Ostinato's, in place.

    A layer stays the object that it is: only its class changes, to a subclass that has another ``forward``.
    So its parameters, hooks, places in the model and everything that refers to it stay as they are.
    Subclasses of torch.nn's layers and parametrised layers are left alone.

    Returns:
        What was swapped and what was left, with reasons.

    Example:
        >>> model = torch.nn.ModuleDict({"read": torch.nn.GRU(3, 4), "say": torch.nn.Linear(4, 2)})
        >>> print(accelerate(model))
        swapped read
        >>> type(model["read"])
        <class 'ostinato.nn.gru.GRU'>
    """
    swapped, left = [], []
    for name, module in model.named_modules():
        if not isinstance(module, RNNBase | RNNCellBase) or isinstance(module, tuple(OURS.values())):
            continue
        reason = _why_not(module)
        if reason is None:
            module.__class__ = OURS[type(module)]
            swapped.append(name)
        else:
            left.append((name, reason))
    return Acceleration(tuple(swapped), tuple(left))


def _why_not(layer: RNNBase | RNNCellBase) -> str | None:
    """Return why a layer is left alone, or None."""
    if torch.nn.utils.parametrize.is_parametrized(layer):
        return "it is parametrised"
    if type(layer) not in OURS:
        return f"{type(layer).__qualname__} is a class of its own, and what it overrides is not known"
    if "forward" in vars(layer):
        return "its forward was replaced on the instance"
    parameters = dict(layer.named_parameters(recurse=False, remove_duplicate=False))
    missing = [name for name in _weight_names(layer) if name not in parameters]
    if missing:
        return f"{missing[0]} is not a parameter but computed (weight norm, pruning or the like)"
    return None


def _weight_names(layer: RNNBase | RNNCellBase) -> list[str]:
    if isinstance(layer, RNNBase):
        return layer._flat_weights_names
    return ["weight_ih", "weight_hh", *(["bias_ih", "bias_hh"] if layer.bias else [])]


def _shown(name: str) -> str:
    return name or "the model itself"
