"""Clips in a report: some of their frames, and what the model believed while it watched."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.evaluate.svg import FAINT, HUES, PAPER, figure, label, style, svg, whole_steps
from ostinato.read.clip import Clip, Frames

BeliefsOf = Callable[[Clip], NDArray[np.float64]]
"""From a clip of T frames to the probabilities of C labels after each, (T, C)."""

SHOWN, SMALL = 8, 4
"""Frames of a clip that are shown: with the belief along time, and in a thumbnail."""


@dataclass(frozen=True)
class Watched:
    """What a model believed while it watched a clip.

    Args:
        frames: (K, height, width, channels), evenly spread over the clip.
        belief: (T, C) the labels' probabilities after each frame.
        labels: the C labels.
        true, predicted: two of them.
    """

    frames: Frames
    belief: NDArray[np.float64]
    labels: tuple[str, ...]
    true: str
    predicted: str


def some_frames(clip: Clip, most: int) -> Frames:
    """Return at most so many frames of a clip, each from the middle of its part of the time."""
    frames = clip.frames()
    count = min(most, len(frames))
    return frames[(np.arange(count) * 2 + 1) * len(frames) // (2 * count)]


def thumbnail(clip: Clip, name: str) -> str:
    """Return a few frames of a clip, side by side."""
    frames = some_frames(clip, SMALL)
    with style():
        drawn = figure(0.6 * len(frames), 0.6, filled=True)
        _strip(drawn.add_axes((0, 0, 1, 1)), frames, len(frames))
        return svg(drawn, name, f"{len(frames)} of the {len(clip)} frames.")


def film(found: Watched, name: str) -> str:
    """Return frames of a clip, and below them what was believed after each frame.

    The label that was said and the true one stand out; the others are faint.
    """
    steps = len(found.belief)
    with style():
        drawn = figure(5.2, 0.4 + 5.2 / len(found.frames) + 1.5)
        above, below = drawn.subplots(2, 1, height_ratios=(5.0 / len(found.frames), 1.5), sharex=True)
        _strip(above, found.frames, steps)
        _beliefs(below, found)
        below.set(xlabel="frame", ylabel="believed", xlim=(0, steps), ylim=(0, 1.02))
        whole_steps(below)
        return svg(drawn, name, _description(found))


def _strip(axes: Any, frames: Frames, width: float) -> None:
    """Draw frames side by side over so many units of the horizontal axis, as one picture."""
    pixels = np.concatenate(list(frames), axis=1)
    picture = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
    axes.vlines(np.linspace(0, width, len(frames) + 1)[1:-1], 0, 1, color=PAPER, linewidth=2)
    axes.imshow(picture, extent=(0, width, 0, 1), aspect="auto", interpolation="nearest")
    axes.set_axis_off()


def _beliefs(axes: Any, found: Watched) -> None:
    marker = "." if len(found.belief) == 1 else None
    after = np.arange(1, len(found.belief) + 1)
    lines = dict(zip(found.labels, found.belief.T, strict=True))
    named = dict.fromkeys((found.predicted, found.true))
    for other, belief in lines.items():
        if other not in named:
            axes.plot(after, belief, color=FAINT, linewidth=0.8)
    for one, color in zip(named, HUES, strict=False):
        role = " and ".join(
            word for word, is_it in (("said", one == found.predicted), ("true", one == found.true)) if is_it
        )
        axes.plot(after, lines[one], color=color, label=f"{label(one)} ({role})", marker=marker)
    axes.legend(loc="upper left")


def _description(found: Watched) -> str:
    column = found.labels.index(found.predicted)
    sure = np.flatnonzero(found.belief[:, column] < 0.5)
    first = 1 if not len(sure) else int(sure[-1]) + 2
    said = f"{label(found.predicted)} was said"
    if first > len(found.belief):
        return f"{said}, and never believed by more than half at the end."
    return f"{said}, and believed by more than half from frame {first} of {len(found.belief)} on."
