"""Score a model on a file."""

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="model directory")],
    data: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATA…",
            help="labelled sequences; events and OUTCOMES; a text; SOURCE TARGET, two text files or a table; "
            "or dialogues",
        ),
    ],
    json: Annotated[bool, typer.Option("--json", help="print JSON, not a table")] = False,
    report: Annotated[
        Path | None, typer.Option(help="also write an HTML report here", metavar="FILE.html")
    ] = None,
) -> None:
    """Score MODEL on DATA: metrics on stdout, a report on request."""
    from ostinato.cli.output import result, say
    from ostinato.evaluate.write import write_html
    from ostinato.runtime import verbs

    found = verbs.evaluate(model, data, explain=report is not None)
    if report is not None:
        write_html(found, report)
        say(f"Report: {report}")
    result(found.to_json() + "\n" if json else found.to_table())
