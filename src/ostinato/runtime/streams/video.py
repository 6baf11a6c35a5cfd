"""Streams of frames: a classifier watches."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.classify import softmax
from ostinato.errors import DataError, StreamError
from ostinato.preprocess.video import scale_frames
from ostinato.read.clips import checked_frames
from ostinato.read.decode import resized
from ostinato.runtime.base import Array
from ostinato.runtime.streams.base import Fingerprint
from ostinato.runtime.streams.engine import Engine
from ostinato.runtime.streams.ragged import RaggedStreams
from ostinato.runtime.streams.series import answer_of
from ostinato.spec.video import Video

Probabilities = NDArray[np.float64]


class VideoStreams(RaggedStreams[Any, Probabilities]):
    """Streams of a classifier of video.

    ``push`` takes one frame, (height, width) or (height, width, 3), or T frames (T, …), uint8, of any size,
    and of m streams a list of m of these. Three axes are one frame where the last is 3, else several grey
    ones. It returns the labels' probabilities after the frame, (C,), or after each, (T, C); ``finish`` those
    of the whole, (C,). Frames are to come as often as the model's ``frame_rate`` says.

    Args:
        engine: what takes the network on.
        video: the form of frames, and their scaling.
        count: n.
        fingerprint: of the model.
    """

    def __init__(self, engine: Engine, video: Video, count: int, fingerprint: Fingerprint) -> None:
        self._video = video
        super().__init__(engine, count, fingerprint)

    def push(self, given: Sequence[Any], streams: Sequence[int] | None = None) -> list[Probabilities]:
        """Take m streams on: m frames, or stretches of them, to m answers."""
        answers = super().push(given, streams)
        return [_as_given(one, answer) for one, answer in zip(given, answers, strict=True)]

    def _one(self, given: Any) -> Probabilities:
        return _as_given(given, super()._one(given))

    def _rows(self, given: Any, stream: int) -> tuple[Array, bytes]:
        frames = np.asarray(given)
        if frames.ndim not in (2, 3, 4):
            raise DataError(
                f"frames have shape {frames.shape}; expected one (height, width) or (height, width, 3), or "
                "several (T, …)."
            )
        pixels = checked_frames(frames[None] if _is_single(frames) else frames, "frames")
        return scale_frames(self._video, np.stack([*resized(pixels, self._video)])), b""

    def _answer(self, stream: int, rows: Array, said: Array) -> Probabilities:
        return softmax(said)

    def _finish(self, stream: int) -> Probabilities:
        network = self._engine.network
        if network.spec.flows()[-1].kind == "steps":
            raise StreamError("this model labels each frame as it comes; for the whole it has no answer.")
        return answer_of(network, self._engine.take(stream))


def _is_single(frames: NDArray[Any]) -> bool:
    return frames.ndim == 2 or (frames.ndim == 3 and frames.shape[2] in (1, 3))


def _as_given(given: Any, answer: Probabilities) -> Probabilities:
    """Return the answer to one frame without an axis of steps."""
    return answer[0] if _is_single(np.asarray(given)) else answer
