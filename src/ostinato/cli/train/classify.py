"""Train a model: one subcommand a task."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostinato.cli.options import UsageError, with_options
from ostinato.spec.classify import ClassifyOptions

if TYPE_CHECKING:
    from ostinato.read.sequences import Sequences
    from ostinato.spec.options import DataOptions
    from ostinato.train.fit import Trained

KEPT = {
    "validation": "Scores on the validation part with the weights of epoch {epoch}, which are kept:",
    "folds": "Mean scores in cross-validation after epoch {epoch}; then trained on all sequences:",
    "none": "Not validated; the weights of epoch {epoch} are kept.",
}

app = typer.Typer(help="Train a model on labelled sequences.", rich_markup_mode="rich")


def classify(
    train: Annotated[
        Path,
        typer.Argument(
            metavar="TRAIN", help="labelled sequences: .csv .tsv .jsonl .parquet .arrow .ts .arff .npz"
        ),
    ],
    out: Annotated[Path, typer.Option(help="where the model goes, a new directory", metavar="MODEL")],
    valid: Annotated[
        Path | None, typer.Option(help="labelled sequences to validate on", metavar="FILE")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="YAML file with options; flags override it", metavar="FILE")
    ] = None,
    init_from: Annotated[
        Path | None, typer.Option(help="begin with the weights of this model", metavar="MODEL")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on with the run that was stopped")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace MODEL if it is there")] = False,
    tensorboard: Annotated[
        Path | None, typer.Option(help="also write a TensorBoard log here", metavar="DIR")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="print the outcome as JSON")] = False,
    *,
    given: dict[str, Any],
) -> None:
    """Train a classifier on TRAIN: one label a sequence.

    What has no default below is chosen from the data; `ostinato inspect MODEL` shows what was chosen.
    """
    options = _options(given, recipe, valid)
    sequences = _read(train, options.data)
    validation = None if valid is None else _read(valid, options.data)

    from ostinato.tasks.classify import CLASSIFY
    from ostinato.train.fit import fit
    from ostinato.train.progress import standard

    trained = fit(
        CLASSIFY,
        sequences,
        options,
        valid=validation,
        out=out,
        resume=resume,
        overwrite=overwrite,
        init_from=init_from,
        tensorboard=tensorboard,
        report=standard(),
    )
    _show(trained, out, f"{train}: {_described(sequences)}", json)
    _suggest(out, valid)


app.command("classify")(with_options(ClassifyOptions, classify))
app.callback()(lambda: None)


def _options(given: dict[str, Any], recipe: Path | None, valid: Path | None) -> ClassifyOptions:
    """Return the recipe's options, overridden by the flags."""
    from ostinato.cli.recipe import read_recipe
    from ostinato.spec.fields import assemble

    found = {} if recipe is None else read_recipe(recipe, ClassifyOptions)
    options = assemble(ClassifyOptions, found | given)
    if valid is not None and options.data.valid_fraction is not None:
        raise UsageError("--valid and --valid-fraction are both given; a model is validated on one of them.")
    return options


def _read(path: Path, data: "DataOptions") -> "Sequences":
    from ostinato.read import read
    from ostinato.spec.preprocessing import Columns

    columns = Columns(
        label=data.label, sequence=data.sequence, time=data.time, inputs=data.inputs, text=data.text
    )
    return read(path, columns, labelled=True)


def _described(sequences: "Sequences") -> str:
    """Return in words what was read, so that one sees it where it is not what one meant."""
    from ostinato.read.table import listed

    classes = len(set(sequences.labels or ()))
    if sequences.kind == "text":
        column = sequences.columns.text
        return f"{len(sequences)} texts{f' in column {column}' if column else ''}, {classes} classes"
    channels = f"{len(sequences.channels)} channels ({listed(list(sequences.channels))})"
    steps = sum(len(values) for values in sequences.values)
    return f"{len(sequences)} series of {channels}, {steps} steps in all, {classes} classes"


def _show(trained: "Trained", out: Path, read: str, as_json: bool) -> None:
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


def _suggest(out: Path, valid: Path | None) -> None:
    """Say which command comes next."""
    from ostinato.cli.output import say

    model = shlex.quote(str(out))
    if valid is None:
        say(f"Next: ostinato inspect {model}, then: ostinato evaluate {model} TEST_FILE --report report.html")
    else:
        report = shlex.quote(f"{out}.html")
        say(f"Next: ostinato evaluate {model} {shlex.quote(str(valid))} --report {report}")
