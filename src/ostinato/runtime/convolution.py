"""The convolution op in NumPy."""

import numpy as np

from ostinato.preprocess.pack import Packed, window_index
from ostinato.runtime.base import Array, Op, State, Weights
from ostinato.spec.flow import Flow
from ostinato.spec.network import Convolution as Spec
from ostinato.spec.network import FrameConvolution

EPSILON = 1e-5
"""What torch adds to a variance before it takes the root."""


class Convolution(Op):
    """A causal convolution along time, optional normalisation, and a rectifier.

        y_t = relu(norm(b + sum_k W[:, :, k] x_(t - K + 1 + k))),  k = 0 … K - 1,  x_t = 0 for t < 1

    The normalisation is linear here, so it is folded into W and b. A stream keeps ``past``: the last K - 1
    steps (n, K - 1, I), zeros at first.
    """

    def __init__(self, spec: Spec, into: Flow, weights: Weights) -> None:
        self.size, self.features = spec.kernel_size, into.size
        scale, shift = normalization(spec, weights)
        dtype = weights["weight"].dtype
        taps = weights["weight"].transpose(2, 1, 0).reshape(-1, spec.channels)  # (K * I, C)
        self.taps = np.ascontiguousarray((taps * scale).astype(dtype))
        self.bias = (weights["bias"] * scale + shift).astype(dtype)

    def run(self, flow: Packed | Array) -> Packed | Array:
        """Map steps (N, I) to steps (N, C)."""
        rows, batch_sizes = flow
        before, _ = window_index(batch_sizes, self.size)
        extended = np.concatenate([rows, np.zeros_like(rows[:1])])
        return Packed(self._rows(extended[before]), batch_sizes)

    def start(self, streams: int) -> State:
        """Return a past of zeros."""
        return {"past": np.zeros((streams, self.size - 1, self.features), self.taps.dtype)}

    def push(self, state: State, rows: Array) -> tuple[State, Array]:
        """Map steps (T, n, I) to steps (T, n, C)."""
        seen = np.concatenate([state["past"].swapaxes(0, 1), rows])  # (K - 1 + T, n, I)
        windows = seen[np.arange(len(rows))[:, None] + np.arange(self.size)]  # (T, K, n, I)
        past = seen[len(seen) - self.size + 1 :].swapaxes(0, 1).copy()
        return {"past": past}, self._rows(windows.swapaxes(1, 2))

    def _rows(self, windows: Array) -> Array:
        """Map windows (…, K, I) to rows (…, C)."""
        flat = windows.reshape(*windows.shape[:-2], len(self.taps))
        mapped: Array = np.maximum(flat @ self.taps + self.bias, 0)
        return mapped


def normalization(spec: Spec | FrameConvolution, weights: Weights) -> tuple[Array, Array]:
    """Return (scale, shift), each (C,) in float64, so that norm(y) = scale * y + shift."""
    if spec.normalization == "none":
        return np.ones(spec.channels), np.zeros(spec.channels)
    variance = weights["norm.running_var"].astype(np.float64)
    scale = weights["norm.weight"] / np.sqrt(variance + EPSILON)
    return scale, weights["norm.bias"] - weights["norm.running_mean"] * scale
