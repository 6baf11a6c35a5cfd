"""Score a model on a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ostinato.cli.transcribe import BeamSize, Bonus, LanguageModel, Weight

if TYPE_CHECKING:
    from ostinato.answers.language import LossesOf
    from ostinato.evaluate.decisions import GradientsOf


def evaluate(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="model directory")],
    data: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATA…",
            help="sequences or videos; events and OUTCOMES; a text; SOURCE TARGET, two files or a table; "
            "dialogues; a manifest; series",
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
    explain: Annotated[
        str,
        typer.Option(
            help="how a report explains decisions on series: occlusion (hide parts), or gradients "
            "(integrated gradients, which needs torch)",
            metavar="WORD",
        ),
    ] = "occlusion",
    dynamic: Annotated[
        float | None,
        typer.Option(
            help="language models: also score the model while it goes on learning from what it has "
            "scored, at this rate, such as 0.0003; needs torch",
            min=0.0,
            metavar="RATE",
        ),
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
    if report is not None:
        _check_report(report)
    gradients_of = _explainer(model, explain) if report else None
    found = verbs.evaluate(
        model,
        data,
        explain=report is not None,
        decoding=decoding,
        stride=stride,
        per_window=per_window,
        gradients_of=gradients_of,
        learner=None if dynamic is None else _learner(model, dynamic),
    )
    if report is not None:
        write_html(found, report)
        say(f"Report: {report}")
    result(found.to_json() + "\n" if json else found.to_table())


def _learner(model: Path, rate: float) -> "LossesOf":
    """Return what scores tokens and learns from them."""
    from ostinato.checks import extra

    extra("torch", "train", "learning while a text is scored")
    from ostinato.nn.dynamic import learner

    return learner(model, rate)


def _check_report(report: Path) -> None:
    """Refuse a report that cannot be written, before the evaluation that it would tell of."""
    from ostinato.answers.files import checked_place
    from ostinato.cli.options import UsageError

    if report.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--report is {str(report)!r}; expected a name that ends in .html.")
    checked_place(report)


def _explainer(model: Path, how: str) -> "GradientsOf | None":
    """Return what explains decisions by gradients, where that is wanted."""
    from ostinato.checks import extra
    from ostinato.cli.options import UsageError

    if how not in ("occlusion", "gradients"):
        raise UsageError(f"--explain is {how!r}; choose one of occlusion, gradients.")
    if how == "occlusion":
        return None
    extra("torch", "train", "explaining by gradients")
    from ostinato.nn.integrated import explainer

    return explainer(model)
