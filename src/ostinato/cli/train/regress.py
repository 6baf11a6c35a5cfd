"""Train a regression model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostinato.cli.train.common import (
    InitFrom,
    Json,
    Out,
    Outcomes,
    Overwrite,
    Place,
    Recipe,
    Resume,
    TensorBoard,
    assembled,
    described,
    fitted,
    quoted,
    refuse_unfit,
    shared_columns,
    show,
    suggest,
)
from ostinato.spec.regress import RegressOptions

if TYPE_CHECKING:
    from ostinato.read.sequences import Sequences
    from ostinato.spec.regress import RegressData


def regress(
    train: Annotated[
        Path,
        typer.Argument(
            metavar="TRAIN", help="sequences with a number to tell: .csv .tsv .jsonl .parquet .arrow"
        ),
    ],
    out: Out,
    valid: Annotated[Path | None, typer.Option(help="sequences to validate on", metavar="FILE")] = None,
    outcomes: Outcomes = None,
    valid_outcomes: Outcomes = None,
    recipe: Recipe = None,
    init_from: InitFrom = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    tensorboard: TensorBoard = None,
    json: Json = False,
    *,
    given: dict[str, Any],
) -> None:
    """Train a model on TRAIN that tells a number: one a sequence or, with --per-step, one a step.

    What has no default below is chosen from the data; `ostinato inspect MODEL` shows what was chosen.
    """
    options = assembled(RegressOptions, given, recipe, valid)
    sequences = _read(train, options.data, outcomes)
    refuse_unfit(options, sequences)
    validation = None if valid is None else _read(valid, options.data, valid_outcomes)

    from ostinato.tasks.regress import REGRESS

    place = Place(out, resume, overwrite, tensorboard, init_from)
    trained = fitted(REGRESS, sequences, options, validation, place)
    show(trained, out, f"{train}: {described(sequences)}", json)
    model = quoted(out)
    test = "TEST_FILE" if outcomes is None else "TEST_FILE TEST_OUTCOMES"
    suggest(f"ostinato evaluate {model} {test} --report report.html", f"ostinato predict {model} FILE")


def _read(path: Path, data: "RegressData", outcomes: Path | None) -> "Sequences":
    from ostinato.cli.options import UsageError
    from ostinato.read import read
    from ostinato.spec.preprocessing import Columns

    if data.target is None:
        raise UsageError("which column holds the number to tell? Name it: --target COLUMN.")
    columns = Columns(target=data.target, per_step=data.per_step, **shared_columns(data))
    return read(path, columns, labelled=True, outcomes=outcomes)
