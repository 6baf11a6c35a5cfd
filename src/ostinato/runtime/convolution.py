"""The convolution op in NumPy."""

import numpy as np

from ostinato.errors import StreamError
from ostinato.preprocess.pack import Packed, strided_rows, window_index
from ostinato.runtime.base import Array, Op, State, Weights
from ostinato.spec.flow import Flow
from ostinato.spec.network import Convolution as Spec
from ostinato.spec.network import FrameConvolution

EPSILON = 1e-5
"""What torch adds to a variance before it takes the root."""


class Convolution(Op):
    """A causal convolution along time, optional normalisation, and a rectifier or none.

        y_t = relu(norm(b + sum_k W[:, :, k] x_(t - K + 1 + k))),  k = 0 … K - 1,  x_t = 0 for t < 1

    With a stride s the steps t = 1, 1 + s, 1 + 2s … are answered alone. The normalisation is linear here, so
    it is folded into W and b. A stream keeps ``past``: the last K - 1 steps (n, K - 1, I), zeros at first;
    with a stride also ``wait`` (n,): how many steps pass before the next one that is answered.
    """

    def __init__(self, spec: Spec, into: Flow, weights: Weights) -> None:
        self.size, self.stride, self.features = spec.kernel_size, spec.stride, into.size
        self.activation = spec.activation
        scale, shift = normalization(spec, weights)
        dtype = weights["weight"].dtype
        taps = weights["weight"].transpose(2, 1, 0).reshape(-1, spec.channels)  # (K * I, C)
        self.taps = np.ascontiguousarray((taps * scale).astype(dtype))
        self.bias = (weights["bias"] * scale + shift).astype(dtype)

    def run(self, flow: Packed | Array) -> Packed | Array:
        """Map steps (N, I) to steps (M, C)."""
        rows, batch_sizes = flow
        before, _ = window_index(batch_sizes, self.size)
        extended = np.concatenate([rows, np.zeros_like(rows[:1])])
        answered = strided_rows(batch_sizes, self.stride)
        sizes = np.ascontiguousarray(batch_sizes[:: self.stride])
        return Packed(self._rows(extended[before[answered]]), sizes)

    def start(self, streams: int) -> State:
        """Return a past of zeros; the first step is answered."""
        past = np.zeros((streams, self.size - 1, self.features), self.taps.dtype)
        return {"past": past} | ({"wait": np.zeros(streams, np.int64)} if self.stride > 1 else {})

    def push(self, state: State, rows: Array) -> tuple[State, Array]:
        """Map steps (T, n, I) to those of them that are answered, (M, n, C).

        Raises:
            StreamError: the streams do not wait equally long.
        """
        seen = np.concatenate([state["past"].swapaxes(0, 1), rows])  # (K - 1 + T, n, I)
        first = self._first(state)
        answered = np.arange(first, len(rows), self.stride)
        windows = seen[answered[:, None] + np.arange(self.size)]  # (M, K, n, I)
        after = {"past": seen[len(seen) - self.size + 1 :].swapaxes(0, 1).copy()}
        if self.stride > 1:
            after["wait"] = np.full_like(state["wait"], (first - len(rows)) % self.stride)
        return after, self._rows(windows.swapaxes(1, 2))

    def _first(self, state: State) -> int:
        """Return which of the next steps is answered first, counted from 0."""
        if self.stride == 1:
            return 0
        wait = state["wait"]
        if (wait != wait[0]).any():
            raise StreamError(
                f"streams that have heard {self.stride} n and {self.stride} n + 1 steps are pushed together; "
                f"with a stride of {self.stride} they are answered at different steps: push them apart."
            )
        return int(wait[0])

    def _rows(self, windows: Array) -> Array:
        """Map windows (…, K, I) to rows (…, C)."""
        flat = windows.reshape(*windows.shape[:-2], len(self.taps))
        mapped: Array = flat @ self.taps + self.bias
        return np.maximum(mapped, 0) if self.activation == "relu" else mapped


def normalization(spec: Spec | FrameConvolution, weights: Weights) -> tuple[Array, Array]:
    """Return (scale, shift), each (C,) in float64, so that norm(y) = scale * y + shift."""
    if spec.normalization == "none":
        return np.ones(spec.channels), np.zeros(spec.channels)
    variance = weights["norm.running_var"].astype(np.float64)
    scale = weights["norm.weight"] / np.sqrt(variance + EPSILON)
    return scale, weights["norm.bias"] - weights["norm.running_mean"] * scale
