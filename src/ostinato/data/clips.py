"""Clips ready for training: batches of scaled frames, changed a little each time they are seen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence

from ostinato.preprocess.pack import Integers, pack_index
from ostinato.preprocess.video import scale_frames
from ostinato.read.ahead import ahead
from ostinato.read.clip import Clip, Frames
from ostinato.spec.video import Video

AHEAD = 3
"""Batches at most that are ready before they are taken."""


@dataclass(frozen=True)
class Augmentation:
    """How a clip is changed in training, all of its frames in the same way.

    Args:
        shift: the part of the frame's sides by which it is moved at most; what comes in repeats the border.
        flip: whether it is mirrored, left for right, every second time.
        brightness: the part of the range of values by which it is made brighter or darker at most.
    """

    shift: float
    flip: bool
    brightness: float

    def apply(self, frames: Frames, random: np.random.Generator) -> Frames:
        """Return the frames of a clip, changed; the same generator gives the same change.

        Example:
            >>> random = np.random.default_rng(0)
            >>> clip = np.arange(4, dtype=np.uint8).reshape(1, 1, 4, 1)
            >>> Augmentation(0.5, False, 0.0).apply(clip, random).ravel().tolist()
            [0, 0, 1, 2]
        """
        drawn = random.uniform(-1, 1, 4)
        rows, columns = (
            np.clip(np.arange(side) + round(move * self.shift * side), 0, side - 1)
            for side, move in zip(frames.shape[1:3], drawn, strict=False)
        )
        if self.flip and drawn[2] < 0:
            columns = columns[::-1]
        moved = frames[:, rows[:, None], columns]
        light = round(drawn[3] * self.brightness * 255)
        return np.clip(moved.astype(np.int16) + light, 0, 255).astype(np.uint8) if light else moved


class ClipExamples:
    """Clips from which packed batches are gathered without padding; they are decoded as they are needed.

    Args:
        clips: of one form.
        video: their scaling.
    """

    def __init__(self, clips: Sequence[Clip], video: Video) -> None:
        self.lengths: Integers = np.array([clip.steps for clip in clips], np.int64)
        self._clips, self._video = clips, video

    def __len__(self) -> int:
        return len(self.lengths)

    def batch(
        self, indices: Integers, change: Augmentation | None = None, random: np.random.Generator | None = None
    ) -> PackedSequence:
        """Return the clips at these positions as one packed batch, in this order.

        Args:
            indices: (B,) positions, sorted by falling length.
            change: how each of them is changed, by ``random``; None: not at all.

        Raises:
            DataError: a file changed, or cannot be read any more.
        """
        clips = [self._clips[index].frames() for index in indices]
        if change is not None and random is not None:
            clips = [change.apply(frames, random) for frames in clips]
        lengths = self.lengths[indices]
        order, batch_sizes = pack_index(np.cumsum(lengths) - lengths, lengths)
        rows = scale_frames(self._video, np.concatenate(clips)[order])
        return PackedSequence(torch.from_numpy(rows), torch.from_numpy(batch_sizes))

    def batches(self, order: Sequence[Integers]) -> Iterator[PackedSequence]:
        """Yield a batch for each of these index arrays, decoded some batches ahead."""
        return ahead(self.batch, order, most=AHEAD)
