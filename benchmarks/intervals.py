"""How much lies inside the conformal intervals of short series, on average over many made by chance.

    python -m benchmarks.intervals [--series 24]

A single short series says little of its intervals: its test windows overlap, and what lies inside one lies
inside the next. So series are simulated, 144 months each, of which 108 train and validate as a user's would,
nothing else being chosen; the 25 windows of a year each that follow are foretold. Three kinds: the airline
model of Box and Jenkins (of logarithms, its two coefficients and its season drawn anew), a random walk with
drift, and a season beside an autoregression of order one.
"""

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ostinato import Forecaster
from ostinato.read.series_tables import panel_from_frame

MONTHS, KNOWN, YEAR = 144, 108, 12
Series = NDArray[np.float64]


def airline(random: np.random.Generator) -> Series:
    """Return exp(y), where (1 - B)(1 - B^12) y = (1 - a B)(1 - b B^12) e (Box & Jenkins 1970)."""
    a, b = random.uniform(0.2, 0.6), random.uniform(0.4, 0.7)
    e = random.normal(size=MONTHS) * 0.037
    w = np.convolve(e, np.convolve([1, -a], [1, *[0] * (YEAR - 1), -b]))[:MONTHS]
    season = random.normal(size=YEAR) * 0.15
    y = np.zeros(MONTHS)
    y[:YEAR] = 4.8 + season - season.mean() + 0.01 * np.arange(YEAR)
    y[YEAR] = y[0] + 0.12
    for t in range(YEAR + 1, MONTHS):
        y[t] = y[t - 1] + y[t - YEAR] - y[t - YEAR - 1] + w[t]
    return np.exp(y)


def walk(random: np.random.Generator) -> Series:
    """Return a random walk with drift."""
    return np.asarray(100 + np.cumsum(random.normal(0.1, 1.0, MONTHS)))


def season(random: np.random.Generator) -> Series:
    """Return a season, and beside it x_t = 0.7 x_(t-1) + e_t."""
    x, e = np.zeros(MONTHS), random.normal(size=MONTHS)
    for t in range(1, MONTHS):
        x[t] = 0.7 * x[t - 1] + e[t]
    return np.asarray(20 + x + 3 * np.sin(2 * np.pi * np.arange(MONTHS) / YEAR))


KINDS: dict[str, Callable[[np.random.Generator], Series]] = {
    "airline model": airline,
    "random walk with drift": walk,
    "season and autoregression": season,
}


def inside(values: Series, seed: int) -> dict[float, float]:
    """Return the part of what came that lay inside the intervals of a model of the first months, by level."""
    months = pd.date_range("1949-01", periods=MONTHS, freq="MS")
    frame = pd.DataFrame({"unique_id": "s", "ds": months, "y": values})
    model = Forecaster(horizon=YEAR, seed=seed, threads=1).fit(frame[:KNOWN]).model_
    panel = panel_from_frame(frame, model.spec.columns, frequency=model.spec.preprocessing.frequency)
    found: dict[float, float] = model.backtest(panel).coverage()
    return found


def main() -> None:
    """Print a row of a table for each kind of series."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--series", type=int, default=24)
    count = parser.parse_args().series
    print("| series | inside 80 % | inside 95 % | spread of single series (std) |\n| --- | --- | --- | --- |")
    for number, (name, make) in enumerate(KINDS.items()):
        found = [inside(make(np.random.default_rng([number, one])), one) for one in range(count)]
        shares = {level: np.array([one[level] for one in found]) for level in (0.8, 0.95)}
        means = " | ".join(f"{share.mean():.1%}" for share in shares.values())
        spread = ", ".join(f"{share.std():.0%}" for share in shares.values())
        print(f"| {name} | {means} | {spread} |", flush=True)


if __name__ == "__main__":
    main()
