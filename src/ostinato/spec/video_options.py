"""The options of tasks that watch: how frames are made, and how clips are varied in training."""

from typing import Any

from ostinato.spec.base import Spec
from ostinato.spec.option import option


def video(default: Any, description: str, **limits: Any) -> Any:
    """Return a field with its default, its one line of help, and its limits."""
    return option(default, f"video: {description}", about=("video",), **limits)


class VideoOptions(Spec):
    """How the frames of a clip are made."""

    frame_size: int | None = video(None, "pixels on each side of a frame (64 if open)", ge=1, le=1024)
    frame_rate: float | None = video(
        None,
        "frames a second; if open, those of most clips, halved and so on to 15 at most",
        gt=0.0,
        le=1000.0,
    )
    colour: bool = video(False, "keep colours (else frames are grey)")


class ClipAugmentation(Spec):
    """How a clip is changed each time that it is trained on, all of its frames alike."""

    clip_shift: float = video(0.05, "part of the frame by which it is moved at most", ge=0.0, lt=1.0)
    clip_flip: bool = video(False, "mirror every second clip, where left and right mean nothing")
    clip_brightness: float = video(
        0.1, "part of the range by which it is lighter or darker at most", ge=0.0, lt=1.0
    )
