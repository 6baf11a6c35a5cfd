"""How much of the loss's gradient reaches the states of earlier steps: the textbook's trouble, measured.

dLoss/dh_t is what h_t does to the loss along every path: through the layers above, by torch's automatic
differentiation, and through the next steps, by the recursions in ``adjoints``.
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato.errors import TrainingError
from ostinato.kernels.dispatch import Weights
from ostinato.kernels.elman import elman
from ostinato.kernels.gru import gru
from ostinato.kernels.lstm import lstm
from ostinato.nn.network import Network
from ostinato.preprocess.pack import Integers, lengths_of, pack_index, sequence_of_rows
from ostinato.spec.record import GradientFlow
from ostinato.train import adjoints

SEQUENCES = 8
"""Sequences measured at most, spread evenly over the batch from the longest to the shortest."""

STEPS = 512
"""Steps measured at most; of a longer sequence, its last ones, as if it began there."""

DISTANCES = 64
"""Distances recorded at most, spread evenly from 0 to the longest."""

ADJOINTS = {"RNN_TANH": adjoints.tanh, "RNN_RELU": adjoints.relu, "GRU": adjoints.gru, "LSTM": adjoints.lstm}

Loss = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def measure(
    network: Network, batch: PackedSequence, targets: Tensor, loss: Loss, epoch: int
) -> tuple[GradientFlow, ...]:
    """Return the norm of dLoss/dh_t against the distance from each sequence's last step, layer by layer.

    A sequence's own loss is taken, not the batch's mean, so that the numbers do not depend on how many are
    measured. Of an LSTM, h_t is what is followed (c_t carries the gradient on its way). Of two directions the
    forward one is measured; the reverse one is computed as part of the network. A distance whose norm
    is beyond float64 is left out.

    The network is measured as it answers, without dropout and with the gathered statistics, on a copy in
    float64: its weights, gradients, statistics and mode and all random generators stay as they are.

    Args:
        network: in any mode; several recurrent ops count their layers on.
        batch: tokens (N,) or steps (N, I), without ``sorted_indices``.
        targets: (B,), in the order of the batch's sequences.
        loss: from float32 scores, (b, C) or in packed rows (n, C), and targets (b,) to the summed loss and
            the summed weight, as a Probe's.
        epoch: the number of the epoch, for the record.

    Returns:
        One record a recurrent layer, from the lowest, counted from 0; GRU-D is not followed, and where it is
        all there is, nothing is recorded.

    Raises:
        TrainingError: the scores are not finite.
    """
    if not any(isinstance(module, nn.RNNBase) for module in network.ops.values()):
        return ()  # a recurrence of another kind is not followed
    indices = _spread(int(batch.batch_sizes[0]), SEQUENCES)
    chosen = _select(batch, indices)
    sizes = chosen.batch_sizes.numpy()
    picked = torch.from_numpy(indices).to(targets.device)
    gradients = _gradients(network, chosen, targets.index_select(0, picked), loss, epoch)
    return tuple(_record(gradient, sizes, layer, epoch) for layer, gradient in enumerate(gradients))


class Traced:
    """One layer in a run of the network: what it was given, what it gave, and a zero added to that.

    Args:
        layers: the stack that the layer is part of.
        number: its place in the stack, from 0.
        input: (N, F).
        batch_sizes: (T,).
    """

    def __init__(self, layers: nn.RNNBase, number: int, input: Tensor, batch_sizes: Tensor) -> None:
        self.mode = layers.mode
        self.batch_sizes = batch_sizes
        self.input = input
        suffixes = ("", "_reverse") if layers.bidirectional else ("",)
        self.weights = [_weights(layers, f"l{number}{suffix}") for suffix in suffixes]
        shape = len(suffixes), int(batch_sizes[0]), layers.hidden_size
        self.states = self._run(input.new_zeros(shape))
        self.probe = torch.zeros_like(self.states, requires_grad=True)
        self.output = self.states + self.probe

    def gradient(self, direct: Tensor) -> NDArray[np.float64]:
        """Return dLoss/dh of the forward direction, (N, H), from dLoss/doutput, (N, D*H)."""
        size = self.weights[0].weight_hh.shape[1]
        weights = [_array(weight) for weight in self.weights[0] if weight is not None]
        states = _array(self.states[:, :size])
        layer = adjoints.Layer(_array(self.input), states, self.batch_sizes.numpy(), *weights)
        with np.errstate(over="ignore", invalid="ignore"):
            return ADJOINTS[self.mode](layer, _array(direct[:, :size]))

    def _run(self, zeros: Tensor) -> Tensor:
        if self.mode == "LSTM":
            return lstm(self.input, self.batch_sizes, (zeros, zeros), self.weights)[0]
        if self.mode == "GRU":
            return gru(self.input, self.batch_sizes, zeros, self.weights)[0]
        nonlinearity = self.mode.removeprefix("RNN_").lower()
        return elman(self.input, self.batch_sizes, zeros, self.weights, nonlinearity=nonlinearity)[0]


def _gradients(
    network: Network, batch: PackedSequence, targets: Tensor, loss: Loss, epoch: int
) -> list[NDArray[np.float64]]:
    """Return dLoss/dh of each layer, (N, H), in the rows of the batch."""
    network = copy.deepcopy(network).double().eval().requires_grad_(False)
    flow: Any = batch.double() if batch.data.is_floating_point() else batch
    layers: list[Traced] = []
    with torch.enable_grad():
        for module in network.ops.values():
            flow = _traced(module, flow, layers) if isinstance(module, nn.RNNBase) else module(flow)
        scores: Tensor = (flow.data if isinstance(flow, PackedSequence) else flow).float()
        if not scores.isfinite().all():
            raise TrainingError(
                f"the scores are not finite after epoch {epoch}; lower learning_rate, and look for extreme "
                "values in the data."
            )
        total, _ = loss(scores, targets)
        direct = torch.autograd.grad(total, [layer.probe for layer in layers])
    return [layer.gradient(gradient) for layer, gradient in zip(layers, direct, strict=True)]


def _traced(stack: nn.RNNBase, input: PackedSequence, layers: list[Traced]) -> PackedSequence:
    """Run a stack layer by layer, and append each to ``layers``."""
    rows = input.data
    for number in range(stack.num_layers):
        layers.append(Traced(stack, number, rows, input.batch_sizes))
        rows = layers[-1].output
    return PackedSequence(rows, input.batch_sizes)


def _weights(layers: nn.RNNBase, suffix: str) -> Weights:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return Weights(*(layers.get_parameter(f"{name}_{suffix}") for name in names))


def _array(tensor: Tensor) -> NDArray[np.float64]:
    array: NDArray[np.float64] = tensor.detach().cpu().numpy()
    return array


def _select(batch: PackedSequence, indices: Integers) -> PackedSequence:
    """Return the last steps of these sequences, at most ``STEPS`` each, as a batch."""
    batch_sizes = batch.batch_sizes.numpy()
    firsts = np.cumsum(batch_sizes) - batch_sizes
    lengths = lengths_of(batch_sizes)[indices]
    kept = np.minimum(lengths, STEPS)
    own = [
        firsts[length - keep : length] + index
        for index, length, keep in zip(indices, lengths, kept, strict=True)
    ]
    order, sizes = pack_index(np.cumsum(kept) - kept, kept)
    rows = torch.from_numpy(np.concatenate(own)[order]).to(batch.data.device)
    return PackedSequence(batch.data.index_select(0, rows), torch.from_numpy(sizes))


def _record(gradient: NDArray[np.float64], sizes: Integers, layer: int, epoch: int) -> GradientFlow:
    """Return the root mean square over sequences of the gradient's norm, by distance."""
    steps = np.repeat(np.arange(len(sizes)), sizes)
    distance = lengths_of(sizes)[sequence_of_rows(sizes)] - 1 - steps
    with np.errstate(over="ignore"):
        squares = np.bincount(distance, weights=(gradient**2).sum(axis=1))
    norms = np.sqrt(squares / np.bincount(distance))
    kept = [int(d) for d in _spread(len(norms), DISTANCES) if np.isfinite(norms[d])]
    return GradientFlow(
        epoch=epoch, layer=layer, distances=tuple(kept), norms=tuple(float(norms[d]) for d in kept)
    )


def _spread(n: int, most: int) -> Integers:
    """Return at most ``most`` of the numbers 0 … n - 1, evenly spread, both ends among them."""
    return np.linspace(0, n - 1, min(n, most)).round().astype(np.int64)
