"""What an option of ``forecast`` becomes that the user left open.

The numbers were found on the validation parts of several public data sets, never on their test parts;
``benchmarks/forecast.md`` tells how. How far to look back is chosen by the linear model, on training parts.
"""

import math
from typing import Any

import numpy as np

from ostinato.checks import given
from ostinato.errors import ArgumentError, DataError
from ostinato.preprocess import calendar
from ostinato.preprocess.covariates import fit_described, fit_scaled
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.windows import Laid, WindowPreprocessor
from ostinato.read import grid
from ostinato.read.grid import DAY
from ostinato.read.panel import Panel
from ostinato.spec.forecast import ForecastOptions
from ostinato.spec.windows import Frequency, Windows
from ostinato.tasks.defaults import where_open
from ostinato.tasks.forecast_linear import linear_error, relative_error

VALID_FRACTION = 0.2

LONGEST_SEGMENT = 48
SEASONS = (1, 2, 3, 4, 7, 8, 14)
"""Contexts of so many seasons are tried; those of more than ``LONGEST_CONTEXT`` steps are not."""
LONGEST_CONTEXT = 1_200
TRIED = 4_000
"""So many windows are looked at to choose the context."""
ENOUGH = 0.995
"""The shortest context is taken whose error is hardly above the lowest: that one over this."""

FEW, MANY = 500, 4_000
"""So many windows are few, or many."""

LEAST_STEPS, MOST_EPOCHS = 600, 150
"""So many steps of the optimiser at least: where windows are few, epochs are more."""

Choice = dict[str, Any]
ALWAYS: Choice = {
    "learning_rate": 1e-3,
    "schedule": "cosine",
    "weight_decay": 0.01,
    "metric": "loss",
    "windows": 8_192,
    "epochs": 20,
    "patience": 5,
    "threads": 1,
}
SHAPE: Choice = {"layers": 1, "dropout": 0.2}


def fill(options: ForecastOptions, panel: Panel) -> ForecastOptions:
    """Return the options with a value wherever the user gave none.

    Args:
        options: as the user gave them; the horizon is one of them.
        panel: all that is trained and validated on.
    """
    fraction = VALID_FRACTION if options.data.valid_fraction is None else options.data.valid_fraction
    training = panel.cut(bounds(panel, fraction, given("horizon", options.data.horizon)))
    season = options.data.season or _season(training)
    data = where_open(
        options.data,
        {
            "valid_fraction": fraction,
            "season": season,
            "calendar": panel.frequency.unit != "step",
            "target": panel.targets,
        },
    )
    decoder = options.network.decoder or ("seq2seq" if data.known_future else "direct")
    segment = options.network.segment or _segment(season, training, data.context)
    network = where_open(options.network, {"decoder": decoder, "segment": segment})
    options = options.model_copy(update={"data": data, "network": network})
    if data.transform is None:
        found = "log" if _is_better_in_logarithms(options, training) else "none"
        data = data.model_copy(update={"transform": found})
        options = options.model_copy(update={"data": data})
    if data.context is None:
        options = options.model_copy(
            update={"data": data.model_copy(update={"context": _context(options, training)})}
        )
    return _sized(options, training)


def usual_intervals(options: ForecastOptions) -> str:
    """Return how intervals are made where nothing is said, and something validates."""
    training = options.training
    says_much = training.quantiles is not None or training.distribution is not None
    once = options.network.decoder != "autoregressive"
    return "model" if says_much and once else "conformal"


