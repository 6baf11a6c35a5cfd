"""Moving pictures as a network reads them: a frame a step, its values scaled."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import DataError
from ostinato.preprocess.base import Prepared, SequencePreprocessor
from ostinato.read.ahead import ahead
from ostinato.read.clip import Clip, Frames
from ostinato.read.sequences import Sequences
from ostinato.spec.video import Video


class VideoPreprocessor(SequencePreprocessor):
    """Scales the values of each colour channel.

    Args:
        spec: the form of every frame, and the scaling.
    """

    def __init__(self, spec: Video) -> None:
        self.spec: Video = spec

    @classmethod
    def fit(cls, sequences: Sequences) -> "VideoPreprocessor":
        """Fit to these clips and to nothing else."""
        return cls(fit_video(cast(list[Clip], sequences.values)))

    def lengths(self, sequences: Sequences) -> list[int]:
        """Return the number of frames of each clip; none is decoded."""
        return [len(clip) for clip in cast(list[Clip], sequences.values)]

    def _applied(self, sequences: Sequences) -> Prepared:
        clips = cast(list[Clip], sequences.values)
        for clip in clips:
            check_form(self.spec, clip)
        return list(ahead(lambda clip: scale_frames(self.spec, clip.frames()), clips))


def fit_video(clips: Sequence[Clip]) -> Video:
    """Return the scaling of every channel, from all frames of these clips, which have one form.

        center = mean, spread = standard deviation (divided by the number of values)

    A channel in which all values are equal has spread 1. The sums behind them are whole numbers.

    Example:
        >>> from ostinato.read.clips import clip_of
        >>> from ostinato.spec.video import FrameForm
        >>> form = FrameForm(height=1, width=2, channels=1, frame_rate=None)
        >>> video = fit_video([clip_of(np.array([[[1, 3]]], np.uint8), form)])
        >>> video.center, video.spread
        ((2.0,), (1.0,))
    """
    if not clips:
        raise DataError("scaling is fitted on clips; none were given.")
    form = clips[0].form
    count = sum(clip.steps for clip in clips) * form.height * form.width
    center = np.sum([clip.sums for clip in clips], axis=0) / count
    variance = np.sum([clip.squares for clip in clips], axis=0) / count - np.square(center)
    spread = np.sqrt(np.maximum(variance, 0))
    return Video(
        **form.model_dump(),
        center=tuple(center.tolist()),
        spread=tuple(np.where(spread > 0, spread, 1.0).tolist()),
    )


def scale_frames(video: Video, frames: Frames) -> NDArray[np.float32]:
    """Return frames (T, height, width, channels) as steps (T, I): ``(x - center) / spread`` in float32."""
    center, spread = np.array(video.center, np.float32), np.array(video.spread, np.float32)
    scaled: NDArray[np.float32] = (frames.astype(np.float32) - center) / spread
    return scaled.reshape(len(frames), -1)


def check_form(video: Video, clip: Clip) -> None:
    """Refuse a clip whose frames are not of the model's form."""
    if clip.form.shape != video.shape:
        raise DataError(
            f"{clip.name}: has frames of shape {clip.form.shape}; this model reads {video.shape}: read it in "
            "the model's form."
        )
