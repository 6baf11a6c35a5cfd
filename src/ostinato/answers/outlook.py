"""What a forecasting network says, as numbers of the series: points, quantiles, distributions, intervals."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import DataError
from ostinato.spec.windows import Outlook

Numbers = NDArray[np.float64]

LEVELS = (0.8, 0.95)
"""The intervals of a model that can make any."""

COUNTED = 4096
"""Counts up to so many are summed one by one; quantiles of larger ones are those of a gamma distribution."""


@dataclass(frozen=True)
class Said:
    """What is said of B windows.

    Args:
        raw: (B, H, C, P), the network's numbers, what the linear model says among them.
        level: (B, C), the last values.
        scale: (B, C), the spreads of the contexts.
        sampled: quantiles of sample paths by probability, (B, H, C) each, where intervals are made of them.
    """

    raw: Numbers
    level: Numbers
    scale: Numbers
    sampled: Mapping[float, Numbers] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not np.isfinite(self.raw).all():
            raise DataError("the model's numbers overflow; the values are out of range.")

    @property
    def location(self) -> Numbers:
        """Return the first number as one of the series, (B, H, C)."""
        return self.level[:, None] + self.scale[:, None] * self.raw[..., 0]

    @classmethod
    def together(cls, parts: "Sequence[Said]") -> "Said":
        """Return what is said of several batches of windows as one."""
        raw, level, scale = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("raw", "level", "scale")
        )
        sampled = {p: np.concatenate([part.sampled[p] for part in parts]) for p in parts[0].sampled}
        return cls(raw, level, scale, sampled)

    def take(self, rows: Any) -> "Said":
        """Return what is said of the windows at these positions."""
        sampled = {probability: values[rows] for probability, values in self.sampled.items()}
        return Said(self.raw[rows], self.level[rows], self.scale[rows], sampled)


@dataclass(frozen=True)
class Forecasts:
    """The next steps of n series.

    Args:
        point: (n, H, C), the mean, or the median of a model of quantiles or absolute errors.
        quantiles: by probability, (n, H, C).
        intervals: by level, such as 0.8, the lower and the upper end, (n, H, C) each.
    """

    point: Numbers
    quantiles: dict[float, Numbers] = field(default_factory=dict)
    intervals: dict[float, tuple[Numbers, Numbers]] = field(default_factory=dict)

    def arrays(self) -> dict[str, Numbers]:
        """Return everything by its name, as ``column_names`` has it."""
        names = column_names(self.quantiles, self.intervals)
        ends = (end for both in self.intervals.values() for end in both)
        return dict(zip(names, (self.point, *self.quantiles.values(), *ends), strict=True))


def column_names(quantiles: Iterable[float], levels: Iterable[float]) -> list[str]:
    """Return how a forecast, its quantiles and the ends of its intervals are called in files and answers.

    Example:
        >>> column_names([0.9], [0.8])
        ['forecast', 'quantile_0.9', 'low_80', 'high_80']
    """
    ends = [f"{end}_{100 * level:g}" for level in levels for end in ("low", "high")]
    return ["forecast", *(f"quantile_{probability:g}" for probability in quantiles), *ends]


def forecasts(outlook: Outlook, said: Said, *, log: bool = False) -> Forecasts:
    """Return what a network said as numbers of the series.

    Args:
        outlook, said: what was said, and how it is to be taken.
        log: whether it was said of logarithms: quantiles and ends of intervals are then those of the values,
            and the point, the mean of the logarithms, is a median of them.
    """
    natural = _exponential if log else _same
    return Forecasts(
        point=natural(point(outlook, said)),
        quantiles={q: natural(quantile(outlook, said, q)) for q in outlook.quantiles},
        intervals={
            level: (natural(low), natural(high)) for level, (low, high) in intervals(outlook, said).items()
        },
    )


def point(outlook: Outlook, said: Said) -> Numbers:
    """Return the mean or, of quantiles, the median, (B, H, C)."""
    if outlook.says == "quantiles":
        return quantile(outlook, said, 0.5)
    return counted_mean(said) if outlook.says == "negative-binomial" else said.location


def intervals(outlook: Outlook, said: Said) -> dict[float, tuple[Numbers, Numbers]]:
    """Return the lower and the upper end of every interval that the model has, by level.

    Conformal ones reach beyond the point, or beyond the quantiles of the level, by what the errors on the
    validation part were (Vovk et al. 2005; Romano et al. 2019, arXiv:1905.03222), in units of the scale.
    """
    if outlook.intervals == "conformal":
        return {one.level: _calibrated(outlook, said, one.level, one.reach) for one in outlook.calibration}
    return {level: ends(outlook, said, level) for level in levels(outlook)} if outlook.intervals else {}


def levels(outlook: Outlook) -> tuple[float, ...]:
    """Return the levels of the intervals: of quantiles, those of the pairs that lie symmetrically.

    Example:
        >>> levels(Outlook(says="quantiles", quantiles=(0.1, 0.5, 0.9))), levels(Outlook(says="normal"))
        ((0.8,), (0.8, 0.95))
    """
    if outlook.says != "quantiles":
        return LEVELS
    low = [q for q in outlook.quantiles if q < 0.5 and any(math.isclose(1 - q, p) for p in outlook.quantiles)]
    return tuple(round(1 - 2 * q, 10) for q in reversed(low))


def ends(outlook: Outlook, said: Said, level: float) -> tuple[Numbers, Numbers]:
    """Return the ends of an interval before calibration, (B, H, C) each; of a point, the point itself."""
    if outlook.says == "point":
        return said.location, said.location
    low, high = tails(level)
    return quantile(outlook, said, low), quantile(outlook, said, high)


def tails(level: float) -> tuple[float, float]:
    """Return the probabilities of an interval's ends."""
    return (1 - level) / 2, 1 - (1 - level) / 2


