"""Pictures of single sequences, and of what a decision on them rested on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.evaluate.attribution import SeriesAttribution
from ostinato.evaluate.svg import FAINT, HUES, INK, MUTED, cells, figure, label, style, svg, whole_steps

LINES = 6
"""Up to so many channels are drawn as lines, more as an image."""

FINEST = 64
"""An image shows at most so many steps and so many channels; more are averaged."""

FEWEST = 20
"""A picture of attention is as wide as for so many tokens at least."""

Numbers = NDArray[Any]


def thumbnail(values: Numbers, name: str, *, alike: bool = False) -> str:
    """Return a small picture of a series (T, I); ``alike``: its channels have one unit, and share a range."""
    with style():
        drawn = figure(1.9, 0.6, filled=True)
        axes = drawn.add_axes((0, 0.02, 1, 0.96))
        _series(axes, values, width=1.0, alike=alike)
        axes.set_axis_off()
        return svg(drawn, name, f"The sequence: {values.shape[0]} steps of {values.shape[1]} channels.")


def series_attribution(
    values: Numbers, found: SeriesAttribution, channels: tuple[str, ...], name: str, *, alike: bool = False
) -> str:
    """Return a series with, below it, what is lost when its windows and channels are hidden.

    Args:
        values: (T, I), as the model takes it.
        found: what the decision rested on.
        channels: the I names.
        name: unique on the page.
        alike: whether all channels have one unit, as bands of sound do: they then share a range.
    """
    with style():
        rows = len(found.blocks)
        below = 0 if rows == 1 else min(0.4 + 0.13 * rows, 2.4)
        ratios = (1.3, 0.7, below)[: 2 if rows == 1 else 3]
        drawn = figure(5.2, sum(ratios) + 0.7)
        parts = drawn.subplots(len(ratios), 1, height_ratios=ratios, sharex=True)
        _series(parts[0], values, alike=alike)
        parts[0].set(ylabel="values" if values.shape[1] <= LINES else "channels")
        parts[0].set_yticks([])
        _by_window(parts[1], found)
        if rows > 1:
            _by_cell(parts[2], found, channels)
        parts[-1].set(xlabel="step", xlim=(0, len(values)))
        whole_steps(parts[-1])
        return svg(drawn, name, _description(found))


def course(values: Numbers, labels: Sequence[str], threshold: float | None, name: str) -> str:
    """Return how belief moved: the probabilities after every step, (T, C), of two classes that of the second.

    Args:
        values: (T, C).
        labels: the C labels.
        threshold: from which on the second of two is said; None: from a half.
        name: unique on the page.
    """
    chosen = [1] if len(labels) == 2 else np.argsort(-values[-1], kind="stable")[:LINES].tolist()
    steps = np.arange(1, len(values) + 1)
    with style():
        drawn = figure(5.2, 1.5)
        axes = drawn.subplots()
        for color, column in zip(HUES[1:] if len(labels) == 2 else HUES, chosen, strict=False):
            axes.plot(steps, values[:, column], color=color, label=label(labels[column], 18))
        if len(labels) == 2:
            axes.axhline(
                0.5 if threshold is None else threshold, color=MUTED, linewidth=0.8, linestyle=(0, (2, 3))
            )
        axes.set(xlabel="step", ylabel="probability", ylim=(-0.02, 1.02))
        whole_steps(axes)
        axes.legend(loc="upper left")
        return svg(drawn, name, f"Belief after each of {len(values)} steps.")


def attention(values: Numbers, source_tokens: Sequence[str], tokens: Sequence[str], name: str) -> str:
    """Return what each token that was said looked at, as a matrix.

    Args:
        values: (T, S), from 0 to 1.
        source_tokens: the S tokens that were read.
        tokens: the T tokens that were said.
        name: unique on the page.
    """
    said, read = values.shape
    across = max(read, FEWEST)  # cells and letters are of one size in all pictures of a page
    with style():
        drawn = figure(1.0 + 0.26 * across, 0.9 + 0.22 * said)
        axes = drawn.add_subplot()
        cells(axes, values, hues=(HUES[0], HUES[1]))
        axes.set_xticks(np.arange(read) + 0.5, [_token(token) for token in source_tokens], rotation=90)
        axes.set_yticks(np.arange(said) + 0.5, [_token(token) for token in tokens])
        axes.set_xlim(0, across)
        axes.xaxis.tick_top()
        axes.tick_params(labelcolor=INK, labelsize=8.5)
        axes.hlines(np.arange(said + 1), 0, read, color=FAINT, linewidth=0.5)
        axes.vlines(np.arange(read + 1), 0, said, color=FAINT, linewidth=0.5)
        axes.spines[:].set_visible(False)
        return svg(drawn, name, f"Attention of {said} tokens that were said to {read} that were read.")


def _token(token: str) -> str:
    """Return a token as a label: without the spaces around it, which would shift it."""
    return label(token.strip() or token, 14)


def _description(found: SeriesAttribution) -> str:
    place = int(found.by_window.argmax())
    if found.by_window[place] <= 0:
        return "What the decision rested on: on no stretch of steps alone."
    first, last = found.windows[place]
    lost = found.by_window[place]
    if found.method == "gradients":
        return f"What the decision rested on: most on steps {first + 1} to {last}, which gave {lost:.3f}."
    return f"What the decision rested on: most on steps {first + 1} to {last}, {lost:.3f} lost without them."


def _series(axes: Any, values: Numbers, width: float = 1.2, *, alike: bool = False) -> None:
    """Draw a few channels as lines, many as an image; each in its own range or, alike, all in one."""
    known = np.isfinite(values)
    over = None if alike else 0
    low = np.where(known, values, np.inf).min(axis=over)
    high = np.where(known, values, -np.inf).max(axis=over)
    scaled = (values - low) / np.where(high > low, high - low, 1)
    if values.shape[1] > LINES:
        # what is missing is blank, and what is there is seen even where it is the lowest
        scaled = scaled if known.all() else np.where(known, 0.25 + 0.75 * scaled, 0)
        image = _shrunk(_shrunk(scaled, 0), 1)
        edges = np.linspace(0, len(values), len(image) + 1)
        cells(axes, image.T, edges.tolist(), hues=(INK, INK))
        return
    middles = np.arange(len(values)) + 0.5
    dots = {"marker": ".", "markersize": 3} if len(values) == 1 or not known.all() else {}
    for color, channel in zip(HUES if values.shape[1] > 1 else (INK,), scaled.T, strict=False):
        there = np.isfinite(channel)
        axes.plot(middles[there], channel[there], color=color, linewidth=width, **dots)
    axes.grid(visible=False)


def _shrunk(values: Numbers, axis: int) -> Numbers:
    """Return values with at most FINEST entries along an axis: means of neighbours."""
    parts = min(FINEST, values.shape[axis])
    groups = np.array_split(values, parts, axis=axis)
    return np.stack([group.mean(axis=axis) for group in groups], axis=axis)


def _by_window(axes: Any, found: SeriesAttribution) -> None:
    starts = [first for first, _ in found.windows]
    widths = [last - first for first, last in found.windows]
    colors = [HUES[0] if loss >= 0 else HUES[1] for loss in found.by_window]
    axes.bar(starts, found.by_window, widths, align="edge", color=colors, alpha=0.85, linewidth=0)
    axes.axhline(0, color=MUTED, linewidth=0.6)
    axes.grid(axis="x", visible=False)
    axes.margins(y=0.12)
    axes.set(ylabel="lost" if found.method == "occlusion" else "gave")


def _by_cell(axes: Any, found: SeriesAttribution, channels: tuple[str, ...]) -> None:
    strongest = float(np.abs(found.cells).max()) or 1.0
    edges = [first for first, _ in found.windows] + [found.windows[-1][1]]
    cells(axes, found.cells.T / strongest, edges, hues=HUES[:2])
    named = range(0, len(found.blocks), 1 + len(found.blocks) // 17)
    axes.set_yticks([row + 0.5 for row in named], [_block(found.blocks[row], channels) for row in named])
    axes.tick_params(axis="y", labelsize=8, labelcolor=INK)
    axes.hlines(np.arange(len(found.blocks) + 1), edges[0], edges[-1], color=FAINT, linewidth=0.5)
    axes.spines[:].set_visible(False)


def _block(span: tuple[int, int], channels: tuple[str, ...]) -> str:
    first, last = label(channels[span[0]], 14), label(channels[span[1] - 1], 14)
    return first if span[1] - span[0] == 1 else f"{first} – {last}"
