"""Forecasting in scikit-learn's shape."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.forecast import Errors
from ostinato.answers.forecast_files import ForecastRows
from ostinato.answers.outlook import Forecasts
from ostinato.errors import ArgumentError, DataError
from ostinato.estimators.parameters import checked, constructor, documentation
from ostinato.estimators.saved import Estimator
from ostinato.read import grid
from ostinato.read.frames import ArrowStream
from ostinato.read.panel import Numbers, Panel
from ostinato.read.series_options import frame_options
from ostinato.read.series_tables import panel_from_frame
from ostinato.runtime.base import State
from ostinato.runtime.encoder_decoder import network_of
from ostinato.runtime.forecast import SeriesModel
from ostinato.runtime.forecasting import PATHS
from ostinato.runtime.loading import from_saved
from ostinato.runtime.series_stream import SeriesStream
from ostinato.runtime.verb_forecast import rows_of
from ostinato.spec import model as spec
from ostinato.spec.forecast import ForecastData, ForecastOptions
from ostinato.spec.windows import SeriesColumns

SUMMARY = """Foretell series, one or thousands, with one recurrent network.

What ``ostinato train forecast`` does, in scikit-learn's shape. X is a frame (pandas, polars, Arrow): with
the columns ``unique_id``, ``ds`` and ``y`` it needs no further word, else ``series``, ``time`` and ``target``
name them. Or X is an array: (T,) or (T, C), one series of C targets; or a list of such arrays. Missing values
are NaN. Forecasting needs no torch.

A parameter that is None is chosen from the data, but the horizon. ``model_`` after ``fit`` and ``load`` is
the ``ostinato.SeriesModel`` that answers, with its training record in ``model_.spec.training``.
"""

EXAMPLE = """
Example:
    >>> import numpy as np
    >>> wave = np.sin(np.arange(300) * 2 * np.pi / 12)
    >>> model = Forecaster(horizon=6, season=12, context=24, epochs=2, hidden_size=8).fit(wave)
    >>> model.predict(wave).shape, bool(np.abs(model.predict(wave)[:, 0] - wave[:6]).max() < 0.1)
    ((6, 1), True)
    >>> model.update(wave[:3]).forecast().shape  # three steps later
    (6, 1)
