"""Foretell what follows the series of a file."""

from pathlib import Path
from typing import Annotated

import typer

from ostinato.answers.rows import ENDINGS


def forecast(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="model directory")],
    history: Annotated[
        Path, typer.Argument(metavar="HISTORY", help="series, as the model was trained on, up to now")
    ],
    future: Annotated[
        Path | None,
        typer.Option(help="the times ahead, with the columns that are known ahead", metavar="FILE"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help=f"write here: {', '.join(ENDINGS)}; without it: CSV on stdout", metavar="FILE"),
    ] = None,
) -> None:
    """Foretell the next steps of every series in HISTORY, with intervals."""
    from ostinato.cli.output import check_table, result, say
    from ostinato.runtime.verb_forecast import forecast_file

    if out is not None:
        check_table(out)
    found = forecast_file(model, history, future)
    if out is None:
        result(found.table().to_csv())
        return
    found.table().write(out)
    say(f"Forecasts of {len(found.ids)} series written to {out}")
