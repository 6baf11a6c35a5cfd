"""Clips in the runtime: in portions that fit into memory, and frame by frame as they come."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import DataError
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.video import scale_frames
from ostinato.read.clips import Clip, checked_frames
from ostinato.read.decode import resized
from ostinato.read.sequences import Sequences
from ostinato.spec.video import Video

PORTION = 64 * 2**20
"""Bytes of frames at most that are decoded and answered at once, a longer single clip excepted."""


def portions(sequences: Sequences) -> Iterator[Integers]:
    """Yield the positions of sequences that are answered at once: all, or of clips as many as fit."""
    everything = np.arange(len(sequences))
    if sequences.kind != "video" or not len(sequences):
        yield everything
        return
    sizes = [one.steps * one.form.size if isinstance(one, Clip) else 0 for one in sequences.values]
    first = 0
    while first < len(sizes):
        fitting = int(np.searchsorted(np.cumsum(sizes[first:]), PORTION, side="right"))
        yield everything[first : first + max(1, fitting)]
        first += max(1, fitting)


def pushed_frames(video: Video, frames: Any) -> tuple[NDArray[np.float32], bool]:
    """Return the steps (T, I) of frames that are pushed, and whether they are a single one.

    Args:
        video: the model's form of frames, and their scaling.
        frames: one frame (height, width) or (height, width, 3), or several (T, …); uint8, of any size. Three
            axes are one frame where the last is 3, else several grey ones.

    Raises:
        DataError: it is none of these.
        MissingExtraError: a frame is not of the model's form, and PyAV, which makes it so, is not installed.
    """
    given = np.asarray(frames)
    single = given.ndim == 2 or (given.ndim == 3 and given.shape[2] in (1, 3))
    if given.ndim not in (2, 3, 4):
        raise DataError(
            f"frames has shape {given.shape}; expected one frame (height, width) or (height, width, 3), or "
            "several (T, …)."
        )
    pixels = checked_frames(given[None] if single else given, "frames")
    return scale_frames(video, np.stack([*resized(pixels, video)])), single