"""


class Forecaster(Estimator):
    __doc__ = documentation(SUMMARY, ForecastOptions, EXAMPLE)

    model_: SeriesModel

    __init__ = constructor(ForecastOptions)

    def fit(self, X: Any, y: None = None, valid: Any = None) -> Self:
        """Train on series; nothing is written to disk. Each one's stream then stands at its end.

        Args:
            X: a frame, an array, or a list of arrays; see the class.
            y: ignored, for pipelines.
            valid: series to validate on, as X: the same ones with what came after X behind their history, or,
                in frames, what came after X alone, or others. None: the end of X validates.

        Raises:
            ArgumentError: a parameter does not fit.
            DataError: the series cannot be used; the message names what is wrong.
        """
        from ostinato.tasks.forecast import FORECAST
        from ostinato.train.fit import fit

        options = checked(ForecastOptions, self.get_params(deep=False))
        panel = frame_options(X, options.data) if _is_frame(X) else _arrays(X)
        held = None if valid is None else _validating(valid, options.data)
        trained = fit(FORECAST, panel, options, valid=held)
        network = network_of(trained.model.network, trained.tensors)
        self.model_ = SeriesModel(_forecasting(trained.model), network, trained.preprocessor)
        self._tensors = trained.tensors
        self._streams: dict[str, SeriesStream] = {}
        self._known = panel
        return self

    def predict(self, X: Any, future: Any = None) -> Any:
        """Return the next steps after series: a frame for a frame, (H, C) for an array, a list for a list.

        Args:
            X: the history, as for ``fit``.
            future: a frame with the times ahead and the columns that are known ahead, where the model reads
                some.

        Raises:
            DataError: the series are not such as the model was trained on.
        """
        panel = self._panel(X)
        if future is not None:
            panel = panel.joined(self._panel(future, targets=False))
        model = self._fitted()
        if _is_frame(X):
            return _framed(rows_of(model, panel), X)
        found = model.predict(panel).forecasts.point
        return list(found) if isinstance(X, list) else found[0]

    def predict_intervals(self, X: Any) -> dict[float, tuple[Any, Any]]:
        """Return the lower and the upper end of each interval after series, (n, H, C), by level."""
        return self._fitted().predict(self._panel(X)).forecasts.intervals

    def paths(self, X: Any, count: int = PATHS, seed: int = 0) -> NDArray[np.float64]:
        """Return ways in which series may go on, (n, count, H, C): see ``SeriesModel.paths``."""
        return self._fitted().paths(self._panel(X), count, seed)

    def score(self, X: Any, y: None = None) -> float:
        """Return minus the mean absolute error of a backtest after what the model was trained on."""
        return -self.evaluate(X).mae

    def evaluate(self, X: Any) -> Errors:
        """Return the errors of a backtest: see ``SeriesModel.backtest``."""
        return self._fitted().backtest(self._panel(X)).errors()["model"]

    def update(self, X: Any, known: Any = None) -> Self:
        """Tell what came since: the streams move on, and history is not read again.

        The scale of a series stays that of the context with which its stream began.

        Args:
            X: the new rows, as for ``fit``: of the series that it was fitted on, or that ``observe`` began.
            known: of an array, (T + H, K) of the columns that are known ahead, from the first new step on. A
                frame holds them in further rows, without targets.

        Raises:
            DataError: a series is unknown, or its rows do not go on where its stream stands.
        """
        panel = self._panel(X)
        fresh = {name: self._stream(name) for name in panel.ids}
        before = {name: stream.state() for name, stream in fresh.items()}
        try:
            for number, stream in enumerate(fresh.values()):
                _push(stream, panel, number, known)
        except DataError:
            for name, stream in fresh.items():
                stream.restore(before[name])
            raise
        return self

    def observe(self, X: Any) -> Self:
        """Begin streams anew with these histories, as after ``fit``; see ``update``."""
        panel = self._panel(X)
        for number, name in enumerate(panel.ids):
            self._streams[name] = self._fitted().follow(panel.select(np.array([number])))
        return self

    def forecast(self, series: str | None = None) -> NDArray[np.float64]:
        """Return the next steps, (H, C), from where a series' stream stands; of several, name one."""
        found: NDArray[np.float64] = self.outlook(series).point[0]
        return found

    def outlook(self, series: str | None = None) -> Forecasts:
        """Return the next steps with quantiles and intervals, (1, H, C) each, from where a stream stands."""
        return self._stream(self._name(series)).forecast()

    def state(self, series: str | None = None) -> State:
        """Return what a series' stream keeps, as a value: arrays by name."""
        return self._stream(self._name(series)).state()

    def restore(self, state: State, series: str | None = None) -> Self:
        """Go on from a state that ``state`` returned."""
        self._stream(self._name(series)).restore(state)
        return self

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the estimator that was saved, or one for a model that the command line trained.

        Streams are no part of a model: ``observe`` begins them.

        Raises:
            ModelFileError: there is no sound model.
            ArgumentError: it is no forecasting model.
        """
        from ostinato.archive.model import load

        saved = load(path)
        loaded = cls._as_trained(_forecasting(saved.model))
        model = from_saved(path, saved)
        if not isinstance(model, SeriesModel):
            raise TypeError("a forecasting model is loaded as a SeriesModel")
        loaded.model_, loaded._tensors = model, saved.tensors
        loaded._streams = {}
        return loaded

    def _fitted(self) -> SeriesModel:
        self._check_is_fitted()
        return self.model_

    def _panel(self, X: Any, *, targets: bool = True) -> Panel:
        """Return series as the model reads them."""
        model = self._fitted().spec
        if not _is_frame(X):
            panel = _arrays(X)
            wanted = model.preprocessing.targets
            if len(panel.targets) != len(wanted):
                raise DataError(f"X has {len(panel.targets)} columns; the model foretells {len(wanted)}.")
            return replace(panel, roles=model.columns, frequency=model.preprocessing.frequency)
        return panel_from_frame(
            X,
            model.columns,
            frequency=model.preprocessing.frequency,
            resample=model.recipe.data.irregular == "resample",
            targets=targets,
        )

    def _name(self, series: str | None) -> str:
        known = [*self._streams] or self._known.ids
        if series is None and len(known) > 1:
            names = ", ".join(map(checks.shown, known[:5]))
            raise ArgumentError(f"there are {len(known)} series; name one, such as {names}.")
        return known[0] if series is None else series

    def _stream(self, name: str) -> SeriesStream:
        """Return the stream of a series; one that was fitted on begins where training ended."""
        if name not in self._streams:
            known = vars(self).get("_known")
            if known is None or name not in known.ids:
                raise DataError(
                    f"series {checks.shown(name)} has no stream; begin one with its history: observe."
                )
            place = np.array([known.ids.index(name)])
            self._streams[name] = self._fitted().follow(known.select(place))
        return self._streams[name]


def _validating(valid: Any, data: ForecastData) -> Panel:
    return frame_options(valid, data.whole()) if _is_frame(valid) else _arrays(valid)


def _push(stream: SeriesStream, panel: Panel, number: int, known: Any) -> None:
    """Move one stream on by a panel's rows, which must begin one step after the last."""
    rows, roles = panel.values[number], panel.roles
    width, past = len(panel.targets), len(roles.past)
    ends = np.flatnonzero(np.isfinite(rows[:, :width]).any(axis=1))
    steps = int(ends[-1]) + 1 if len(ends) else 0
    expected = int(grid.after(stream.time, np.array([1]), panel.frequency)[0])
    if panel.frequency.unit != "step" and int(panel.starts[number]) != expected:
        raise DataError(
            f"{panel.place(number)}: begins at {grid.stamp(int(panel.starts[number]), panel.frequency)}; "
            f"expected {grid.stamp(expected, panel.frequency)}, one step after what its stream has heard."
        )
    if not steps:
        raise DataError(f"{panel.place(number)}: has no value to go on by.")
    told = rows[:, width + past :] if known is None else known
    stream.update(rows[:steps, :width], rows[:steps, width : width + past], told)


