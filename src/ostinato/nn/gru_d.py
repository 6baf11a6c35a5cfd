"""GRU-D in torch: all that does not wait for the state at once, then a loop over steps.

The loop is plain torch: about eight small operations a step, forward. No kernel of the GRU can be used, for
the state fades between its steps.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.nn.cells import GRUCell
from ostinato.spec.flow import Flow
from ostinato.spec.network import GruD as Spec


class GruD(nn.Module):
    """A GRU whose input fades towards the mean and whose state fades (``spec.GruD`` has the equations).

    Weights begin as torch.nn's GRU's do; those of decays uniform in ±1 / sqrt(H), as the paper's code has it.

    Args:
        spec: the op.
        into: what it is given: values, masks, a time and descriptors, (2 I + 1 + S).
    """

    means: Tensor

    def __init__(self, spec: Spec, into: Flow) -> None:
        super().__init__()
        self.values, self.hidden_size = spec.values, spec.hidden_size
        self.cell = GRUCell(into.size - 1, spec.hidden_size)
        self.input_decay = Decay((spec.values,), spec.values, spec.hidden_size)
        self.hidden_decay = Decay((spec.hidden_size, spec.values), spec.hidden_size, spec.hidden_size)
        self.register_buffer("means", torch.tensor(spec.means), persistent=False)

    def forward(self, input: PackedSequence) -> PackedSequence:
        """Map steps (N, 2 I + 1 + S) to steps (N, H)."""
        size = self.values
        values, masks, time, descriptors = input.data.split_with_sizes(
            [size, size, 1, input.data.shape[1] - 2 * size - 1], dim=1
        )
        past = observed_before(values, masks, time, input.batch_sizes, self.means)
        left = torch.exp(-F.relu(past.since * self.input_decay.weight + self.input_decay.bias))
        faded = left * past.last + (1 - left) * self.means
        seen = masks * values + (1 - masks) * faded
        gates = F.linear(torch.cat([seen, masks, descriptors], dim=1), self.cell.weight_ih, self.cell.bias_ih)
        kept = torch.exp(-F.relu(F.linear(past.since, self.hidden_decay.weight, self.hidden_decay.bias)))
        return PackedSequence(self._states(gates, kept, input.batch_sizes), input.batch_sizes)

    def _states(self, gates: Tensor, kept: Tensor, batch_sizes: Tensor) -> Tensor:
        """Return all states (N, H) from what gates are given (N, 3 H) and what is kept (N, H)."""
        sizes, size = batch_sizes.tolist(), self.hidden_size
        h, states = gates.new_zeros(sizes[0], size), []
        for given, keeps in zip(gates.split_with_sizes(sizes), kept.split_with_sizes(sizes), strict=True):
            h = keeps * h[: len(given)]
            mixed = F.linear(h, self.cell.weight_hh, self.cell.bias_hh)
            opening = (given[:, : 2 * size] + mixed[:, : 2 * size]).sigmoid()
            r, z = opening.chunk(2, dim=1)
            n = (given[:, 2 * size :] + r * mixed[:, 2 * size :]).tanh()
            h = torch.lerp(n, h, z)  # (1 - z) * n + z * h
            states.append(h)
        return torch.cat(states)


class Decay(nn.Module):
    """The weights of one of the two decays.

    Args:
        shape: of the weight.
        size: of the bias.
        fan: they begin uniform in ±1 / sqrt(fan).
    """

    def __init__(self, shape: tuple[int, ...], size: int, fan: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.empty(shape)), nn.Parameter(torch.empty(size))
        for parameter in (self.weight, self.bias):
            nn.init.uniform_(parameter, -1 / math.sqrt(fan), 1 / math.sqrt(fan))


class Before(NamedTuple):
    """Each channel before each step, (N, I): its last observation, and how long ago that was."""

    last: Tensor
    since: Tensor


def observed_before(
    values: Tensor, masks: Tensor, time: Tensor, batch_sizes: Tensor, means: Tensor
) -> Before:
    """Return what was known of each channel before each step.

    Args:
        values, masks: (N, I).
        time: (N, 1), since the step before.
        batch_sizes: (T,).
        means: (I,), what is known before the first observation.
    """
    sizes = batch_sizes.tolist()
    last, since = means.expand(sizes[0], -1), torch.zeros_like(values[: sizes[0]])
    lasts, sinces = [], []
    parts = (part.split_with_sizes(sizes) for part in (values, masks, time))
    for x, m, s in zip(*parts, strict=True):
        last, since = last[: len(x)], since[: len(x)] + s
        lasts.append(last)
        sinces.append(since)
        there = m > 0
        last, since = torch.where(there, x, last), torch.where(there, 0.0, since)
    return Before(torch.cat(lasts), torch.cat(sinces))
