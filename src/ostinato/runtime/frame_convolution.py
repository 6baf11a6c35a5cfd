"""The frame convolution op in NumPy."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ostinato.runtime.base import Array, RowWise, Weights
from ostinato.runtime.convolution import normalization
from ostinato.spec.flow import Flow
from ostinato.spec.network import FrameConvolution as Spec

BLOCK = 2**22
"""Numbers of windows that are laid out at once at most, a single frame's excepted: this bounds the memory."""


class FrameConvolution(RowWise):
    """A convolution over each frame by itself, optional normalisation, and a rectifier.

        y_ij = relu(norm(b + sum_kl W[:, :, k, l] x_(s i + k - p, s j + l - p))),  p = floor(K / 2)

    Every window is laid out as a row, and one matrix product maps them all. The normalisation is linear here,
    so it is folded into W and b.
    """

    def __init__(self, spec: Spec, into: Flow, weights: Weights) -> None:
        self.spec, self.features = spec, spec.features(into)
        scale, shift = normalization(spec, weights)
        dtype = weights["weight"].dtype
        taps = weights["weight"].transpose(1, 2, 3, 0).reshape(-1, spec.channels)  # (I * K * K, C)
        self.taps = np.ascontiguousarray((taps * scale).astype(dtype))
        self.bias = (weights["bias"] * scale + shift).astype(dtype)

    def rows(self, rows: Array) -> Array:
        """Map frames (…, height * width * I) to frames (…, rows * columns * C)."""
        spec = self.spec
        frames = rows.reshape(-1, spec.height, spec.width, self.features)
        height, width = spec.grid
        made = np.empty((len(frames), height * width * spec.channels), self.taps.dtype)
        block = max(1, BLOCK // (height * width * len(self.taps)))
        for first in range(0, len(frames), block):
            made[first : first + block] = self._block(frames[first : first + block])
        return made.reshape(*rows.shape[:-1], made.shape[1])

    def _block(self, frames: Array) -> Array:
        """Map a few frames (N, height, width, I), each to one row."""
        size, stride, pad = self.spec.kernel_size, self.spec.stride, self.spec.kernel_size // 2
        padded = np.pad(frames, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
        windows = sliding_window_view(padded, (size, size), axis=(1, 2))[:, ::stride, ::stride]
        mapped: Array = windows.reshape(-1, len(self.taps)) @ self.taps
        lifted: Array = np.maximum(mapped + self.bias, 0)
        return lifted.reshape(len(frames), -1)
