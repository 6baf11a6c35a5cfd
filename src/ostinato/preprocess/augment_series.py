"""Numeric sequences varied for training: where their channels stand, how far they swing, noise, masks."""

import numpy as np
from numpy.typing import NDArray

from ostinato.preprocess.observed import scaled_mean
from ostinato.read.sequences import Values
from ostinato.spec.preprocessing import Series
from ostinato.spec.series_options import SeriesAugmentation


def varied_rows(
    rows: Values, series: Series, options: SeriesAugmentation, random: np.random.Generator
) -> Values:
    """Return a sequence of which each channel swings further or less, stands elsewhere, is noisy or hidden.

        x'(t, i) = m_i + f_i (x(t, i) - m_i) + u_i (o_i + n(t, i)), or hidden

    m    the channel's mean in this sequence
    u    the unit of its scale, ``series.spread``
    f    exp of a normal number of spread ``channel_scaling``
    o    a normal number of spread ``channel_offset``
    n    likewise of ``channel_noise``, one a value
    hidden, with the chance ``channel_mask``: missing where values may be missing, else the training mean

    What is missing stays missing, so whatever is made of gaps is made of what was observed, varied.

    Source: Um et al. 2017, arXiv:1706.00527 (jittering, scaling; here the factor is a channel's own).

    Args:
        rows: (T, I) values as they were read, NaN where one is missing; they stay as they are.
        series: the scale.
        options: how far each of it goes.
        random: what is drawn from; draws are the same whatever they do.

    Example:
        >>> series = Series(channels=("x",), scale="none", center=(0.0,), spread=(1.0,))
        >>> moved = SeriesAugmentation(channel_offset=1.0)
        >>> rows = np.array([[1.0], [3.0]], np.float32)
        >>> np.diff(varied_rows(rows, series, moved, np.random.default_rng(0)), axis=0).tolist()
        [[2.0]]
    """
    spread, size = np.array(series.spread), rows.shape[1]
    factor = np.exp(options.channel_scaling * random.standard_normal(size))
    offset = options.channel_offset * random.standard_normal(size)
    hidden = random.random(size) < options.channel_mask
    noise = options.channel_noise * random.standard_normal(rows.shape)
    mean = _means(rows)
    made = mean + factor * (rows - mean) + spread * (offset + noise)
    return np.where(hidden, _nothing(series), made).astype(np.float32)


def _means(rows: Values) -> NDArray[np.float64]:
    """Return the mean of what was observed of each channel, (I,); 0 where nothing was."""
    seen = ~np.isnan(rows)
    sums = np.where(seen, rows, 0.0).sum(axis=0, dtype=np.float64)
    return np.asarray(sums / np.maximum(1, seen.sum(axis=0)))


def _nothing(series: Series) -> NDArray[np.float64]:
    """Return what stands for a channel of which nothing is told, (I,)."""
    if series.missing != "forbid":
        return np.full(len(series.channels), np.nan)
    return np.asarray(np.array(series.center) + np.array(series.spread) * scaled_mean(series))
