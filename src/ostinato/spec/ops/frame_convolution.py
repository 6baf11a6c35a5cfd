"""The frame convolution op as data."""

from typing import Annotated, Literal

from pydantic import Field

from ostinato.errors import ArgumentError
from ostinato.spec.flow import Flow
from ostinato.spec.ops.base import Name, Op, Shapes, Size

Side = Annotated[int, Field(ge=1, le=1024)]


class FrameConvolution(Op):
    """A convolution over each frame by itself, optional normalisation, and a rectifier.

        y_ij = relu(norm(b + sum_kl W[:, :, k, l] x_(s i + k - p, s j + l - p))),  p = floor(K / 2)

    k and l run from 0 to K - 1, and x is 0 outside of the frame. A step holds a frame of ``height`` by
    ``width`` pixels, row by row, the I features of a pixel side by side; so does what is handed on, with the
    ``grid`` of pixels that the stride s leaves. ``norm`` is batch normalisation over all pixels, with the
    statistics gathered in training (Ioffe & Szegedy 2015, arXiv:1502.03167).

    Every frame stands for itself, so that nothing is kept of a stream, and the look-ahead is 0.

    Args:
        height, width: of the frames that are given, in pixels.
        channels: C, features of a pixel that are made.
        kernel_size: K, the side of the window.
        stride: s, how far the window moves.

    Example:
        >>> op = FrameConvolution(height=9, width=8, channels=4, kernel_size=3, stride=2)
        >>> op.grid, op.flow(Flow("steps", 9 * 8 * 3)).size, op.tensors(Flow("steps", 216))["weight"]
        ((5, 4), 80, (4, 3, 3, 3))
    """

    op: Literal["frame_convolution"] = "frame_convolution"
    name: Name = "frame_convolution"
    height: Side
    width: Side
    channels: Size
    kernel_size: Annotated[int, Field(ge=1, le=64)]
    stride: Annotated[int, Field(ge=1, le=64)] = 1
    normalization: Literal["none", "batch"] = "batch"

    @property
    def grid(self) -> tuple[int, int]:
        """Return the height and width of what is handed on, in pixels."""
        rows, columns = (
            (side + 2 * (self.kernel_size // 2) - self.kernel_size) // self.stride + 1
            for side in (self.height, self.width)
        )
        return rows, columns

    def features(self, into: Flow) -> int:
        """Return I, the features of a pixel that is given."""
        pixels = self.height * self.width
        if into.size % pixels:
            raise ArgumentError(
                f"op {self.name!r} is given steps of size {into.size}; expected a multiple of the {pixels} "
                f"pixels of a frame, {self.height} by {self.width}."
            )
        return into.size // pixels

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps")
        self.features(into)
        rows, columns = self.grid
        return Flow("steps", rows * columns * self.channels)

    def tensors(self, into: Flow) -> Shapes:
        window = (self.kernel_size, self.kernel_size)
        shapes: Shapes = {
            "weight": (self.channels, self.features(into), *window),
            "bias": (self.channels,),
        }
        if self.normalization == "batch":
            parts = ("weight", "bias", "running_mean", "running_var")
            shapes |= {f"norm.{part}": (self.channels,) for part in parts}
        return shapes
