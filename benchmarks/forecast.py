"""What ``ostinato train forecast`` reaches on public series, beside simple methods on the same windows.

    OSTINATO_DATA=… python -m benchmarks.forecast [--seed 0] [--only "ETTh1 OT 24;…"] [--out FILE.md]

Every run is a user's: a table, the columns, the horizon, and where the training part ends; nothing else is
chosen but what the row names. A part at the end of the training part validates. The test part is foretold
once, after training, from every origin (Victoria: once a day), each time with all that came before.
"""

import argparse
import csv
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import ostinato
from benchmarks.commands import machine, trained
from ostinato.answers.forecast import Backtest, seasonal_naive
from ostinato.runtime.forecast import SeriesModel
from ostinato.runtime.verb_forecast import read_series

Rows = list[list[str]]


@dataclass(frozen=True)
class Benchmark:
    """One data set and one question.

    Args:
        prepare: makes the table from the data's folder.
        options: of ``ostinato train forecast``.
        score: which error is looked at.
        wanted: how low it should be; None: nothing is wanted.
        stride: steps between the origins of the test.
        season: steps of the seasonal naive method that it is set beside.
        rows: of the table that are evaluated on; None: all.
    """

    prepare: Callable[[Path], Rows]
    options: tuple[str, ...]
    score: str
    wanted: str
    stride: int = 1
    season: int | None = None


def etth1(data: Path) -> Rows:
    """Return the first 20 months of ETTh1, every column in standard deviations of the first 12."""
    head, *rows = _read(data / "forecast_etth1" / "ETTh1.csv")
    rows = rows[: 20 * 30 * 24]
    numbers = np.array([row[1:] for row in rows], float)
    part = numbers[: 12 * 30 * 24]
    scaled = (numbers - part.mean(axis=0)) / part.std(axis=0)
    return [head, *([row[0], *map(repr, line)] for row, line in zip(rows, scaled.tolist(), strict=True))]


def m4(data: Path) -> Rows:
    """Return the hourly series of M4, below each other, the 48 hours of the test at their ends."""
    folder = data / "forecast_m4_hourly"
    history, test = _read(folder / "Hourly-train.csv"), _read(folder / "Hourly-test.csv")
    found = [["id", "hour", "y"]]
    for row, after in zip(history[1:], test[1:], strict=True):
        values = [cell for cell in row[1:] if cell] + after[1:]
        # times that end alike, so that one border parts training from test in all series
        found += [[row[0], str(hour - len(values) + 48), value] for hour, value in enumerate(values)]
    return found


def victoria(data: Path) -> Rows:
    """Return the demand of Victoria as it stands."""
    return _read(data / "forecast_vic_elec" / "vic_elec.csv")


def pollution(data: Path) -> Rows:
    """Return Beijing's pollution with one column of times; NA stays missing."""
    head, *rows = _read(data / "forecast_small" / "pollution.csv")
    kept = ["time", "pm25", "dewpoint", "temperature", "pressure", "wind", "snow", "rain"]
    place = [head.index(name) for name in ("pm2.5", "DEWP", "TEMP", "PRES", "Iws", "Is", "Ir")]
    return [
        kept,
        *([f"{row[1]}-{row[2]:0>2}-{row[3]:0>2} {row[4]:0>2}:00", *(row[i] for i in place)] for row in rows),
    ]


def small(name: str) -> Callable[[Path], Rows]:
    """Return what reads one of the small tables as it stands."""
    return lambda data: _read(data / "forecast_small" / f"{name}.csv")


OT = ("--time", "date", "--target", "OT", "--until", "2017-10-24", "--valid-fraction", "0.25")
ALL = ("--time", "date", "--until", "2017-10-24", "--valid-fraction", "0.25")
DEMAND = (
    *("--time", "Time", "--target", "Demand", "--horizon", "48", "--until", "2013-12-31 13:00"),
    *("--time-zone", "Australia/Melbourne", "--loss", "absolute"),
)
BENCHMARKS = {
    "ETTh1 OT 24": Benchmark(etth1, (*OT, "--horizon", "24"), "mse", "MSE <= 0.04"),
    "ETTh1 OT 96": Benchmark(etth1, (*OT, "--horizon", "96"), "mse", "MSE <= 0.08"),
    "ETTh1 all 96": Benchmark(etth1, (*ALL, "--horizon", "96"), "mse", "MSE <= 0.42"),
    "M4 hourly": Benchmark(
        m4,
        ("--series", "id", "--time", "hour", "--horizon", "48", "--until", "0", "--loss", "absolute"),
        "smape",
        "sMAPE <= 11.5",
    ),
    "Victoria, temperature known": Benchmark(
        victoria,
        (*DEMAND, "--known-future", "Temperature,Holiday"),
        "mae",
        "half of the weekly naive's MAE",
        stride=48,
        season=336,
    ),
    "Victoria, temperature not known": Benchmark(
        victoria,
        (*DEMAND, "--past", "Temperature", "--known-future", "Holiday"),
        "mae",
        "",
        stride=48,
        season=336,
    ),
    "Temperatures": Benchmark(
        small("daily-min-temperatures"),
        ("--time", "Date", "--horizon", "7", "--until", "1989-01-01", "--irregular", "resample"),
        "mae",
        "",
    ),
    "Beijing pollution": Benchmark(
        pollution,
        (
            *("--time", "time", "--target", "pm25", "--horizon", "24", "--until", "2014-01-01"),
            *("--past", "dewpoint,temperature,pressure,wind,snow,rain", "--loss", "absolute"),
        ),
        "mae",
        "",
        stride=24,
    ),
    "Airline passengers": Benchmark(
        small("airline-passengers"),
        ("--time", "Month", "--horizon", "12", "--until", "1958-01"),
        "mae",
        "",
    ),
    "Sunspots": Benchmark(
        small("monthly-sunspots"), ("--time", "Month", "--horizon", "12", "--until", "1950-01"), "mae", ""
    ),
}


