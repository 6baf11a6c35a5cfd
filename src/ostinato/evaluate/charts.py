"""The charts of a report, each an ``<svg>`` element; the words around them stand in the templates."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.classify import Details
from ostinato.answers.curves import Bin, RocCurve
from ostinato.answers.risk import RiskCurve
from ostinato.evaluate.gradient_flow import at_epoch
from ostinato.evaluate.lengths import LengthGroup
from ostinato.evaluate.svg import (
    FAINT,
    HUES,
    INK,
    MUTED,
    PAPER,
    cells,
    figure,
    label,
    powers_of_ten,
    style,
    svg,
    whole_steps,
)
from ostinato.spec.record import Epoch, GradientFlow, TrainingRecord

WIDTH = 5.2
"""The width of a chart in inches: half of a laptop's page, the whole of a phone's."""

MATRIX = 30
"""A confusion matrix of more classes would be too small to read."""

NUMBERED = 16
"""Up to so many classes the cells of a confusion matrix show their counts."""

SINGLED_OUT = 3
"""So many classes with the smallest area have a colour of their own among the ROC curves."""


DRAWABLE = (1e-200, 1e200)
"""Norms outside of this break a logarithmic axis; they are left out of the chart."""


def loss_curves(training: TrainingRecord) -> str:
    """Return the training and validation loss over the epochs."""
    with style():
        drawn, axes = _axes(2.9)
        _validation_curves(axes, training.history, "valid_loss")
        last = _last_stage(training.history)
        axes.plot([row.epoch for row in last], [row.train_loss for row in last], color=INK, label="training")
        _mark_epoch(axes, training)
        axes.axhline(0, linewidth=0).sticky_edges.y.append(0)  # 0 is seen, and likelihoods below it too
        axes.set(xlabel="epoch", ylabel="loss")
        _epochs(axes, training)
        axes.legend()
        return svg(
            drawn, "loss", f"Loss by epoch; it ends at {last[-1].train_loss:.3g} on the training part."
        )


def metric_curves(training: TrainingRecord) -> str:
    """Return the validation metric over the epochs."""
    with style():
        drawn, axes = _axes(2.9)
        _validation_curves(axes, training.history, "valid_metric")
        _mark_epoch(axes, training)
        axes.set(xlabel="epoch", ylabel=f"validation {label(training.metric)}")
        _epochs(axes, training)
        axes.legend()
        return svg(
            drawn, "metric", f"Validation {training.metric} by epoch; kept: epoch {training.best_epoch}."
        )


def gradient_flow(flows: Sequence[GradientFlow], description: str) -> str:
    """Return the norm of dLoss/dh by distance from the loss, for every layer, at the last and first epoch."""
    last, first = at_epoch(flows), at_epoch(flows, first=True)
    with style():
        drawn, axes = _axes(3.1)
        for color, flow in zip(_cycle(len(first)), first, strict=True):
            if flow.epoch != last[0].epoch:
                axes.plot(*_drawable(flow), color=color, linewidth=1, linestyle=(0, (2, 2)), alpha=0.75)
        for color, flow in zip(_cycle(len(last)), last, strict=True):
            axes.plot(*_drawable(flow), color=color, label=f"layer {flow.layer + 1}, epoch {flow.epoch}")
        if first[0].epoch != last[0].epoch:
            axes.plot(
                [], [], color=MUTED, linewidth=1, linestyle=(0, (2, 2)), label=f"epoch {first[0].epoch}"
            )
        if any(_drawable(flow)[0] for flow in (*last, *first)):
            powers_of_ten(axes)
        whole_steps(axes)
        axes.set(xlabel="steps before the loss", ylabel="norm of the gradient, dLoss / dh")
        axes.invert_xaxis()  # the loss stands on the right, where the sequence ends
        axes.legend()
        return svg(drawn, "flow", description)


def memory(losses: NDArray[np.float64]) -> str:
    """Return the mean loss of a token by the tokens read since the state's start, smoothed over octaves."""
    edges = np.unique(np.geomspace(1, len(losses) + 1, 25).round().astype(int))
    centers = np.sqrt(edges[:-1] * (edges[1:] - 1.0).clip(1))
    means = [losses[a - 1 : b - 1].mean() for a, b in pairwise(edges.tolist())]
    with style():
        drawn, axes = _axes(2.9)
        axes.plot(centers, means, color=HUES[0])
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.set(xlabel="tokens read since the state was fresh", ylabel="loss, nats a token")
        return svg(drawn, "memory", f"Loss by context: {losses[0]:.2f} nats after one token.")


