"""A clip as a value: decoded frames that are kept, or decoded anew whenever they are asked for.

This file imports nothing that reads films: every sequence may be one, and few are.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import DataError
from ostinato.spec.video import FrameForm

Frames = NDArray[np.uint8]
"""Frames (T, height, width, channels)."""


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip whose frames have one form.

    Args:
        form: of every frame.
        steps: T, how many frames there are.
        sha256: of all frames, one after the other.
        sums, squares: (channels,) the sums of all values and of their squares: whole numbers, so that sums
            over clips are the same in any order.
        name: the file, for messages.
        again: decodes it.
        kept: the frames, where they are kept.
    """

    form: FrameForm
    steps: int
    sha256: bytes
    sums: NDArray[np.int64]
    squares: NDArray[np.int64]
    name: str
    again: Callable[[], Frames]
    kept: Frames | None

    def __len__(self) -> int:
        return self.steps

    def frames(self) -> Frames:
        """Return the frames, (T, height, width, channels); the same at every call.

        Raises:
            DataError: the file is no longer what it was, or cannot be read any more.
        """
        if self.kept is not None:
            return self.kept
        frames = self.again()
        if len(frames) != self.steps or sha256(frames) != self.sha256:
            raise DataError(f"{self.name}: changed while it was in use; leave it as it is, and start again.")
        return frames


def sha256(frames: Frames) -> bytes:
    """Return the SHA-256 of all frames, one after the other."""
    return hashlib.sha256(np.ascontiguousarray(frames).data).digest()
