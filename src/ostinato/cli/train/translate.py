"""Train a translation model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostinato.cli.train.common import (
    Json,
    Out,
    Overwrite,
    Place,
    Recipe,
    Resume,
    TensorBoard,
    assembled,
    fitted,
    quoted,
    show,
    suggest,
)
from ostinato.spec.translate import TranslateOptions

if TYPE_CHECKING:
    from ostinato.read.parallel import Pairs
    from ostinato.spec.translate import TranslateData


def translate(
    train: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE TARGET",
            help="text files, line N of one for line N of the other; or one table with --source and --target",
        ),
    ],
    out: Out,
    valid: Annotated[
        list[Path] | None,
        typer.Option(
            help="pairs to validate on: give it twice, source first; of a table once", metavar="FILE"
        ),
    ] = None,
    recipe: Recipe = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    tensorboard: TensorBoard = None,
    json: Json = False,
    *,
    given: dict[str, Any],
) -> None:
    """Train a translation model on pairs of texts: an encoder, and a decoder with attention.

    What has no default below is chosen from the data; `ostinato inspect MODEL` shows what was chosen.
    """
    options = assembled(TranslateOptions, given, recipe, valid[0] if valid else None)
    pairs = _read(train, options.data)
    validation = _read(valid, options.data) if valid else None

    from ostinato.tasks.translate import TRANSLATE

    place = Place(out, resume, overwrite, tensorboard)
    trained = fitted(TRANSLATE, pairs, options, validation, place)
    show(trained, out, _described(train, pairs), json)
    model = quoted(out)
    suggest(f"ostinato predict {model} SOURCE", f"ostinato evaluate {model} SOURCE TARGET")


def _read(paths: list[Path], data: "TranslateData") -> "Pairs":
    from ostinato.read.parallel import read_pairs
    from ostinato.spec.columns import PairColumns

    columns = PairColumns(source=data.source, target=data.target)
    return read_pairs(paths, columns, labelled=True, drop_blank=data.drop_blank)


def _described(paths: list[Path], pairs: "Pairs") -> str:
    """Return in words what was read."""
    left = f", {pairs.dropped:,} left out for a blank side" if pairs.dropped else ""
    return f"{' and '.join(map(str, paths))}: {len(pairs):,} pairs{left}"
