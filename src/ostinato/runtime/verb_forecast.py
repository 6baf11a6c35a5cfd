"""What ``ostinato evaluate`` and ``ostinato forecast`` do with models of series."""

from pathlib import Path

import numpy as np

from ostinato.answers.forecast import Backtest
from ostinato.answers.forecast_files import ForecastRows
from ostinato.errors import ArgumentError
from ostinato.evaluate.forecast import Example, ForecastEvaluation
from ostinato.read import grid
from ostinato.read.files import load_table
from ostinato.read.limits import Limits
from ostinato.read.panel import Panel
from ostinato.read.series_tables import panel_of
from ostinato.read.table import Table
from ostinato.runtime.forecast import SeriesModel
from ostinato.runtime.loading import AnyModel, load
from ostinato.spec.model import ForecastModel

EXAMPLES = 4
"""So many windows are shown in a report."""

SHOWN = 3
"""So many horizons of the history are shown before each."""


def evaluate_series(
    model: SeriesModel, file: Path, name: str, explain: bool, stride: int | None
) -> ForecastEvaluation:
    """Judge a forecasting model by a backtest on a file of series, their history included."""
    panel = read_series(model.spec, file)
    found = model.backtest(panel, stride)
    chosen = np.linspace(0, len(found.series) - 1, EXAMPLES + 2).astype(int)[1:-1]
    return ForecastEvaluation(
        model=model.spec,
        name=name,
        source=file.name,
        backtest=found,
        examples=[_example(panel, found, place) for place in chosen.tolist()] if explain else (),
    )


def forecast_file(model: "Path | AnyModel", history: Path, future: Path | None = None) -> ForecastRows:
    """Foretell what follows each series of a file.

    Args:
        model: a model directory, or what ``load`` made of it.
        history: the series, as the model was trained on.
        future: what is known of the steps ahead: the times, and the columns that are known ahead.

    Raises:
        ModelFileError: the model cannot be loaded.
        ArgumentError: it is no forecasting model.
        DataError: a file cannot be read, or does not fit the model or the other file.
    """
    loaded = load(model) if isinstance(model, Path) else model
    if not isinstance(loaded, SeriesModel):
        raise ArgumentError(f"this is a {loaded.spec.task} model, which foretells no series.")
    panel = read_series(loaded.spec, history)
    if future is not None:
        panel = panel.joined(read_series(loaded.spec, future, targets=False))
    return rows_of(loaded, panel)


def rows_of(model: SeriesModel, panel: Panel) -> ForecastRows:
    """Return what follows each series, ready to be written."""
    found = model.predict(panel)
    return ForecastRows(
        ids=found.ids,
        series=model.spec.columns.series,
        time=model.spec.columns.time or "step",
        stamps=found.stamps,
        targets=found.targets,
        forecasts=found.forecasts,
    )


def read_series(model: ForecastModel, file: Path, *, targets: bool = True) -> Panel:
    """Return the series of a file as a model reads them: its columns, its step of time."""
    return series_in(model, load_table(file, Limits()), targets=targets)


def series_in(model: ForecastModel, table: Table, *, targets: bool = True) -> Panel:
    """Return the series of a table as a model reads them."""
    columns, data = model.columns, model.recipe.data
    rows = columns.time is None and columns.targets == ("value",)
    if rows and columns.series is not None:
        columns = columns.model_copy(update={"targets": None})
    frequency = model.preprocessing.frequency
    resample = data.irregular == "resample"
    return panel_of(table, columns, frequency, resample, targets)


def _example(panel: Panel, found: Backtest, place: int) -> Example:
    """Return one window of a backtest as a report shows it: of several targets at once, the first."""
    series, origin, target = int(found.series[place]), int(found.origins[place]), int(found.target[place])
    horizon = found.truth.shape[1]
    history = panel.values[series][max(0, origin + 1 - SHOWN * horizon) : origin + 1, target]
    told = [] if len(panel) == 1 else [panel.ids[series]]
    told += [panel.targets[target]] if len(panel.targets) > 1 or not told else []
    return Example(
        name=" · ".join(told),
        origin=grid.stamp(int(panel.times(series)[origin]), panel.frequency),
        history=history,
        truth=found.truth[place, :, 0],
        forecast=found.found.point[place, :, 0],
        bands={
            level: (low[place, :, 0], high[place, :, 0])
            for level, (low, high) in found.found.intervals.items()
        },
    )
