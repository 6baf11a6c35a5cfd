"""Train a transcriber."""

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
from ostinato.spec.transcribe import TranscribeOptions

if TYPE_CHECKING:
    from ostinato.read.utterances import Utterances
    from ostinato.spec.transcribe import TranscribeData


def transcribe(
    manifest: Annotated[
        Path,
        typer.Argument(
            metavar="MANIFEST",
            help="table of sound files and what is said in them; or a folder with wav.scp and text",
        ),
    ],
    out: Out,
    valid: Annotated[
        Path | None, typer.Option(help="manifest of recordings to validate on", metavar="FILE")
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
    """Train a transcriber on the recordings of MANIFEST: it writes down what is said, letter by letter.

    What has no default below is chosen from the data; `ostinato inspect MODEL` shows what was chosen.
    """
    options = assembled(TranscribeOptions, given, recipe, valid)
    data = options.data
    spoken = _read(manifest, data, data.sample_rate)
    validation = None if valid is None else _read(valid, data, spoken.sounds.sample_rate)

    from ostinato.tasks.transcribe import TRANSCRIBE

    place = Place(out, resume, overwrite, tensorboard, init_from)
    trained = fitted(TRANSCRIBE, spoken, options, validation, place)
    show(trained, out, f"{manifest}: {_described(spoken)}", json)
    live = f"ostinato transcribe {quoted(out)} {'-' if options.network.live else 'FILE'}"
    suggest(f"ostinato evaluate {quoted(out)} TEST_MANIFEST --report report.html", live)


def _read(path: Path, data: "TranscribeData", rate: int | None) -> "Utterances":
    from ostinato.read.manifest import read_manifest
    from ostinato.spec.columns import SpokenColumns

    return read_manifest(path, SpokenColumns(audio=data.audio, text=data.text), rate, labelled=True)


def _described(spoken: "Utterances") -> str:
    """Return in words what was read, so that one sees it where it is not what one meant."""
    rate = spoken.sounds.sample_rate or 1
    minutes = sum(map(len, spoken.samples)) / rate / 60
    words = sum(len(text.split()) for text in spoken.texts or [])
    return f"{len(spoken):,} recordings, {minutes:.1f} minutes at {rate:,} samples a second, {words:,} words"