def confusion(details: Details, counts: NDArray[np.int64]) -> str:
    """Return the confusion matrix: right answers in the first hue, mistakes in the second."""
    size = len(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    strength = np.where(np.eye(size, dtype=bool), shares, -np.sqrt(shares))
    names = [label(one.label, 14) for one in details.classes]
    with style():
        drawn, axes = _axes(WIDTH * (0.86 if size > 4 else 0.72))
        cells(axes, strength, hues=HUES[:2])
        if size <= NUMBERED:
            _counts(axes, counts, strength)
        turned = size * max(map(len, names)) > 60
        axes.set_xticks(
            np.arange(size) + 0.5, names, rotation=45 if turned else 0, ha="right" if turned else "center"
        )
        axes.set_yticks(np.arange(size) + 0.5, names)
        axes.tick_params(labelcolor=INK, labelsize=9 if size <= NUMBERED else 6.5)
        axes.set(xlabel="predicted", ylabel="true")
        axes.hlines(np.arange(size + 1), 0, size, color=FAINT, linewidth=0.5)
        axes.vlines(np.arange(size + 1), 0, size, color=FAINT, linewidth=0.5)
        axes.spines[:].set_visible(False)
        return svg(
            drawn, "confusion", f"Confusion matrix: {np.trace(counts)} of {counts.sum()} on the diagonal."
        )


def roc(curves: Sequence[RocCurve]) -> str:
    """Return the ROC curves; of many the worst have a colour of their own."""
    worst = sorted(curves, key=lambda curve: curve.auc)[:SINGLED_OUT]
    with style():
        drawn, axes = _axes(3.9)
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
        others = [curve for curve in curves if curve not in worst]
        for number, curve in enumerate(others):
            name = "the other classes" if number == 0 else None
            axes.plot(
                curve.false_positive, curve.true_positive, color=MUTED, linewidth=0.8, alpha=0.6, label=name
            )
        for color, curve in zip(HUES, worst, strict=False):
            name = f"{curve.auc:.4f}\N{EN SPACE}{label(curve.label, 18)}"
            axes.plot(curve.false_positive, curve.true_positive, color=color, label=name)
        axes.set(xlabel="false positive rate", ylabel="true positive rate", aspect="equal")
        axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
        axes.legend(loc="lower right", title="area", title_fontsize=8.5, alignment="left")
        areas = ", ".join(f"{curve.label} {curve.auc:.3f}" for curve in worst)
        return svg(drawn, "roc", f"ROC curves; smallest areas: {areas}.")


def risk(curves: Sequence[RiskCurve], second: str, threshold: float | None) -> str:
    """Return how the probability of the second class moves with the steps, by true class."""
    with style():
        drawn, axes = _axes(2.9)
        for color, curve in zip(HUES, curves, strict=False):
            axes.fill_between(curve.steps, curve.low, curve.high, color=color, alpha=0.18, linewidth=0)
            axes.plot(curve.steps, curve.mean, color=color, label=f"true {label(curve.label, 18)}")
        if threshold is not None:
            axes.axhline(threshold, color=MUTED, linewidth=0.8, linestyle=(0, (2, 3)), label="threshold")
        axes.set(xlabel="steps heard", ylabel=f"probability of {label(second, 18)}", ylim=(-0.02, 1.02))
        whole_steps(axes)
        axes.legend()
        ends = ", ".join(f"{curve.label} {curve.mean[-1]:.2f}" for curve in curves)
        return svg(drawn, "risk", f"Mean probability of {second} by steps heard; at the end: {ends}.")


def calibration(bins: Sequence[Bin], error: float | None) -> str:
    """Return the reliability diagram: accuracy against confidence, and how many answers stand behind it."""
    full = [bin for bin in bins if bin.accuracy is not None]
    with style():
        drawn = figure(WIDTH, 3.9)
        upper, lower = drawn.subplots(2, 1, height_ratios=(4, 1), sharex=True)
        upper.plot(
            [0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=(0, (2, 3)), label="as sure as right"
        )
        middle = [bin.confidence for bin in full]
        upper.vlines(middle, middle, [bin.accuracy for bin in full], color=HUES[1], linewidth=2.2, alpha=0.6)
        upper.plot(
            middle, [bin.accuracy for bin in full], "o-", color=HUES[0], markersize=4.5, label="answers"
        )
        upper.set(ylabel="accuracy", xlim=(0, 1), ylim=(-0.02, 1.04))
        upper.legend(loc="upper left")
        lower.bar(
            [bin.low for bin in bins],
            [bin.count for bin in bins],
            0.096,
            align="edge",
            color=MUTED,
            alpha=0.5,
        )
        lower.set(xlabel="confidence", ylabel="answers")
        lower.grid(axis="x", visible=False)
        lower.locator_params(axis="y", nbins=2)
        lower.tick_params(axis="x", pad=5)
        shown = "undefined" if error is None else f"{error:.3f}"
        return svg(drawn, "calibration", f"Reliability diagram; expected calibration error {shown}.")


def by_length(groups: Sequence[LengthGroup], intervals: Sequence[tuple[float, float]]) -> str:
    """Return accuracy by sequence length with its 95 % intervals."""
    places = np.arange(len(groups))
    heights = np.array([group.accuracy for group in groups])
    reach = np.abs(np.array(intervals).T - heights)
    names = [f"{g.low}" if g.low == g.high else f"{g.low}–{g.high}" for g in groups]
    with style():
        drawn, axes = _axes(2.9)
        axes.bar(places, heights, 0.62, color=HUES[0])
        axes.errorbar(places, heights, reach, fmt="none", ecolor=INK, elinewidth=1)
        for place, group in zip(places, groups, strict=True):
            color = PAPER if group.accuracy > 0.1 else INK
            axes.text(place, 0.03, str(group.count), ha="center", color=color, fontsize=8)
        axes.set_xticks(places, names)
        axes.grid(axis="x", visible=False)
        axes.set(xlabel="steps in the sequence", ylabel="accuracy", ylim=(0, 1.04))
        shown = ", ".join(f"{name}: {height:.3f}" for name, height in zip(names, heights, strict=True))
        return svg(drawn, "lengths", f"Accuracy by sequence length. {shown}.")


def _axes(height: float) -> tuple[Any, Any]:
    drawn = figure(WIDTH, height)
    return drawn, drawn.subplots()


def _cycle(count: int) -> list[str]:
    return [HUES[number % len(HUES)] for number in range(count)]


def _last_stage(history: Sequence[Epoch]) -> list[Epoch]:
    return [row for row in history if row.stage == history[-1].stage]


def _validation_curves(axes: Any, history: Sequence[Epoch], field: str) -> None:
    """Draw one curve a stage that had a validation part; of several, such as folds, thin ones."""
    found: dict[str, list[tuple[int, float]]] = {}
    for row in history:
        value = getattr(row, field)
        if value is not None:
            found.setdefault(row.stage, []).append((row.epoch, value))
    for number, points in enumerate(found.values()):
        several = f"validation, {len(found)} folds" if number == 0 else None
        axes.plot(
            *zip(*points, strict=True),
            color=HUES[0],
            linewidth=1.6 if len(found) == 1 else 0.8,
            alpha=1 if len(found) == 1 else 0.7,
            label="validation" if len(found) == 1 else several,
        )


def _epochs(axes: Any, training: TrainingRecord) -> None:
    """Mark whole epochs, and show a curve of a single one, which is no line, as a point."""
    whole_steps(axes)
    for line in axes.lines:
        if len(line.get_xdata()) == 1:
            line.set(marker="o", markersize=4)
    if max(row.epoch for row in training.history) == 1:
        axes.set_xlim(0, 2)


def _mark_epoch(axes: Any, training: TrainingRecord) -> None:
    axes.axvline(
        training.best_epoch,
        color=HUES[1],
        linewidth=1,
        linestyle=(0, (3, 2)),
        label=f"kept: epoch {training.best_epoch}",
    )


def _drawable(flow: GradientFlow) -> tuple[list[int], list[float]]:
    """Return a curve that a logarithmic axis can show."""
    points = zip(flow.distances, flow.norms, strict=True)
    kept = [(distance, norm) for distance, norm in points if DRAWABLE[0] < norm < DRAWABLE[1]]
    return [d for d, _ in kept], [norm for _, norm in kept]


def _counts(axes: Any, counts: NDArray[np.int64], strength: NDArray[np.float64]) -> None:
    for (row, column), count in np.ndenumerate(counts):
        if count:
            color = PAPER if abs(strength[row, column]) > 0.55 else INK
            axes.text(
                column + 0.5, row + 0.53, str(count), ha="center", va="center", color=color, fontsize=8.5
            )
