"""Score a model on a file."""

from pathlib import Path
from typing import Annotated

import typer

from ostinato.cli.transcribe import BeamSize, Bonus, LanguageModel, Weight


def evaluate(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="model directory")],
    data: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATA…",
            help="sequences or videos; a text; SOURCE TARGET, two files or a table; dialogues; a manifest; "
            "series",
        ),
    ],
    per_window: Annotated[
        bool, typer.Option("--per-window", help="classifiers of windows: judge each window by itself")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="print JSON, not a table")] = False,
    stride: Annotated[
        int | None, typer.Option(help="forecast models: steps from an origin to the next", min=1)
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="also write an HTML report here", metavar="FILE.html")
    ] = None,
    beam_size: BeamSize = None,
    lm: LanguageModel = None,
    lm_weight: Weight = None,
    insertion_bonus: Bonus = None,
) -> None:
    """Score MODEL on DATA: metrics on stdout, a report on request."""
    from ostinato.cli.output import result, say
    from ostinato.evaluate.write import write_html
    from ostinato.runtime import verbs
    from ostinato.runtime.verb_speech import decoding_of

    given = (beam_size, lm, lm_weight, insertion_bonus)
    decoding = None if given == (None,) * 4 else decoding_of(*given)
    explain = report is not None
    found = verbs.evaluate(
        model, data, explain=explain, decoding=decoding, stride=stride, per_window=per_window
    )
    if report is not None:
        write_html(found, report)
        say(f"Report: {report}")
    result(found.to_json() + "\n" if json else found.to_table())
