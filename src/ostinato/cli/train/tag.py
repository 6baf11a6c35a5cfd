"""Train a tagger."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostinato.cli.train.common import (
    InitFrom,
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
from ostinato.spec.tag import TagOptions

if TYPE_CHECKING:
    from ostinato.read.sentences import TaggedSentences
    from ostinato.spec.tag import TagData


def tag(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="tagged sentences: columns of a word a line, .conllu, .jsonl, or a folder of aligned lines",
        ),
    ],
    out: Out,
    valid: Annotated[
        Path | None, typer.Option(help="tagged sentences to validate on", metavar="FILE")
    ] = None,
    recipe: Recipe = None,
    init_from: InitFrom = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    tensorboard: TensorBoard = None,
    json: Json = False,
    *,
    given: dict[str, Any],
) -> None:
    """Train a tagger on DATA: one tag a word and, where sentences have labels, one label a sentence.

    What has no default below is chosen from the data; `ostinato inspect MODEL` shows what was chosen.
    """
    options = assembled(TagOptions, given, recipe, valid)
    sentences = _read(data, options.data)
    _check_format(data, options.data, sentences.columns.format)
    validation = None if valid is None else _read(valid, options.data)

    from ostinato.tasks.tag import TAG

    place = Place(out, resume, overwrite, tensorboard, init_from)
    trained = fitted(TAG, sentences, options, validation, place)
    show(trained, out, f"{data}: {_described(sentences)}", json)
    model = quoted(out)
    suggest(f"ostinato evaluate {model} TEST_DATA --report report.html", f"ostinato predict {model} DATA")


def _read(path: Path, data: "TagData") -> "TaggedSentences":
    from ostinato.read.tagged import read_tagged
    from ostinato.spec.columns import TaggedColumns

    columns = TaggedColumns(
        format=data.format,
        words=data.words,
        tags=data.tags,
        label=data.label,
        id=data.id,
        comments=data.comments,
        separator=data.separator,
    )
    return read_tagged(path, columns, labelled=True)


def _check_format(path: Path, data: "TagData", format: str | None) -> None:
    """Refuse what was said of another format than that which the file's name tells."""
    from ostinato.cli.options import UsageError

    if data.format not in (None, format):
        raise UsageError(
            f"--format is {data.format}, and {path} is {format} by its name; leave --format out."
        )
    if format != "columns" and (data.comments is not None or data.separator is not None):
        raise UsageError(
            f"--comments and --separator are about columns, and {path} is {format}; leave them out."
        )


def _described(sentences: "TaggedSentences") -> str:
    """Return in words what was read, so that one sees it where it is not what one meant."""
    words = sum(map(len, sentences.words))
    tags = len({tag for one in sentences.tags or [] for tag in one})
    labels = "" if sentences.labels is None else f", {len(set(sentences.labels))} labels"
    return f"{len(sentences):,} sentences of {words:,} words, {tags} tags{labels}"
