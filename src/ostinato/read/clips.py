"""Clips as values: decoded frames that are kept, or decoded anew whenever they are asked for."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import DataError
from ostinato.read.ahead import ahead
from ostinato.read.clip import Clip, Frames, sha256
from ostinato.read.decode import decode, gathered, resized
from ostinato.read.limits import Limits
from ostinato.read.source import named
from ostinato.spec.video import FrameForm

KEPT = 2**30
"""Bytes of decoded frames that a data set keeps in memory; what does not fit is decoded anew every time."""

_DEFAULT = Limits()


class Memory:
    """How many more bytes of frames may be kept; threads may ask side by side."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._lock = Lock()

    def has_room(self, frames: Frames) -> bool:
        """Return whether these may be kept, too, and count them if so."""
        with self._lock:
            fits = frames.nbytes <= self._left
            self._left -= frames.nbytes if fits else 0
        return fits


def clips_of(
    paths: Sequence[Path], form: FrameForm, limits: Limits = _DEFAULT, memory: int = KEPT
) -> list[Clip]:
    """Decode videos, or folders of pictures, side by side; the first that cannot be used is an error.

    Args:
        paths: the files and folders.
        form: of every frame.
        limits: for one clip.
        memory: bytes of frames that are kept at most, of all clips together.

    Raises:
        DataError: as for ``decode``.
        MissingExtraError: PyAV is not installed.
    """
    room = Memory(memory)
    return list(
        ahead(lambda path: _surveyed(named(path), partial(decode, path, form, limits), form, room), paths)
    )


def clip_of(frames: NDArray[Any], form: FrameForm, name: str = "the clip", limits: Limits = _DEFAULT) -> Clip:
    """Return a clip of frames in memory, resized where they have another size.

    Args:
        frames: (T, height, width), grey, or (T, height, width, 1 or 3), uint8.
        form: of every frame.
        name: for messages.
        limits: for one clip.

    Raises:
        DataError: it is no such array, or has no frame or too many.

    Example:
        >>> form = FrameForm(height=2, width=3, channels=1, frame_rate=None)
        >>> clip = clip_of(np.full((4, 2, 3), 7, np.uint8), form)
        >>> len(clip), clip.sums.tolist(), clip.frames().shape
        (4, [168], (4, 2, 3, 1))
    """
    pixels = checked_frames(frames, name)
    made = gathered(resized(pixels, form), name, form, limits)
    return _surveyed(name, lambda: made, form, Memory(made.nbytes))


def checked_frames(frames: NDArray[Any], name: str) -> Frames:
    """Return frames as (T, height, width, 1 or 3) uint8; grey ones may lack the last axis."""
    array = np.asarray(frames)
    pixels = array[..., None] if array.ndim == 3 else array
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[3] not in (1, 3) or not pixels.size:
        raise DataError(
            f"{name} has shape {array.shape} of {array.dtype}; expected frames (T, height, width) or "
            "(T, height, width, 3) of uint8, at least one."
        )
    return pixels


def _surveyed(name: str, again: Callable[[], Frames], form: FrameForm, room: Memory) -> Clip:
    """Return a clip from its frames, which are kept if there is room."""
    frames = again()
    pixels = frames.reshape(-1, form.channels)
    return Clip(
        form=form,
        steps=len(frames),
        sha256=sha256(frames),
        sums=pixels.sum(axis=0, dtype=np.int64),
        squares=np.square(pixels, dtype=np.int32).sum(axis=0, dtype=np.int64),
        name=name,
        again=again,
        kept=frames if room.has_room(frames) else None,
    )
