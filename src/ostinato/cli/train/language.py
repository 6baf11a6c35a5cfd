"""Train a language model, of text or of music."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ostinato.cli.options import UsageError
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
from ostinato.spec.fields import fields
from ostinato.spec.language import LanguageOptions, LanguageTraining
from ostinato.spec.rolls import RollOptions, RollTraining

if TYPE_CHECKING:
    from ostinato.read.corpus import Corpus
    from ostinato.read.midi import Scores
    from ostinato.read.rolls import Rolls
    from ostinato.spec.language import LanguageData
    from ostinato.train.fit import Trained

Kind = Literal["text", "music", "piano rolls"]

ENDINGS: dict[str, Kind] = {
    ".mid": "music",
    ".midi": "music",
    ".mid.gz": "music",
    ".midi.gz": "music",
    ".mat": "piano rolls",
    ".npz": "piano rolls",
}
"""What files are by their names' ends; all others are text."""


class Training(LanguageTraining, RollTraining):
    """The training options of both tasks."""


class Flags(LanguageOptions):
    """All flags of the command, whatever the files are."""

    training: Training = Training()


MEANINGLESS: dict[Kind, frozenset[str]] = {
    "text": frozenset(fields(Flags)) - set(fields(LanguageOptions)),
    "music": frozenset(fields(Flags))
    - {name for name, field in fields(LanguageOptions).items() if field.fits("notes")},
    "piano rolls": frozenset(fields(Flags)) - set(fields(RollOptions)),
}
"""The flags that say nothing about files of a kind."""


@dataclass(frozen=True)
class Command:
    """What the command line said beside the options."""

    files: list[Path]
    valid: Path | None
    recipe: Path | None
    place: Place


def language(
    corpus: Annotated[
        list[Path],
        typer.Argument(
            metavar="CORPUS…",
            help="text files; or .csv .tsv .jsonl .parquet with --text COLUMN; or MIDI files, .mid; or one "
            "of piano rolls, .mat .npz",
        ),
    ],
    out: Out,
    valid: Annotated[Path | None, typer.Option(help="what to validate on", metavar="FILE")] = None,
    recipe: Recipe = None,
    init_from: InitFrom = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    tensorboard: TensorBoard = None,
    json: Json = False,
    *,
    given: dict[str, Any],
) -> None:
    """Train a language model on CORPUS: what comes next, token by token or, in piano rolls, frame by frame.

    What has no default below is chosen from the data; `ostinato inspect MODEL` shows what was chosen.
    """
    command = Command(corpus, valid, recipe, Place(out, resume, overwrite, tensorboard, init_from))
    kind = _kind([*corpus, *([] if valid is None else [valid])])
    trained, read = _rolls(command, given) if kind == "piano rolls" else _language(command, kind, given)
    show(trained, out, read, json)
    model = quoted(out)
    if kind == "text":
        suggest(f"ostinato generate {model} --length 500", f"ostinato evaluate {model} TEXT")
    else:
        suggest(f"ostinato generate {model} --out song.mid", f"ostinato evaluate {model} FILE")


def _kind(paths: Sequence[Path]) -> Kind:
    """Return what the files are, all of the same kind."""
    kinds = [_kind_of(path) for path in paths]
    for path, kind in zip(paths, kinds, strict=True):
        if kind != kinds[0]:
            raise UsageError(f"{paths[0]} is {kinds[0]} and {path} is {kind}; give files of one kind.")
    return kinds[0]


def _kind_of(path: Path) -> Kind:
    name = path.name.lower()
    return next((kind for ending, kind in ENDINGS.items() if name.endswith(ending)), "text")


def _language(command: Command, kind: Kind, given: dict[str, Any]) -> tuple["Trained", str]:
    """Train on text or on MIDI files; return also what was read, in words."""
    options = assembled(LanguageOptions, given, command.recipe, command.valid, MEANINGLESS[kind], kind)
    data = _read(command.files, kind, options.data)
    validation = None if command.valid is None else _read([command.valid], kind, options.data)

    from ostinato.tasks.language import LANGUAGE

    return fitted(LANGUAGE, data, options, validation, command.place), _described(command.files, data)


def _rolls(command: Command, given: dict[str, Any]) -> tuple["Trained", str]:
    """Train on piano rolls; return also what was read, in words."""
    if len(command.files) > 1:
        raise UsageError(f"{len(command.files)} files of piano rolls are given; give one.")
    (path,) = command.files
    options = assembled(
        RollOptions, given, command.recipe, command.valid, MEANINGLESS["piano rolls"], "piano rolls"
    )
    from ostinato.read.rolls import read_rolls

    data = read_rolls(path)
    validation = None if command.valid is None else read_rolls(command.valid)

    from ostinato.tasks.rolls import ROLLS

    return fitted(ROLLS, data, options, validation, command.place), _described_rolls(path, data)


def _read(paths: list[Path], kind: Kind, data: "LanguageData") -> "Corpus | Scores":
    if kind == "music":
        from ostinato.read.midi import read_scores

        return read_scores(paths)
    from ostinato.read.corpus import read_corpus

    return read_corpus(paths, text=data.text, documents=data.documents)


def _described(paths: list[Path], data: "Corpus | Scores") -> str:
    """Return in words what was read."""
    from ostinato.read.midi import Scores

    names = str(paths[0]) if len(paths) == 1 else f"{len(paths)} files"
    count = len(data)
    if isinstance(data, Scores):
        notes = sum(score.note_num() for score in data.scores)
        return f"{names}: {count:,} piece{'s' if count > 1 else ''} of {notes:,} notes"
    characters = sum(map(len, data.documents))
    return f"{names}: {count:,} document{'s' if count > 1 else ''} of {characters:,} characters"


def _described_rolls(path: Path, data: "Rolls") -> str:
    frames = sum(map(len, data.values))
    parts = [f"{data.parts.count(part)} {part}" for part in dict.fromkeys(data.parts)] if data.parts else []
    named = f" ({', '.join(parts)})" if parts else ""
    return f"{path}: {len(data):,} sequences{named} of {frames:,} frames"
