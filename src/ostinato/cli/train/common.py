"""What training any task has in common: its arguments, and what is printed at its end."""

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from pydantic import BaseModel

from ostinato.cli.options import UsageError, flag
from ostinato.spec.fields import Options

if TYPE_CHECKING:
    from ostinato.read.sequences import Sequences
    from ostinato.spec.options import InputData
    from ostinato.train.fit import Trained

KEPT = {
    "validation": "Scores on the validation part with the weights of epoch {epoch}, which are kept:",
    "folds": "Mean scores in cross-validation after epoch {epoch}; then trained on all sequences:",
    "none": "Not validated; the weights of epoch {epoch} are kept.",
}

Out = Annotated[Path, typer.Option(help="where the model goes, a new directory", metavar="MODEL")]
Recipe = Annotated[
    Path | None, typer.Option(help="YAML file with options; flags override it", metavar="FILE")
]
InitFrom = Annotated[Path | None, typer.Option(help="begin with the weights of this model", metavar="MODEL")]
Resume = Annotated[bool, typer.Option("--resume", help="go on with the run that was stopped")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="replace MODEL if it is there")]
TensorBoard = Annotated[Path | None, typer.Option(help="also write a TensorBoard log here", metavar="DIR")]
Outcomes = Annotated[
    Path | None,
    typer.Option(help="event tables: a table of one row a sequence, with what is to be told", metavar="FILE"),
]
Json = Annotated[bool, typer.Option("--json", help="print the outcome as JSON")]


def assembled(
    options: type[Options],
    given: Mapping[str, Any],
    recipe: Path | None,
    valid: Path | None,
    meaningless: Collection[str] = (),
    data: str = "",
) -> Options:
    """Return the recipe's options, overridden by the flags; refuse those that mean nothing for the data."""
    from ostinato.cli.recipe import read_recipe
    from ostinato.spec.fields import assemble, flat

    found = {} if recipe is None else read_recipe(recipe, options)
    _refuse(sorted({*found, *given} & set(meaningless)), data)
    whole = assemble(options, found | dict(given))
    if valid is not None and flat(whole)["valid_fraction"] is not None:
        raise UsageError("--valid and --valid-fraction are both given; a model is validated on one of them.")
    return whole


def refuse_unfit(options: BaseModel, sequences: "Sequences") -> None:
    """Refuse options that were given and say nothing about such data as was read."""
    from ostinato.spec.given import unfit
    from ostinato.spec.option import CALLED

    _refuse(unfit(options, sequences.kind), CALLED[sequences.kind])


def _refuse(names: Sequence[str], data: str) -> None:
    if names:
        says = "says" if len(names) == 1 else "say"
        it = "it" if len(names) == 1 else "them"
        raise UsageError(f"{', '.join(map(flag, names))} {says} nothing about {data}; leave {it} out.")


@dataclass(frozen=True)
class Place:
    """Where a run goes, and what it begins with: what the command line said beside data and options."""

    out: Path
    resume: bool
    overwrite: bool
    tensorboard: Path | None
    init_from: Path | None = None


def fitted(task: Any, data: Any, options: Any, valid: Any, place: Place) -> "Trained":
    """Train, showing the progress on stderr; the arguments are those of ``train.fit.fit``."""
    from ostinato.train.fit import fit
    from ostinato.train.progress import standard

    return fit(
        task,
        data,
        options,
        valid=valid,
        out=place.out,
        resume=place.resume,
        overwrite=place.overwrite,
        init_from=place.init_from,
        tensorboard=place.tensorboard,
        report=standard(),
    )


def shared_columns(data: "InputData") -> dict[str, Any]:
    """Return which columns the options name, but for what is to be told."""
    return {
        "sequence": data.sequence,
        "time": data.time,
        "inputs": data.inputs,
        "text": data.text,
        "static": data.static,
        "missing": data.missing != "forbid",
        "parameter": data.parameter,
        "value": data.value,
        "every": data.every,
        "names": data.names,
    }


def described(sequences: "Sequences") -> str:
    """Return in words what was read, so that one sees it where it is not what one meant."""
    from ostinato.read.table import listed

    if sequences.kind == "text":
        column = sequences.columns.text
        return f"{len(sequences)} texts{f' in column {column}' if column else ''}"
    if sequences.kind == "video":
        frames = sum(len(values) for values in sequences.values)
        return f"{len(sequences)} videos, {frames} frames in all"
    if sequences.kind == "audio":
        rate = sequences.sample_rate or 0
        seconds = sum(len(values) for values in sequences.values) / rate
        return f"{len(sequences)} recordings, {seconds:.1f} s at {rate} Hz"
    channels = f"{len(sequences.channels)} channels ({listed(list(sequences.channels))})"
    steps = sum(len(values) for values in sequences.values)
    return f"{len(sequences)} series of {channels}, {steps} steps in all{_missing(sequences)}"


def _missing(sequences: "Sequences") -> str:
    """Return how much is missing, where something may be."""
    import numpy as np

    from ostinato.read.sequences import Values

    if not sequences.columns.missing:
        return ""
    series = cast("list[Values]", sequences.values)
    rows = np.concatenate([np.isnan(values).mean(axis=1) for values in series])
    return f", {rows.mean():.0%} of the values missing"


def show(trained: "Trained", out: Path, read: str, as_json: bool) -> None:
    """Print what was read, where things lie and how well the model does on its validation part."""
    from ostinato.cli.output import result, result_json, score_lines

    record = trained.model.training
    report = out.with_name(out.name + ".run") / "report.html"
    if as_json:
        result_json(
            {"model": str(out), "report": str(report), "epoch": record.best_epoch, "scores": record.scores}
        )
        return
    lines = [f"Read     {read}", f"Model    {out}", f"Report   {report}", ""]
    lines.append(KEPT[record.selection].format(epoch=record.best_epoch))
    lines += score_lines(record.scores)
    result("\n".join(lines) + "\n")


def suggest(*commands: str) -> None:
    """Say which commands come next; ``{model}`` and the like were put in by ``quoted``."""
    from ostinato.cli.output import say

    say(f"Next: {', then: '.join(commands)}")


def quoted(path: Path | str) -> str:
    """Return a path as a shell takes it."""
    return shlex.quote(str(path))
