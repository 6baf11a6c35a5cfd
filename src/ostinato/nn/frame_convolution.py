"""The frame convolution op in torch."""

import math

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.nn.convolution import Normalization
from ostinato.spec.flow import Flow
from ostinato.spec.network import FrameConvolution as Spec


class FrameConvolution(nn.Module):
    """A convolution over each frame by itself, optional batch normalisation, and a rectifier.

        y_ij = relu(norm(b + sum_kl W[:, :, k, l] x_(s i + k - p, s j + l - p))),  p = floor(K / 2)

    Weights begin as torch.nn.Conv2d's do: uniform in ±1 / (K sqrt(I)).

    Args:
        spec: the op.
        into: what it is given: frames of I features a pixel.
    """

    def __init__(self, spec: Spec, into: Flow) -> None:
        super().__init__()
        self.spec, self.features = spec, spec.features(into)
        self.weight = nn.Parameter(
            torch.empty(spec.channels, self.features, spec.kernel_size, spec.kernel_size)
        )
        self.bias = nn.Parameter(torch.empty(spec.channels))
        bound = 1 / (spec.kernel_size * math.sqrt(self.features))
        for parameter in (self.weight, self.bias):
            nn.init.uniform_(parameter, -bound, bound)
        self.norm = Normalization(spec.channels) if spec.normalization == "batch" else None

    def forward(self, input: PackedSequence) -> PackedSequence:
        """Map steps (N, height * width * I) to steps (N, rows * columns * C)."""
        spec = self.spec
        # A pixel's features stand side by side: to torch this is its channels-last layout, and nothing moves.
        frames = input.data.view(-1, spec.height, spec.width, self.features).permute(0, 3, 1, 2)
        made = F.conv2d(frames, self.weight, self.bias, spec.stride, spec.kernel_size // 2)
        pixels = made.permute(0, 2, 3, 1).reshape(-1, spec.channels)
        if self.norm is not None:
            pixels = self.norm(pixels)
        return PackedSequence(F.relu(pixels).view(len(frames), -1), input.batch_sizes)