def quantile(outlook: Outlook, said: Said, probability: float) -> Numbers:
    """Return a quantile of what is said, (B, H, C).

    Quantiles that cross are put in order (Chernozhukov et al. 2010); between two that the model says, they
    are interpolated, and beyond the outermost one they are that one.
    """
    if probability in said.sampled:
        return said.sampled[probability]
    if outlook.says == "quantiles":
        return _interpolated(outlook.quantiles, said, probability)
    return drawn(outlook, said, Chance(probability, NormalDist().inv_cdf(probability)))


class Chance(NamedTuple):
    """How far up a distribution a value lies.

    Args:
        probability: of a lower value.
        normal: the quantile of the standard normal distribution.
    """

    probability: Any
    normal: Any

    @classmethod
    def of(cls, random: np.random.Generator, shape: tuple[int, ...]) -> "Chance":
        """Draw some, one for each value of a shape."""
        normal = random.standard_normal(shape)
        return cls(0.5 * (1 + _erf(normal / math.sqrt(2))), normal)


_erf = np.vectorize(math.erf, otypes=[np.float64])


def drawn(outlook: Outlook, said: Said, chance: Chance) -> Numbers:
    """Return the values of a said distribution that lie so far up, (B, H, C).

    Args:
        outlook, said: what was said.
        chance: one for all, or (B, H, C).
    """
    if outlook.says == "negative-binomial":
        return counted(counted_mean(said), softplus(said.raw[..., 1]), chance)
    deviation = said.scale[:, None] * softplus(said.raw[..., 1])
    if outlook.says == "student-t":
        return said.location + deviation * student(2 + softplus(said.raw[..., 2]), chance)
    return np.asarray(said.location + deviation * chance.normal)


def counted_mean(said: Said) -> Numbers:
    """Return the mean of counts, (B, H, C): never below 0, and like the location where that is large."""
    scale = said.scale[:, None]
    return scale * softplus(said.location / scale)


def softplus(values: Numbers) -> Numbers:
    """Return log(1 + exp(x)), without overflow."""
    return np.logaddexp(0.0, values)


