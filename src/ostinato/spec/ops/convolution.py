"""The convolution op as data."""

from typing import Annotated, Literal

from pydantic import Field

from ostinato.spec.flow import Flow, Stream
from ostinato.spec.ops.base import Name, Op, Shapes, Size


class Convolution(Op):
    """A causal convolution along time, optional normalisation, and a rectifier or none.

        y_t = relu(norm(b + sum_k W[:, :, k] x_(t - K + 1 + k))),  k = 0 … K - 1,  x_t = 0 for t < 1

    It looks back only, so its look-ahead is 0 and what it says of a prefix never changes. With a stride s it
    answers the steps 1, 1 + s, 1 + 2s … alone: T steps become ⌈T / s⌉. ``norm`` is batch normalisation with
    the statistics gathered in training (Ioffe & Szegedy 2015, arXiv:1502.03167).

    A stream keeps ``past``, the last K - 1 steps, and, with a stride, ``wait``: how many steps pass before
    the next one that is answered.
    """

    op: Literal["convolution"] = "convolution"
    name: Name = "convolution"
    channels: Size
    kernel_size: Annotated[int, Field(ge=1, le=1024)]
    stride: Annotated[int, Field(ge=1, le=64)] = 1
    normalization: Literal["none", "batch"] = "batch"
    activation: Literal["relu", "none"] = "relu"

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps")
        return Flow("steps", self.channels)

    def tensors(self, into: Flow) -> Shapes:
        shapes: Shapes = {"weight": (self.channels, into.size, self.kernel_size), "bias": (self.channels,)}
        if self.normalization == "batch":
            parts = ("weight", "bias", "running_mean", "running_var")
            shapes |= {f"norm.{part}": (self.channels,) for part in parts}
        return shapes

    def stream(self, into: Flow) -> Stream | None:
        waiting: Shapes = {"wait": ()} if self.stride > 1 else {}
        return Stream({"past": (self.kernel_size - 1, into.size)} | waiting)
