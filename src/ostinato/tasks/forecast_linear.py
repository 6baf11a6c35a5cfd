"""The linear model of a context: what simple methods can do, and what the network goes on from.

It reads the targets of all segments, and of the last one also what is read beside them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ostinato.preprocess.pack import Integers
from ostinato.preprocess.ridge import Linear, Numbers, Ridge, best_penalty
from ostinato.preprocess.windows import Laid
from ostinato.spec.windows import Windows

MOST_WINDOWS, MOST_CELLS = 10_000, 10_000_000
"""So many windows, and numbers of them, that the model is found from at most."""

HELD = 0.2
"""This part of the windows, the last ones of each series, chooses the penalty."""

HEAVIEST = 3.0
"""A window counts by its scale beside its series', but so many times at most."""


class Rows(NamedTuple):
    """Windows as rows: what is read, (n, F), what follows, (n, Y), and what each counts, (n,)."""

    x: Numbers
    y: Numbers
    weight: Numbers


def fit_linear(laid: Laid, series: Integers, origins: Integers) -> Linear | None:
    """Return the linear model of such windows; None where too few of them have no gaps in what follows.

    The penalty is chosen on the last of them, and the model then found from all.
    """
    train, held = _parts(laid, series, origins)
    if train is None or held is None:
        return None
    penalty, _ = best_penalty(train, held)
    every = Rows(*(np.concatenate(both) for both in zip(train, held, strict=True)))
    found = Ridge(*every).model(penalty)
    weight = np.zeros((laid.spec.segments * laid.spec.flow().size, found.weight.shape[1]))
    weight[_read(laid.spec)] = found.weight
    return Linear(weight, found.bias)


def linear_error(laid: Laid, series: Integers, origins: Integers) -> float:
    """Return the squared error of the linear model on the last of the windows, found from the others."""
    train, held = _parts(laid, series, origins)
    return float("inf") if train is None or held is None else best_penalty(train, held)[1]


def relative_error(laid: Laid, series: Integers, origins: Integers) -> float:
    """Return 2 |y - f| / (|y| + |f|) of the linear model on the last of the windows, the mean."""
    first, held = _split(laid, series, origins)
    found = fit_linear(laid, series[first], origins[first])
    if found is None or not held.any():
        return float("inf")
    series, origins = series[held], origins[held]
    window = laid.window(series, origins)
    said = found(window.steps.swapaxes(0, 1).reshape(len(series), -1).astype(np.float64))
    said = said.reshape(len(series), -1, laid.spec.width)
    said = laid.natural(window.level[:, None] + window.scale[:, None] * said)
    truth = laid.natural(laid.targets(series, origins, laid.spec.said))
    sizes = np.abs(truth) + np.abs(said)
    return float(np.nanmean(2 * np.abs(truth - said) / np.where(sizes > 0, sizes, 1.0)))


def _parts(laid: Laid, series: Integers, origins: Integers) -> tuple[Rows | None, Rows | None]:
    """Return the first windows and the last ones as rows."""
    early, held = _split(laid, series, origins)
    return (
        _rows(laid, series[early], origins[early], MOST_WINDOWS),
        _rows(laid, series[held], origins[held], MOST_WINDOWS // 5),
    )


def _split(laid: Laid, series: Integers, origins: Integers) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which windows are the first, and which the last; no value that is foretold is in both."""
    first, last = np.zeros(len(laid.lengths)), np.zeros(len(laid.lengths))
    np.maximum.at(last, series, origins)
    first[:] = last
    np.minimum.at(first, series, origins)
    border = last - HELD * (last - first)
    held = origins > border[series]
    early = origins + laid.spec.said <= border[series]
    return early, held


def _read(spec: Windows) -> Integers:
    """Return which of a window's inputs, k * F, the linear model reads."""
    size = spec.flow().size
    places = np.arange(spec.segments * size)
    return np.flatnonzero((places % size < spec.own()) | (places // size == spec.segments - 1))


def _rows(laid: Laid, series: Integers, origins: Integers, most: int) -> Rows | None:
    spec = laid.spec
    columns = _read(spec)
    most = min(most, max(2_000, MOST_CELLS // len(columns)))
    if len(series) > most:
        chosen = np.random.default_rng(0).permutation(len(series))[:most]
        series, origins = series[chosen], origins[chosen]
    if len(series) < 2:
        return None
    window = laid.window(series, origins)
    y = (laid.targets(series, origins, spec.said) - window.level[:, None]) / window.scale[:, None]
    y = y.reshape(len(series), -1)
    whole = np.isfinite(y).all(axis=1)
    if whole.sum() < 2:
        return None
    x = window.steps.swapaxes(0, 1).reshape(len(series), -1)[:, columns].astype(np.float64)
    heavy = np.minimum(window.scale / laid.spreads()[series], HEAVIEST).mean(axis=1) ** 2
    return Rows(x[whole], y[whole], heavy[whole])
