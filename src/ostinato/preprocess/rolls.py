"""Piano rolls as a network reads them: at each step the frame before it."""

import numpy as np
from numpy.typing import NDArray

from ostinato.preprocess.base import Preprocessor
from ostinato.read.rolls import KEYS, Roll
from ostinato.spec.preprocessing import PianoRoll

Steps = NDArray[np.float32]


class RollPreprocessor(Preprocessor):
    """Frames of keys, in which nothing is fitted.

    Args:
        spec: the keys.
    """

    def __init__(self, spec: PianoRoll) -> None:
        self.spec: PianoRoll = spec


def before(roll: Roll) -> Steps:
    """Return what is read to foretell each frame of a roll (T, 88): the frame before, (T, 89).

    The last feature is 1 in the first step, where there is no frame before, and 0 in all others.

    Example:
        >>> steps = before(np.ones((2, 88), np.uint8))
        >>> steps[:, 0].tolist(), steps[:, 88].tolist()
        ([0.0, 1.0], [1.0, 0.0])
    """
    steps = np.zeros((len(roll), KEYS + 1), np.float32)
    steps[1:, :KEYS] = roll[:-1]
    steps[0, KEYS] = 1.0
    return steps


def beginning() -> Steps:
    """Return what is read before the first frame, (1, 89)."""
    return before(np.zeros((1, KEYS), np.uint8))


def after(frames: Roll) -> Steps:
    """Return what is read after frames (…, 88): (…, 89)."""
    steps = np.zeros((*frames.shape[:-1], KEYS + 1), np.float32)
    steps[..., :KEYS] = frames
    return steps
