"""Models of piano rolls: how likely each key is to sound in the next frame."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from numpy.typing import NDArray

from ostinato.errors import DataError
from ostinato.read.rolls import KEYS
from ostinato.runtime import FrameModel, Streams
from ostinato.serve.faces.base import Face, Inputs, Outputs, field, one
from ostinato.serve.faces.series import pushed, side_by_side
from ostinato.serve.tensors import Form, floats

FRAMES = "frames"


class FrameFace(Face[FrameModel]):
    """``frames`` (T, 88) of 0 and 1 in; ``probabilities`` (T, 88) of each key in the frame after it, out."""

    @property
    def inputs(self) -> tuple[Form, ...]:
        """Return frames of keys."""
        return (Form(FRAMES, "UINT8", (-1, KEYS)),)

    @property
    def outputs(self) -> tuple[Form, ...]:
        """Return the keys' probabilities."""
        return (Form("probabilities", "FP32", (-1, KEYS)),)

    def predict(self, inputs: Inputs) -> Outputs:
        """Hear one whole roll."""
        (said,) = self.push(self.model.streams(1), [self.given(inputs)], [0])
        return said

    def plain(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Take ``{"rolls": [[[0, 1, …], …], …]}``."""
        rolls = field(body, "rolls", "[[…], …]")
        return [{"probabilities": self.model.stream().push(roll).tolist()} for roll in rolls]

    def given(self, inputs: Inputs) -> NDArray[Any]:
        """Return frames (T, 88) of 0 and 1."""
        frames = one(inputs, FRAMES)
        if frames.ndim != 2 or frames.shape[1] != KEYS or len(frames) == 0 or (frames > 1).any():
            raise DataError(f"{FRAMES} has shape {[*frames.shape]}; expected [T, {KEYS}], each key 0 or 1.")
        return frames

    def push(self, streams: Streams[Any, Any], given: Sequence[Any], numbers: Sequence[int]) -> list[Outputs]:
        """Take streams on, together."""
        return pushed(streams, given, numbers, partial(side_by_side, streams), _outputs)


def _outputs(said: NDArray[Any]) -> list[Outputs]:
    return [(floats("probabilities", said[:, n]),) for n in range(said.shape[1])]
