"""Train a language model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostinato.cli.train.common import (
    InitFrom,
    Json,
    Out,
    Overwrite,
    Recipe,
    Resume,
    TensorBoard,
    assembled,
    quoted,
    show,
    suggest,
)
from ostinato.spec.language import LanguageOptions

if TYPE_CHECKING:
    from ostinato.read.corpus import Corpus
    from ostinato.spec.language import LanguageData


def language(
    corpus: Annotated[
        list[Path],
        typer.Argument(metavar="CORPUS…", help="text files; or .csv .tsv .jsonl .parquet with --text COLUMN"),
    ],
    out: Out,
    valid: Annotated[Path | None, typer.Option(help="text to validate on", metavar="FILE")] = None,
    recipe: Recipe = None,
    init_from: InitFrom = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    tensorboard: TensorBoard = None,
    json: Json = False,
    *,
    given: dict[str, Any],
) -> None:
    """Train a language model on CORPUS: what comes next, token by token.

    What has no default below is chosen from the data; `ostinato inspect MODEL` shows what was chosen.
    """
    options = assembled(LanguageOptions, given, recipe, valid)
    text = _read(corpus, options.data)
    validation = None if valid is None else _read([valid], options.data)

    from ostinato.tasks.language import LANGUAGE
    from ostinato.train.fit import fit
    from ostinato.train.progress import standard

    trained = fit(
        LANGUAGE,
        text,
        options,
        valid=validation,
        out=out,
        resume=resume,
        overwrite=overwrite,
        init_from=init_from,
        tensorboard=tensorboard,
        report=standard(),
    )
    show(trained, out, _described(corpus, text), json)
    model = quoted(out)
    suggest(f"ostinato generate {model} --length 500", f"ostinato evaluate {model} TEXT")


def _read(paths: list[Path], data: "LanguageData") -> "Corpus":
    from ostinato.read.corpus import read_corpus

    return read_corpus(paths, text=data.text, documents=data.documents)


def _described(paths: list[Path], corpus: "Corpus") -> str:
    """Return in words what was read."""
    names = str(paths[0]) if len(paths) == 1 else f"{len(paths)} files"
    count = len(corpus)
    characters = sum(map(len, corpus.documents))
    return f"{names}: {count:,} document{'s' if count > 1 else ''} of {characters:,} characters"
