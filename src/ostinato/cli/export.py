"""Write a model in another form."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def export(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="model directory")],
    to: Annotated[Literal["int8"], typer.Option(help="int8: a model directory with 8-bit recurrent weights")],
    out: Annotated[Path, typer.Option(help="what to write", metavar="OUT")],
    data: Annotated[
        Path | None, typer.Option(help="also judge both models on this labelled file", metavar="DATA")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace what is there")] = False,
    json: Annotated[bool, typer.Option("--json", help="print JSON, not a table")] = False,
) -> None:
    """Write MODEL in another form: its size, and with --data its scores before and after, on stdout."""
    from ostinato.cli.output import result, result_json
    from ostinato.export import int8

    int8.export(model, out, overwrite=overwrite)
    sizes = tuple(sum(file.stat().st_size for file in place.iterdir()) for place in (model, out))
    scores = {} if data is None else int8.compare(model, out, data)
    if json:
        result_json({"bytes": sizes, "scores": {name: found._asdict() for name, found in scores.items()}})
        return
    lines = [f"{'':<24}{'before':>12}{'after':>12}", f"{'bytes':<24}{sizes[0]:>12,}{sizes[1]:>12,}"]
    lines += [f"{name:<24}{found.before:>12.4f}{found.after:>12.4f}" for name, found in scores.items()]
    result("\n".join(lines) + "\n")
