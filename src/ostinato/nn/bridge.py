"""The op that begins a decoder where its encoder ended, in torch."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from ostinato.nn.layout import State
from ostinato.nn.memory import Memory
from ostinato.spec.flow import Flow
from ostinato.spec.network import Bridge as Spec


class Bridge(nn.Module):
    """Begin the states of another op with what the memory says as a whole (``spec.Bridge``).

    Weights begin as torch.nn.Linear's do: uniform in ±1 / sqrt(M).

    Args:
        spec: the op.
        into: what it is given, and hands on as it is.
    """

    def __init__(self, spec: Spec, into: Flow) -> None:
        super().__init__()
        self.spec = spec
        self.weight = nn.Parameter(torch.empty(spec.tensors(into)["weight"]))
        self.bias = nn.Parameter(torch.empty(spec.tensors(into)["bias"]))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -1 / math.sqrt(spec.memory_size), 1 / math.sqrt(spec.memory_size))

    def forward(self, memory: Memory) -> State:
        """Return the states that the op begins with, (h,) or (h, c), each (L, B, H)."""
        spec = self.spec
        whole = memory.mean() if spec.kind == "mean" else memory.last(spec.directions)
        begun = torch.tanh(F.linear(whole, self.weight, self.bias))
        shaped = begun.view(len(whole), spec.states, spec.layers, spec.hidden_size).permute(1, 2, 0, 3)
        return tuple(part.contiguous() for part in shaped)
