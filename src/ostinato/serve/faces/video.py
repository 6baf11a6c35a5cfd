"""Classifiers of video: frames, or files of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import DataError
from ostinato.read.clips import checked_frames
from ostinato.read.decode import decode
from ostinato.read.limits import Limits
from ostinato.runtime import Classifier
from ostinato.serve.faces.base import Inputs, Outputs, either, field, joined, one
from ostinato.serve.faces.files import files_of, read_from
from ostinato.serve.faces.told import ToldFace
from ostinato.serve.tensors import BYTES, Form
from ostinato.spec.video import Video

FRAMES, VIDEO = "frames", "video"

LIMITS = Limits(frame_bytes=2**27)
"""Of one clip that comes from a stranger: a small file may hold many frames."""


class VideoFace(ToldFace[Classifier]):
    """``frames`` (T, height, width, 1 or 3) of one clip in, grey also without the last axis; or files.

    ``video`` (B,) are files as they are. ``probabilities`` (B, C) and ``label`` (B,) out; of a model that
    labels frames, a row for each frame. A stream takes frames, and is answered after each: (T, C) and (T,).
    """

    @property
    def inputs(self) -> tuple[Form, ...]:
        """Return the frames, or video files as they are."""
        frames = Form(FRAMES, "UINT8", (-1, -1, -1, self._form.channels), optional=True)
        return frames, Form(VIDEO, BYTES, (-1,), optional=True)

    def about(self) -> dict[str, Any]:
        """Return what frames are made to be, and the labels."""
        form = self._form
        shape = {"height": form.height, "width": form.width, "channels": form.channels}
        return shape | {"frame_rate": form.frame_rate} | super().about()

    def predict(self, inputs: Inputs) -> Outputs:
        """Classify whole clips, files one after the other: each may hold many frames."""
        if either(inputs, FRAMES, VIDEO) == FRAMES:
            return self.told.whole(self.model.predict([self.given(inputs)]))
        clips = map(self._decoded, files_of(inputs, VIDEO))
        return joined([self.told.whole(self.model.predict([clip])) for clip in clips])

    def plain(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Take ``{"clips": [[[[0, …], …], …], …]}``: frames of whole numbers from 0 to 255."""
        clips = field(body, "clips", "[[[…], …], …]")
        return self._worded([_pixels(clip, number) for number, clip in enumerate(clips, start=1)])

    def file(self, data: bytes) -> list[dict[str, Any]]:
        """Classify a video file."""
        return self._worded([self._decoded(data)])

    def given(self, inputs: Inputs) -> NDArray[Any]:
        """Return the frames that a stream watches, (T, height, width, channels)."""
        if either(inputs, FRAMES, VIDEO) == VIDEO:
            raise DataError(f"a stream watches {FRAMES}; files are whole clips.")
        return checked_frames(one(inputs, FRAMES), FRAMES)

    def _decoded(self, data: bytes) -> NDArray[np.uint8]:
        def read(path: Path) -> NDArray[np.uint8]:
            return decode(path, self._form, LIMITS)

        return read_from(data, "the video", read)

    def _worded(self, clips: Sequence[NDArray[Any]]) -> list[dict[str, Any]]:
        """Return one object a clip; of a model that labels frames, with the answers of its frames."""
        if not self.model.spec.per_step:
            return self.told.worded(self.model.predict(clips))
        return [{"frames": self.told.worded(self.model.predict([clip]))} for clip in clips]

    @property
    def _form(self) -> Video:
        video = self.model.preprocessor.spec
        if not isinstance(video, Video):
            raise TypeError("a model that reads no video has another face")
        return video


def _pixels(clip: Any, number: int) -> NDArray[np.uint8]:
    """Return frames that are JSON as an array."""
    try:
        array = np.asarray(clip)
    except ValueError as error:
        raise DataError(f"clip {number} is ragged; expected frames of one size.") from error
    if array.dtype.kind not in "iu" or array.size == 0 or array.min() < 0 or array.max() > 255:
        raise DataError(f"clip {number} holds something else than whole numbers from 0 to 255.")
    return array.astype(np.uint8)
