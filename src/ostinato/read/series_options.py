"""Series read as the options of ``forecast`` say."""

import os
from dataclasses import replace

import numpy as np

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read import grid, times
from ostinato.read.panel import Panel
from ostinato.read.series_tables import panel_from_frame, read_panel
from ostinato.spec.forecast import ForecastData
from ostinato.spec.windows import Frequency, SeriesColumns


def read_options(path: str | os.PathLike[str], data: ForecastData) -> Panel:
    """Read the series of a file that are trained on: errors as for ``read_panel``.

    Raises:
        ArgumentError: also where ``until`` or ``frequency`` cannot be understood.
        DataError: also where nothing lies before ``until``.
    """
    frequency, resample = _steps(data)
    return before(read_panel(path, columns(data), frequency=frequency, resample=resample), data.until)


def frame_options(frame: object, data: ForecastData) -> Panel:
    """Read the series of a frame that are trained on; errors as for ``read_options``."""
    frequency, resample = _steps(data)
    return before(panel_from_frame(frame, columns(data), frequency=frequency, resample=resample), data.until)


def columns(data: ForecastData) -> SeriesColumns:
    """Return which columns the options name."""
    return SeriesColumns(
        series=data.series,
        time=data.time,
        targets=data.target,
        past=data.past,
        known=data.known_future,
        static=data.static,
    )


def before(panel: Panel, until: str | None) -> Panel:
    """Return what lies before a time; series of which nothing does are left out."""
    if until is None:
        return panel
    try:
        border = int(times.points([until], lambda _: "until")[0])
    except DataError as error:
        raise ArgumentError(str(error)) from error
    if times.are_numbers([until]) != (panel.frequency.unit == "step"):
        raise ArgumentError(
            f"until is {checks.shown(until)}; expected a time like those of the data, such as "
            f"{grid.stamp(int(panel.starts[0]), panel.frequency)}."
        )
    counts = np.array([int((panel.times(number) < border).sum()) for number in range(len(panel))])
    if not counts.any():
        raise DataError(f"until is {checks.shown(until)}, and nothing in the data lies before it.")
    return replace(panel.cut(counts)).select(np.flatnonzero(counts))


def _steps(data: ForecastData) -> tuple[Frequency | None, bool]:
    """Return the step of time, if it is said, and whether what lies within a step is averaged."""
    return None if data.frequency is None else grid.parse(data.frequency), data.irregular == "resample"
