"""The charts of a regression report, each an ``<svg>`` element."""

import numpy as np
from numpy.typing import NDArray

from ostinato.evaluate.svg import HUES, INK, MUTED, figure, label, style, svg, whole_steps

WIDTH = 5.2
POINTS = 2_000
"""At most so many points are drawn, evenly spread over all."""

Numbers = NDArray[np.float64]


def scatter(pairs: Numbers, name: str) -> str:
    """Return what was told against what is true, (n, 2)."""
    kept = pairs[np.unique(np.linspace(0, len(pairs) - 1, POINTS).round().astype(int))]
    low, high = float(pairs.min()), float(pairs.max())
    with style():
        drawn = figure(WIDTH, 3.9)
        axes = drawn.subplots()
        axes.plot([low, high], [low, high], color=MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
        size, alpha = (4.0, 0.7) if len(kept) < 300 else (2.0, 0.35)
        axes.plot(kept[:, 0], kept[:, 1], "o", color=HUES[0], markersize=size, alpha=alpha, linewidth=0)
        axes.set(xlabel=f"true {label(name)}", ylabel=f"told {label(name)}")
        return svg(drawn, "scatter", f"What was told against what is true, {len(pairs)} numbers.")


def errors(pairs: Numbers) -> str:
    """Return how errors, told less true, are distributed."""
    error = pairs[:, 1] - pairs[:, 0]
    counts, edges = np.histogram(error, bins=min(40, max(5, round(len(error) ** 0.5))))
    colors = [HUES[1] if middle > 0 else HUES[0] for middle in (edges[:-1] + edges[1:]) / 2]
    with style():
        drawn = figure(WIDTH, 3.9)
        axes = drawn.subplots()
        axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=colors, alpha=0.8, linewidth=0)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.grid(axis="x", visible=False)
        axes.set(xlabel="told less true", ylabel="numbers")
        return svg(drawn, "errors", f"Errors from {error.min():.3g} to {error.max():.3g}.")


def trajectory(true: Numbers, told: Numbers, name: str, element: str) -> str:
    """Return what was told and what is true, step by step; ``element`` is unique on the page."""
    steps = np.arange(1, len(told) + 1)
    with style():
        drawn = figure(WIDTH, 2.3)
        axes = drawn.subplots()
        known = np.isfinite(true)
        axes.plot(steps[known], true[known], color=MUTED, linewidth=1.2, linestyle=(0, (4, 2)), label="true")
        axes.plot(steps, told, color=HUES[0], label="told")
        axes.set(xlabel="step", ylabel=label(name))
        whole_steps(axes)
        axes.legend()
        return svg(drawn, element, f"Told and true at {len(told)} steps.")