@dataclass(frozen=True)
class Run:
    """What one training came to.

    Args:
        scores: by method, the error that is looked at.
        coverage: of the intervals, by level.
        windows: of the test.
        clock, processor: seconds of training, on the clock and of the processor.
        weights, context: of the model.
        verdict: its one line.
    """

    scores: dict[str, float]
    coverage: dict[float, float]
    windows: int
    clock: float
    processor: float
    weights: int
    context: int
    verdict: str


def run(benchmark: Benchmark, data: Path, work: Path, fixed: Sequence[str]) -> Run:
    """Train once and judge the model on the test part."""
    table, model = work / "table.csv", work / "model"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows(benchmark.prepare(data))
    _, spent = trained("forecast", table, "--out", model, *benchmark.options, *fixed)
    loaded = ostinato.load(model)
    if not isinstance(loaded, SeriesModel):
        raise TypeError("a forecasting model is loaded as a SeriesModel")
    panel = read_series(loaded.spec, table)
    found = loaded.backtest(panel, benchmark.stride)
    errors = {name: one.named()[benchmark.score] for name, one in found.errors().items()}
    if benchmark.season is not None:
        errors["weekly naive"] = _weekly(found, panel.values[0][:, 0], benchmark)
    return Run(
        scores={name: float("nan") if value is None else value for name, value in errors.items()},
        coverage=found.coverage(),
        windows=len(found.series),
        clock=spent.seconds,
        processor=spent.processor,
        weights=loaded.spec.training.parameters,
        context=loaded.spec.preprocessing.context,
        verdict=found.verdict(),
    )


def page(runs: dict[str, Run], seed: int, threads: int) -> str:
    """Return the results as Markdown."""
    lines = [
        "# Forecasting",
        "",
        "Written by `python -m benchmarks.forecast`, which says what each row trains on. Errors of the test",
        "part, of the model and of simple methods on the same windows; what was chosen, was so before.",
        "",
        f"{machine(threads)}; seed {seed}. Other work ran on the machine, which the seconds on the clock",
        "show.",
        "",
        "| data | wanted | error | model | last value | seasonal naive | linear | inside 80 % | inside 95 % "
        "| windows | context | weights | processor, s | clock, s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, found in runs.items():
        scores, benchmark = found.scores, BENCHMARKS[name]
        naive = f"{scores['seasonal naive']:.4g}"
        if "weekly naive" in scores:
            naive += f" (weekly {scores['weekly naive']:.4g})"
        inside = [f"{found.coverage[level]:.1%}" if level in found.coverage else "" for level in (0.8, 0.95)]
        lines.append(
            f"| {name} | {benchmark.wanted} | {benchmark.score} | {scores['model']:.4g} "
            f"| {scores['last value']:.4g} | {naive} | {scores['linear']:.4g} | {' | '.join(inside)} "
            f"| {found.windows:,} | {found.context} | {found.weights:,} | {found.processor:.0f} "
            f"| {found.clock:.0f} |"
        )
    lines += ["", *(f"- {name}: {found.verdict}" for name, found in runs.items())]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the chosen data sets and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", help="names with semicolons between; else all")
    parser.add_argument("--out", type=Path)
    given, more = parser.parse_known_args()
    names = given.only.split(";") if given.only else [*BENCHMARKS]
    fixed = ["--seed", str(given.seed), "--threads", str(given.threads), *more]
    runs: dict[str, Run] = {}
    for name in names:
        with tempfile.TemporaryDirectory() as work:
            runs[name] = run(BENCHMARKS[name], Path(os.environ["OSTINATO_DATA"]), Path(work), fixed)
        text = page(runs, given.seed, given.threads)
        if given.out is not None:
            given.out.write_text(text)
        print(text, flush=True)


def _weekly(found: Backtest, values: np.ndarray, benchmark: Benchmark) -> float:
    """Return the weekly naive method's mean absolute error on the same windows of one series."""
    season = benchmark.season or 1
    rows = found.origins[:, None] + np.arange(1 - season, 1)
    said = seasonal_naive(values[rows][:, :, None], season, found.truth.shape[1])
    return float(np.nanmean(np.abs(found.truth - said)))


def _read(path: Path) -> Rows:
    with path.open(newline="") as file:
        return list(csv.reader(file))


if __name__ == "__main__":
    main()
