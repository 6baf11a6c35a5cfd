"""What the measured gradients say: do they vanish or explode on their way back through time?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ostinato.spec.record import GradientFlow

FEWEST = 5
"""Fewer distances than this show no trend."""

LIMIT = 100.0
"""A change beyond this factor, from the nearest step to the farthest, is called vanishing or exploding."""


@dataclass(frozen=True)
class Trend:
    """How one layer's gradient changes on its way back.

    Args:
        layer: the layer, counted as in the measurement.
        kind: what it does. ``"short"``: too few steps to tell; ``"none"``: no gradient arrives at all.
        steps: from the nearest measured step to the farthest with a gradient above 0.
        change: log10 of the factor over these steps, by a fitted line; below 0 it shrinks.
        zero_from: the distance from which on the gradient is exactly 0, or None.
    """

    layer: int
    kind: Literal["vanishes", "explodes", "healthy", "short", "none"]
    steps: int = 0
    change: float = 0.0
    zero_from: int | None = None


def trend(flow: GradientFlow) -> Trend:
    """Return how one layer's gradient changes with the distance from the loss.

    A line is fitted to log10 of the norms against distance by the median of all pairs' slopes (Theil 1950,
    Sen 1968), which a few odd steps cannot turn. Norms of 0 have no logarithm: the line leaves them out, and
    a gradient that is 0 from some distance on has vanished.

    Example:
        >>> trend(GradientFlow(epoch=1, layer=0, distances=(0, 1, 2, 3, 4), norms=(1, 0.1, 0.01, 1e-3, 1e-4)))
        Trend(layer=0, kind='vanishes', steps=4, change=-4.0, zero_from=None)
    """
    distances, norms = np.array(flow.distances), np.array(flow.norms)
    alive = norms > 0
    if not alive.any():
        return Trend(flow.layer, "none")
    beyond = distances[distances > distances[alive].max()]
    zero_from = int(beyond.min()) if len(beyond) else None
    if len(distances) < FEWEST or (alive.sum() < FEWEST and zero_from is None):
        return Trend(flow.layer, "short")
    slope = _slope(distances[alive], np.log10(norms[alive]))
    steps = int(distances[alive].max() - distances[alive].min())
    change = round(slope * steps, 9)  # so that a clean power of ten reads as one
    return Trend(flow.layer, _kind(change, zero_from), steps, change, zero_from)


def trends(flows: Sequence[GradientFlow], *, first: bool = False) -> list[Trend]:
    """Return the trend of every layer at the last measured epoch, or at the first."""
    return [trend(flow) for flow in at_epoch(flows, first=first)]


def at_epoch(flows: Sequence[GradientFlow], *, first: bool = False) -> list[GradientFlow]:
    """Return the last measurement of every layer, or the first, by layer."""
    chosen = {flow.layer: flow for flow in (reversed(flows) if first else flows)}
    return [chosen[layer] for layer in sorted(chosen)]


def verdict(flows: Sequence[GradientFlow]) -> str:
    """Return one sentence: what the gradient does on its way back, by what factor, over how many steps.

    Args:
        flows: the measurements of a whole training, in their order.

    Example:
        >>> steps, norms = tuple(range(21)), tuple(0.5**d for d in range(21))
        >>> verdict((GradientFlow(epoch=3, layer=0, distances=steps, norms=norms),))
        'At epoch 3 the gradient vanishes: it shrinks 1.05 million-fold over 20 steps, 0.5 a step.'
    """
    if not flows:
        return "The gradient's way back through time was not measured."
    last, before = trends(flows), {one.layer: one for one in trends(flows, first=True)}
    named = len(last) > 1
    sentence = f"At epoch {flows[-1].epoch} the gradient {_joined(last, named)}"
    worse = [before[one.layer] for one in last if _worse(before[one.layer], one)]
    if not worse:
        return sentence + "."
    return f"{sentence}; it was worse at epoch {flows[0].epoch}, where it {_joined(worse, named)}."


def _slope(distances: NDArray[np.int64], logs: NDArray[np.float64], most: int = 400) -> float:
    """Return the median slope of all pairs, of at most ``most`` points spread over the distances."""
    if len(distances) == 1:
        return 0.0
    kept = np.unique(np.linspace(0, len(distances) - 1, most).round().astype(int))
    distances, logs = distances[kept], logs[kept]
    near, far = np.triu_indices(len(distances), 1)
    return float(np.median((logs[far] - logs[near]) / (distances[far] - distances[near])))


def _kind(change: float, zero_from: int | None) -> Literal["vanishes", "explodes", "healthy"]:
    if zero_from is not None or change < -math.log10(LIMIT):
        return "vanishes"
    return "explodes" if change > math.log10(LIMIT) else "healthy"


def _joined(found: Sequence[Trend], named: bool) -> str:
    """Return what the gradient does, layers that do alike together; ``named``: say which layers."""
    alike: dict[str, list[str]] = {}
    for one in found:
        details = f"layer {one.layer + 1} ({_details(one)})" if named else _details(one)
        alike.setdefault(_KINDS[one.kind], []).append(details)
    link = " in " if named else ": it "
    parts = [f"{kind}{link}{_listed(details)}" for kind, details in alike.items()]
    return ", it ".join(parts)


_KINDS = {
    "vanishes": "vanishes",
    "none": "vanishes",
    "explodes": "explodes",
    "healthy": "is healthy",
    "short": "cannot be judged",
}


def _details(found: Trend) -> str:
    if found.kind == "none":
        return "arrives at no step"
    if found.kind == "short":
        return f"goes back fewer than {FEWEST} steps"
    if found.zero_from is not None:
        return f"is exactly 0 from {found.zero_from} steps back on"
    each = 10 ** (found.change / max(found.steps, 1))
    return f"{_fold(found.change)} over {found.steps} steps, {each:.3g} a step"


def _fold(change: float) -> str:
    """Return a factor, given as its log10, in words."""
    if abs(change) < math.log10(1.05):
        return "stays as it is"
    factor, exponent = 10 ** abs(change), math.floor(abs(change))
    if exponent < 6:
        size = f"{float(f'{factor:.3g}'):,g}" if factor < 1e5 else f"{round(factor, -3):,.0f}"
    elif exponent < 9:
        size = f"{factor / 1e6:.3g} million"
    else:
        size = f"10^{exponent}"
    return f"{'grows' if change > 0 else 'shrinks'} {size}-fold"


def _listed(parts: Sequence[str]) -> str:
    return ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]


def _worse(before: Trend, now: Trend) -> bool:
    """Return whether a layer had been in trouble, and in clearly more of it than now."""
    if before.kind not in ("vanishes", "explodes"):
        return False
    if before.zero_from is not None:
        return now.zero_from is None
    return now.zero_from is None and abs(before.change) > abs(now.change) + 1