def _arrays(X: Any) -> Panel:
    """Return an array, or a list of arrays, as series."""
    many = isinstance(X, list | tuple) and bool(X) and not np.isscalar(X[0])
    values = [_array(item, f"X[{place}]" if many else "X") for place, item in enumerate(X if many else [X])]
    widths = {array.shape[1] for array in values}
    if len(widths) > 1:
        numbers = " and ".join(map(str, sorted(widths)))
        raise DataError(f"X has series of {numbers} columns; expected as many in each.")
    width = widths.pop()
    targets = ("y",) if width == 1 else tuple(f"y{place}" for place in range(width))
    return Panel(
        ids=[str(place) for place in range(len(values))] if many else ["series"],
        starts=np.zeros(len(values), np.int64),
        values=values,
        roles=SeriesColumns(targets=targets),
        places=[f"X[{place}]" for place in range(len(values))] if many else ["X"],
    )


def _array(item: Any, name: str) -> Numbers:
    try:
        array = np.asarray(item)
    except ValueError as error:
        raise DataError(f"{name}: rows differ in length; expected a (T,) or (T, C) array.") from error
    if array.dtype.kind not in "biuf":
        raise DataError(f"{name} has dtype {array.dtype}; expected numbers, NaN where missing.")
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or not array.size:
        raise DataError(f"{name} has shape {array.shape}; expected (T,) or (T, C).")
    if np.isinf(array).any():
        raise DataError(f"{name} holds infinity; expected finite numbers, NaN where missing.")
    return array.astype(np.float64)


def _is_frame(X: Any) -> bool:
    pandas = sys.modules.get("pandas")  # who has a pandas frame, or a column of one, has loaded pandas
    if pandas is not None and isinstance(X, pandas.DataFrame | pandas.Series):
        return isinstance(X, pandas.DataFrame)
    return isinstance(X, ArrowStream) and not isinstance(X, np.ndarray | list | tuple)


def _framed(rows: ForecastRows, like: Any) -> Any:
    """Return forecasts as a frame of the library that the history came in."""
    table = rows.table()
    columns = dict(zip(table.columns, map(list, zip(*table.rows, strict=True)), strict=True))
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if pandas is not None and isinstance(like, pandas.DataFrame):
        frame = pandas.DataFrame(columns)
        time = like[rows.time] if rows.time in like.columns else None
        if time is not None and pandas.api.types.is_datetime64_any_dtype(time):
            frame[rows.time] = pandas.to_datetime(frame[rows.time]).astype(time.dtype)
        return frame
    if polars is not None and isinstance(like, polars.DataFrame):
        return polars.DataFrame(columns)
    return checks.extra("pyarrow", "tables", "frames").table(columns)


def _forecasting(model: spec.Model) -> spec.ForecastModel:
    """Return the model, which must be one of forecasting."""
    if not isinstance(model, spec.ForecastModel):
        raise ArgumentError(f"this is a {model.task} model; expected one of forecasting.")
    return model
