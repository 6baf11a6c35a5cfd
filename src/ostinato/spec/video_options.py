"""The options of tasks that watch: how frames are made, and how clips are varied in training."""

from pydantic import Field

from ostinato.spec.base import Spec


class VideoOptions(Spec):
    """How the frames of a clip are made."""

    frame_size: int | None = Field(
        default=None, description="video: pixels on each side of a frame (64 if open)", ge=1, le=1024
    )
    frame_rate: float | None = Field(
        default=None,
        description="video: frames a second; if open, those of most clips, halved and so on to 15 at most",
        gt=0.0,
        le=1000.0,
    )
    colour: bool = Field(default=False, description="video: keep colours (else frames are grey)")


class ClipAugmentation(Spec):
    """How a clip is changed each time that it is trained on, all of its frames alike."""

    clip_shift: float = Field(
        default=0.05, description="video: part of the frame by which it is moved at most", ge=0.0, lt=1.0
    )
    clip_flip: bool = Field(
        default=False, description="video: mirror every second clip, where left and right mean nothing"
    )
    clip_brightness: float = Field(
        default=0.1,
        description="video: part of the range by which it is lighter or darker at most",
        ge=0.0,
        lt=1.0,
    )
