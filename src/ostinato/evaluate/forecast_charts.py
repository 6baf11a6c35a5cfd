"""The charts of a forecast's report: windows with their bands, and errors by step ahead."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ostinato.answers.outlook import Numbers
from ostinato.evaluate.svg import HUES, INK, MUTED, figure, label, style, svg, whole_steps

if TYPE_CHECKING:
    from ostinato.evaluate.forecast import Example

WIDTH = 5.2
"""The width of a chart in inches."""


def window(one: "Example", name: str) -> str:
    """Return a window: the history, what came, what was said, and the intervals around it.

    Args:
        one: the window.
        name: unique on the page.
    """
    steps = np.arange(1, len(one.truth) + 1)
    past = np.arange(1 - len(one.history), 1)
    with style():
        drawn = figure(WIDTH, 2.7)
        axes = drawn.subplots()
        for number, (level, (low, high)) in enumerate(sorted(one.bands.items(), reverse=True)):
            axes.fill_between(
                steps, low, high, color=HUES[0], alpha=0.16 + 0.14 * number, linewidth=0, label=f"{level:.0%}"
            )
        axes.plot(past, one.history, color=MUTED, linewidth=1.1)
        # what came goes on where the history ends
        axes.plot([0, *steps], [one.history[-1], *one.truth], color=INK, linewidth=1.1, label="what came")
        axes.plot(steps, one.forecast, color=HUES[0], label="forecast")
        axes.axvline(0, color=MUTED, linewidth=0.7, linestyle=(0, (3, 2)))
        axes.set(xlabel="steps ahead", xlim=(past[0], steps[-1]))
        whole_steps(axes)
        axes.legend(loc="upper left", ncols=2)
        return svg(drawn, name, f"Forecast of {label(one.name)} from {one.origin}, {len(steps)} steps.")


def by_step(errors: Mapping[str, Numbers]) -> str:
    """Return the mean absolute error at each step ahead, of the model and of simple methods."""
    with style():
        drawn = figure(WIDTH, 3.0)
        axes = drawn.subplots()
        for color, (name, values) in zip(HUES, errors.items(), strict=False):
            width, marker = (2.0 if name == "model" else 1.0), ("o" if len(values) == 1 else "")
            steps = np.arange(1, len(values) + 1)
            axes.plot(steps, values, color=color, linewidth=width, marker=marker, label=name)
        axes.set(xlabel="steps ahead", ylabel="mean absolute error", ylim=(0, None))
        whole_steps(axes)
        axes.legend()
        first, last = errors["model"][0], errors["model"][-1]
        return svg(drawn, "bystep", f"Error by step ahead: the model's from {first:.3g} to {last:.3g}.")
