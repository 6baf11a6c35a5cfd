"""Score a model on a labelled file."""

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="model directory")],
    data: Annotated[Path, typer.Argument(metavar="DATA", help="labelled sequences")],
    json: Annotated[bool, typer.Option("--json", help="print JSON, not a table")] = False,
    report: Annotated[
        Path | None, typer.Option(help="also write an HTML report here", metavar="FILE.html")
    ] = None,
) -> None:
    """Score MODEL on labelled DATA: metrics on stdout, a report on request."""
    from ostinato import read, runtime
    from ostinato.cli.output import result, say
    from ostinato.evaluate.classify import Evaluation

    loaded = runtime.load(model)
    sequences = read.read(data, loaded.spec.columns, labelled=True)
    evaluation = Evaluation.of(
        loaded.spec,
        sequences,
        loaded.predict(sequences).probabilities,
        probabilities_of=None if report is None else lambda values: loaded.predict(values).probabilities,
        unknown_rate=loaded.preprocessor.unknown_rate(sequences),
        name=model.name,
        source=data.name,
    )
    if report is not None:
        from ostinato.evaluate.report import write_html

        write_html(evaluation, report)
        say(f"Report: {report}")
    result(evaluation.to_json() + "\n" if json else evaluation.to_table())
