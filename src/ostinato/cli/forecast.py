"""Foretell what follows the series of a file."""

from pathlib import Path
from typing import Annotated

import typer

ENDINGS = (".csv", ".jsonl", ".parquet")


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
    from ostinato.answers import forecast_files
    from ostinato.cli.options import UsageError
    from ostinato.cli.output import result, say
    from ostinato.runtime.verb_forecast import forecast_file

    if out is not None and out.suffix.lower() not in ENDINGS:
        raise UsageError(f"--out is {str(out)!r}; expected a name that ends in one of {', '.join(ENDINGS)}.")
    rows = forecast_file(model, history, future)
    if out is None:
        result(forecast_files.to_csv(rows))
        return
    forecast_files.write(out, rows)
    say(f"Forecasts of {len(rows.ids)} series written to {out}")