def bounds(panel: Panel, fraction: float, horizon: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return how many rows of each series train; the rest, at its end, validates.

    At least a horizon validates, and of a series of less than three horizons nothing does.
    """
    lengths = panel.lengths
    held = np.where(lengths < 3 * horizon, 0, np.maximum(horizon, (fraction * lengths).round()))
    return np.asarray(lengths - (held if fraction else 0), np.int64)


def describe(panel: Panel, options: ForecastOptions) -> Windows:
    """Return how windows are read, fitted to these series and to nothing else; options are resolved."""
    data, network = options.data, options.network
    segment, horizon = given("segment", network.segment), given("horizon", data.horizon)
    columns = panel.columns()
    targets = [values[:, : len(panel.targets)] for values in panel.values]
    span = max(int(panel.times(number)[-1] - panel.starts[number]) for number in range(len(panel)))
    told = calendar.parts(panel.frequency, span) if data.calendar else ()
    if data.time_zone is not None:
        calendar.zone(data.time_zone)
    _check_known(panel, columns)
    context = max(1, math.ceil(given("context", data.context) / segment)) * segment
    return Windows(
        targets=panel.targets,
        together=network.together,
        log=data.transform == "log",
        masked=any(np.isnan(values).any() for values in targets),
        past=fit_scaled(panel, panel.roles.past),
        known=fit_scaled(panel, panel.roles.known),
        static=fit_described(panel),
        calendar=told,
        time_zone=data.time_zone,
        frequency=panel.frequency,
        season=given("season", data.season),
        segment=segment,
        segments=context // segment,
        horizon=horizon,
        said=segment if network.decoder == "autoregressive" else horizon,
        lags=_lags(given("season", data.season), horizon, context) if network.decoder == "seq2seq" else (),
    )


def _check_known(panel: Panel, columns: tuple[str, ...]) -> None:
    for name in panel.roles.known:
        place = columns.index(name)
        for number, values in enumerate(panel.values):
            gaps = np.flatnonzero(np.isnan(values[:, place]))
            if len(gaps):
                time = grid.stamp(int(panel.times(number)[gaps[0]]), panel.frequency)
                raise DataError(
                    f"{panel.place(number)}: {name!r} is missing at {time}; a column that is known ahead "
                    "needs a value at every step: fill it in, or name it a past one (--past)."
                )


def _lags(season: int, horizon: int, context: int) -> tuple[int, ...]:
    """Return the season that is known of each step ahead, and the seventh, such as a week of days."""
    nearest = math.ceil(horizon / season) * season
    farther = math.ceil(horizon / (7 * season)) * 7 * season
    return tuple(lag for lag in sorted({nearest, farther}) if lag <= context)


def _season(panel: Panel) -> int:
    """Return the steps of a season: of a day, a week or a year, or what the series themselves show."""
    longest = int(np.median(panel.lengths)) // 3
    known = _usual(panel.frequency)
    if known is not None and known <= max(1, longest):
        return known
    return _shown(panel, min(longest, 400))


def _usual(frequency: Frequency) -> int | None:
    """Return the steps of the season that such steps usually have, or None where nothing is usual."""
    count = frequency.count
    if frequency.unit == "step":
        return None
    if frequency.unit == "month":
        return 12 // count if 12 % count == 0 else 1
    if count < DAY:
        return DAY // count if DAY % count == 0 else None
    return {DAY: 7, 7 * DAY: 52}.get(count)


def _shown(panel: Panel, longest: int) -> int:
    """Return the lag, from 2 on, of the highest peak of the differences' mean autocorrelation; 1 for none."""
    total = np.zeros(longest + 1)
    for values in panel.values[:200]:
        steps = np.nan_to_num(np.diff(values[:, 0]))
        steps = steps - steps.mean() if len(steps) else steps
        if len(steps) <= 3 * longest // 2 or not steps.any():
            continue
        size = 2 * len(steps)
        power = np.abs(np.fft.rfft(steps, size)) ** 2
        total += np.fft.irfft(power)[: longest + 1] / (steps @ steps)
    inner = np.arange(2, longest)
    peaks = inner[(total[inner] > total[inner - 1]) & (total[inner] >= total[inner + 1])]
    if not len(peaks) or total[peaks].max() < 0.2 * max(total[0], 1e-9):
        return 1
    return int(peaks[total[peaks] >= 0.9 * total[peaks].max()][0])


def _segment(season: int, panel: Panel, context: int | None) -> int:
    """Return the largest part of a season that is not too long, or eight steps where there is none."""
    most = min(LONGEST_SEGMENT, max(1, int(np.median(panel.lengths)) // 6), context or LONGEST_SEGMENT)
    if season == 1:
        return min(8, most)
    return max(size for size in range(1, min(season, most) + 1) if season % size == 0)


def _context(options: ForecastOptions, panel: Panel) -> int:
    """Return the steps to look back at: the fewest with which the linear model errs hardly more than best."""
    horizon, segment = given("horizon", options.data.horizon), given("segment", options.network.segment)
    length = int(np.median(panel.lengths))
    season = max(given("season", options.data.season), segment)
    most = max(segment, min(LONGEST_CONTEXT, (length - horizon) // 2))
    tried = sorted({min(most, size * season) // segment * segment for size in SEASONS} - {0})
    errors = {size: _error(options, panel, size, tried[-1]) for size in tried}
    lowest = min(errors.values())
    return next(size for size in tried if errors[size] * ENOUGH <= lowest)


def _is_better_in_logarithms(options: ForecastOptions, panel: Panel) -> bool:
    """Return whether the linear model of logarithms errs less, in parts of the values; of values above 0."""
    width = len(panel.targets)
    positive = all((values[:, :width][np.isfinite(values[:, :width])] > 0).all() for values in panel.values)
    if not positive or options.training.distribution == "negative-binomial":
        return False
    horizon, segment = given("horizon", options.data.horizon), given("segment", options.network.segment)
    length = int(np.median(panel.lengths))
    context = min(2 * max(given("season", options.data.season), segment), (length - horizon) // 2)
    context = options.data.context or max(segment, context // segment * segment)
    laid = [_laid(options, panel, context, transform) for transform in ("none", "log")]
    plain, log = (relative_error(one, *_some(one, context)) for one in laid)
    return log < plain


def _laid(options: ForecastOptions, panel: Panel, context: int, transform: str | None = None) -> Laid:
    """Return the series as windows of this context are cut from them."""
    chosen = {"context": context} | ({} if transform is None else {"transform": transform})
    data = options.data.model_copy(update=chosen)
    return WindowPreprocessor(describe(panel, options.model_copy(update={"data": data}))).lay(panel)


def _some(laid: Laid, least: int) -> tuple[Integers, Integers]:
    """Return at most ``TRIED`` windows with so many rows before them, drawn by chance."""
    series, origins = laid.places(least, readable=True)
    if len(series) > TRIED:
        chosen = np.sort(np.random.default_rng(0).permutation(len(series))[:TRIED])
        series, origins = series[chosen], origins[chosen]
    return series, origins


def _error(options: ForecastOptions, panel: Panel, context: int, least: int) -> float:
    """Return the error of the linear model of this context, on windows with as many rows before them."""
    laid = _laid(options, panel, context)
    return linear_error(laid, *_some(laid, least))


def _sized(options: ForecastOptions, panel: Panel) -> ForecastOptions:
    """Return the options with sizes by the number of training windows."""
    data, training = options.data, options.training
    reach = given("context", data.context) + given("horizon", data.horizon)
    apart = 1 if options.network.together else len(panel.targets)
    count = int(np.maximum(panel.lengths - reach + 1, 0).sum()) * apart
    if count < 1:
        raise ArgumentError(
            f"context is {data.context} and horizon {data.horizon}, but no series has {reach} steps to train "
            f"on (the longest has {int(panel.lengths.max())}); choose a shorter context or horizon."
        )
    few = count < FEW
    sizes = {"hidden_size": 32 if few else 64 if count < MANY else 128, **SHAPE}
    batch = training.batch_size or (16 if few else 64 if count < MANY else 128)
    steps = math.ceil(min(count, training.windows or ALWAYS["windows"]) / batch)
    epochs = min(MOST_EPOCHS, max(ALWAYS["epochs"], math.ceil(LEAST_STEPS / steps)))
    chosen: Choice = ALWAYS | {"batch_size": batch, "epochs": epochs, "patience": max(5, epochs // 5)}
    if data.valid_fraction:
        chosen |= {"intervals": usual_intervals(options)}
    return ForecastOptions(
        data=data, network=where_open(options.network, sizes), training=where_open(training, chosen)
    )
