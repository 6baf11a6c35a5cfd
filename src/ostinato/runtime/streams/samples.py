"""Samples that a stream of sound holds back, those of a frame that is not whole yet, as bytes."""

from typing import Any

import numpy as np

from ostinato.errors import StreamError
from ostinato.preprocess.audio import Frames, framed
from ostinato.read.audio import samples_of
from ostinato.spec.audio import Audio

_STORED = np.dtype("<f4")


def frames_of(audio: Audio, held: bytes, given: Any) -> tuple[Frames, bytes]:
    """Return the frames that given samples complete, (T, bands), and what is then held back.

    Raises:
        DataError: what is given are no samples.
    """
    before = np.frombuffer(held, _STORED).astype(np.float32)
    frames, rest = framed(audio, before, samples_of("samples", given, least=0))
    return frames, rest.astype(_STORED).tobytes()


def check_held(audio: Audio, held: bytes) -> None:
    """Raise a StreamError if these bytes are no samples, or as many as a frame has."""
    short = len(held) % _STORED.itemsize == 0 and len(held) < audio.width * _STORED.itemsize
    if not short or not np.isfinite(np.frombuffer(held, _STORED)).all():
        raise StreamError("the state holds back what is no beginning of a frame; take the state anew.")
