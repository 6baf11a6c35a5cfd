"""Raw sound as pipes carry it: 16-bit little-endian samples of one channel, which say no rate themselves."""

import numpy as np

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.recordings import Samples

WIDTH = 2
"""Bytes of a sample."""

LOUDEST = 32_768
"""What 16-bit samples are divided by."""

BLOCK_SECONDS = 0.1
"""So much sound is heard at once at most: an answer comes no later than that."""


def block_bytes(rate: int) -> int:
    """Return the bytes of a block at so many samples a second.

    Example:
        >>> block_bytes(16_000)
        3200
    """
    return WIDTH * max(1, int(BLOCK_SECONDS * rate))


def samples_of(block: bytes) -> Samples:
    """Return samples in [-1, 1].

    Raises:
        DataError: the block ends within a sample.

    Example:
        >>> samples_of(b"\\x00\\x40\\x00\\xc0").tolist()
        [0.5, -0.5]
    """
    if len(block) % WIDTH:
        raise DataError("the sound ends within a sample; expected 16-bit samples of one channel.")
    return np.frombuffer(block, "<i2").astype(np.float32) / np.float32(LOUDEST)


class Resampler:
    """Samples of one rate as samples of another, while they come.

    Args:
        rate: samples a second that come.
        wanted: samples a second that are wanted.

    Raises:
        MissingExtraError: the rates differ, and soxr is not installed.
    """

    def __init__(self, rate: int, wanted: int) -> None:
        self._stream = None
        if rate != wanted:
            soxr = checks.extra("soxr", "audio", "resampling")
            self._stream = soxr.ResampleStream(rate, wanted, 1, dtype="float32")

    def push(self, samples: Samples, last: bool = False) -> Samples:
        """Return what these samples complete; with the last ones, all that was held back."""
        if self._stream is None:
            return samples
        made: Samples = self._stream.resample_chunk(samples, last=last)
        return made

    def finish(self) -> Samples:
        """Return what was held back."""
        return self.push(np.empty(0, np.float32), last=True)
