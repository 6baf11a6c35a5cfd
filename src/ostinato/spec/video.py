"""How moving pictures are prepared, as data."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ostinato.spec.base import Spec
from ostinato.spec.flow import Flow

Side = Annotated[int, Field(ge=1, le=1024)]


class FrameForm(Spec):
    """What every frame of a data set is made to be, whatever its file held.

    Args:
        height, width: in pixels; a frame is resized as a whole, so that another shape is stretched.
        channels: 1: grey; 3: red, green and blue.
        frame_rate: frames a second; None: as many as a clip has. Pictures in a folder have no times, and are
            taken as they are.
    """

    height: Side
    width: Side
    channels: Literal[1, 3]
    frame_rate: Annotated[float, Field(gt=0.0, le=1000.0)] | None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return the shape of a frame, (height, width, channels)."""
        return self.height, self.width, self.channels

    @property
    def size(self) -> int:
        """Return the number of values of a frame, which are its bytes too."""
        return self.height * self.width * self.channels


class Video(FrameForm):
    """Moving pictures: a value x from 0 to 255 of channel c becomes (x - center[c]) / spread[c].

    A step is a frame, its pixels row by row, the channels of a pixel side by side.

    Args:
        center, spread: one number a channel, the mean and the standard deviation over the training part;
            spread is above 0.
    """

    kind: Literal["video"] = "video"
    center: tuple[float, ...]
    spread: tuple[Annotated[float, Field(gt=0.0)], ...]

    def flow(self) -> Flow:
        """Return what the network is given."""
        return Flow("steps", self.size)

    @model_validator(mode="after")
    def _one_number_a_channel(self) -> Self:
        if not self.channels == len(self.center) == len(self.spread):
            raise ValueError(
                f"{self.channels} channels, {len(self.center)} centers, {len(self.spread)} spreads"
            )
        return self
