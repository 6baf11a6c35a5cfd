"""A piano roll as a picture: time to the right, keys upwards, one bar a note."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.files import write_file
from ostinato.errors import ArgumentError
from ostinato.evaluate.svg import (
    FAINT,
    HUES,
    INK,
    MUTED,
    boxes,
    cells,
    figure,
    standalone,
    style,
    svg,
    whole_steps,
)
from ostinato.read.roll_notes import spans
from ostinato.read.rolls import KEYS, Roll

OCTAVE = 12
FIRST_C = 3
"""Key 3 is C1, and every twelfth key from there a C."""

BLACK = (1, 3, 6, 8, 10)
"""The black keys of an octave, counted from C."""

MARGIN = 2
"""So many keys are shown below the lowest one and above the highest one."""

WIDTH = (5.2, 11.0)
"""The narrowest and the widest picture, in inches; between them a frame has ``FRAME``."""

FRAME, KEY = 0.085, 0.075
"""Inches of a frame and of a key."""


def write_picture(path: Path, roll: Roll, *, belief: NDArray[Any] | None = None) -> None:
    """Write the picture of a roll to an ``.svg`` file, whole or not at all; arguments as for :func:`picture`.

    Raises:
        ArgumentError: also where the name ends otherwise, or the file cannot be written.
    """
    if path.suffix.lower() != ".svg":
        raise ArgumentError(f"{path} ends in {checks.shown(path.suffix)}; expected .svg.")
    write_file(path, standalone(picture(roll, "roll", belief=belief)).encode())


def picture(roll: Roll, name: str, *, belief: NDArray[Any] | None = None) -> str:
    """Return a roll as an ``<svg>`` element.

    Args:
        roll: (T, 88) of 0 and 1.
        name: unique on the page.
        belief: (T, 88) the probability that a model gave each key before it saw the frame: shading under the
            notes. A note on no shading was a surprise; shading alone was expected and not played.

    Raises:
        ArgumentError: the shapes are others, or there is no frame.
        MissingExtraError: matplotlib is not installed.
    """
    if roll.ndim != 2 or roll.shape[1] != KEYS or len(roll) == 0:
        raise ArgumentError(f"the roll has shape {roll.shape}; expected (T, {KEYS}) with T at least 1.")
    if belief is not None:
        checks.shape("belief", belief, roll.shape)
    low, high = _range(roll if belief is None else (roll == 1) | (belief > 0.5))
    with style():
        drawn = figure(float(np.clip(FRAME * len(roll), *WIDTH)), 0.7 + KEY * (high - low))
        axes = drawn.subplots()
        _keyboard(axes, low, high, len(roll))
        if belief is not None:
            cells(axes, belief.T[low:high][::-1], hues=(HUES[1], HUES[1]))
        _notes(axes, roll, high, height=0.76 if belief is None else 0.44)
        axes.set(xlim=(0, len(roll)), ylim=(high - low, 0), xlabel="frame")
        axes.grid(visible=False)
        whole_steps(axes)
        return svg(drawn, name, _description(roll))


def _range(used: NDArray[Any]) -> tuple[int, int]:
    """Return the keys to show: those in use with a margin, one octave at least."""
    keys = np.flatnonzero(used.any(axis=0))
    first, last = (int(keys[0]), int(keys[-1])) if len(keys) else (FIRST_C + 3 * OCTAVE, FIRST_C + 4 * OCTAVE)
    missing = max(0, OCTAVE - (last - first))
    return max(0, first - MARGIN - missing // 2), min(KEYS, last + 1 + MARGIN + missing // 2)


def _keyboard(axes: Any, low: int, high: int, frames: int) -> None:
    """Draw the black keys as bands, a line below each C, and name the Cs."""
    black = [key for key in range(low, high) if (key - FIRST_C) % OCTAVE in BLACK]
    boxes(axes, [(0, high - key - 1, frames, high - key) for key in black], FAINT, 0.45)
    octaves = [key for key in range(low, high) if (key - FIRST_C) % OCTAVE == 0]
    axes.hlines([high - key for key in octaves], 0, frames, color=MUTED, linewidth=0.4)
    axes.set_yticks(
        [high - key - 0.5 for key in octaves], [f"C{(key - FIRST_C) // OCTAVE + 1}" for key in octaves]
    )
    axes.spines["left"].set_visible(False)


def _notes(axes: Any, roll: Roll, high: int, height: float) -> None:
    """Draw every note with air around it: a key that is struck again is seen, and so is the belief below."""
    side, top = 0.12, (1 - height) / 2
    corners = [
        (first + side, high - key - 1 + top, last - side, high - key - top)
        for key, first, last in spans(roll).tolist()
    ]
    boxes(axes, corners, INK, 1.0)


def _description(roll: Roll) -> str:
    return f"Piano roll: {len(spans(roll))} notes in {len(roll)} frames."