def student(freedom: Numbers, chance: Chance) -> Numbers:
    """Return quantiles of Student's t distribution; below 1.5 degrees of freedom up to a fifth too far out.

    Source: Hill 1970, algorithm 396, Communications of the ACM 13 (10).

    Example:
        >>> student(np.array([4.0]), Chance(0.975, 1.959964)).round(4).tolist()
        [2.7764]
    """
    tails = 2 * np.minimum(chance.probability, 1 - np.asarray(chance.probability))
    a = 1 / (freedom - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * np.sqrt(a * np.pi / 2) * freedom
    y = (d * tails) ** (2 / freedom)
    far = (
        (1 / (((freedom + 6) / (freedom * y) - 0.089 * d - 0.822) * (freedom + 2) * 3) + 0.5 / (freedom + 4))
        * y
        - 1
    ) * (freedom + 1) / (freedom + 2) + 1 / y
    x = -np.abs(chance.normal)
    c = c + np.where(freedom < 5, 0.3 * (freedom - 4.5) * (x + 0.6), 0.0)
    c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
    near = (((((0.4 * x**2 + 6.3) * x**2 + 36) * x**2 + 94.5) / c - x**2 - 3) / b + 1) * x
    size = np.sqrt(freedom * np.where(y > 0.05 + a, np.expm1(a * near**2), far))
    return np.asarray(np.sign(chance.normal) * size)


def counted(mean: Numbers, dispersion: Numbers, chance: Chance) -> Numbers:
    """Return quantiles of the negative binomial distribution with variance m + a m^2.

    Args:
        mean: m, at least 0.
        dispersion: a, above 0.
        chance: one for all, or of their shape.

    Example:
        >>> counted(np.array([3.0]), np.array([1e-9]), Chance(0.5, 0.0)).tolist()  # nearly Poisson
        [3.0]
    """
    mean, dispersion, probability, normal = np.broadcast_arrays(
        np.maximum(mean, 1e-12), np.maximum(dispersion, 1e-9), *chance
    )
    large = _gamma(mean, dispersion, normal)
    few = large < COUNTED
    found = np.round(large)
    found[few] = _summed(mean[few], dispersion[few], probability[few])
    return found


def _summed(mean: Numbers, dispersion: Numbers, probability: Numbers) -> Numbers:
    """Return the smallest counts whose cumulated probability is that, summed one by one."""
    size = 1 / dispersion
    chance = np.exp(-size * np.log1p(mean * dispersion))
    total, found = chance.copy(), np.zeros_like(mean)
    below = total < probability
    count = 0
    while below.any() and count < 2 * COUNTED:
        chance *= (count + size) / (count + 1) * (mean / (size + mean))
        count += 1
        total += chance
        found[below] = count
        below = total < probability
    return found


def _gamma(mean: Numbers, dispersion: Numbers, normal: Numbers) -> Numbers:
    """Return quantiles of a gamma distribution of the same mean and variance, by Wilson and Hilferty 1931."""
    part = (1 / mean + dispersion) / 9
    return np.asarray(mean * np.maximum(1 - part + normal * np.sqrt(part), 0) ** 3)


def _same(values: Numbers) -> Numbers:
    return values


def _exponential(values: Numbers) -> Numbers:
    with np.errstate(over="ignore"):
        found = np.exp(values)
    if not np.isfinite(found).all():
        raise DataError("the model's numbers overflow; the values are out of range.")
    return found


def _interpolated(known: tuple[float, ...], said: Said, probability: float) -> Numbers:
    every = np.sort(said.level[:, None, :, None] + said.scale[:, None, :, None] * said.raw, axis=3)
    place = float(np.interp(probability, known, np.arange(len(known))))
    below, above = math.floor(place), math.ceil(place)
    return np.asarray(every[..., below] + (place - below) * (every[..., above] - every[..., below]))


def _calibrated(
    outlook: Outlook, said: Said, level: float, reach: tuple[float, ...]
) -> tuple[Numbers, Numbers]:
    low, high = ends(outlook, said, level)
    beyond = said.scale[:, None] * np.array(reach).reshape(1, *said.raw.shape[1:3])
    low, high = low - beyond, high + beyond
    return np.minimum(low, high), np.maximum(low, high)
