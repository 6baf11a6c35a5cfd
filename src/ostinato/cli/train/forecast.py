"""Train a forecaster."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostinato.cli.train.common import (
    Json,
    Out,
    Overwrite,
    Place,
    Recipe,
    Resume,
    TensorBoard,
    assembled,
    fitted,
    quoted,
    show,
    suggest,
)
from ostinato.spec.forecast import ForecastOptions

if TYPE_CHECKING:
    from ostinato.read.panel import Panel


def forecast(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="a table with a column of times; several series below each other with --series; or, without "
            "--time, a series a row",
        ),
    ],
    out: Out,
    valid: Annotated[
        Path | None,
        typer.Option(
            help="series to validate on: the same ones, history included or what came after it, or others",
            metavar="FILE",
        ),
    ] = None,
    recipe: Recipe = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    tensorboard: TensorBoard = None,
    json: Json = False,
    *,
    given: dict[str, Any],
) -> None:
    """Train a model that foretells series, on one or thousands of them.

    What has no default below is chosen from the data; `ostinato inspect MODEL` shows what was chosen.
    """
    options = assembled(ForecastOptions, given, recipe, valid)

    from ostinato.read.series_options import read_options

    panel = read_options(data, options.data)
    validation = None if valid is None else read_options(valid, options.data.whole())

    from ostinato.tasks.forecast import FORECAST

    trained = fitted(FORECAST, panel, options, validation, Place(out, resume, overwrite, tensorboard))
    show(trained, out, f"{data}: {_described(panel)}", json)
    model = quoted(out)
    suggest(f"ostinato evaluate {model} DATA --report report.html", f"ostinato forecast {model} HISTORY")


def _described(panel: "Panel") -> str:
    """Return in words what was read, so that one sees it where it is not what one meant."""
    from ostinato.read.grid import written

    rows, targets = int(panel.lengths.sum()), ", ".join(panel.targets)
    series = "a series" if len(panel) == 1 else f"{len(panel):,} series"
    return f"{series} of {rows:,} steps of {written(panel.frequency)}, to foretell {targets}"
