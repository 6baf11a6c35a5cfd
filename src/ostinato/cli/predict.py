"""Answer for every sequence of a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ostinato.runtime.loading import AnyModel
    from ostinato.runtime.verbs import Predictions, TaggedFiles

ENDINGS = (".csv", ".jsonl", ".parquet")


def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="model directory")],
    data: Annotated[
        Path,
        typer.Argument(metavar="DATA", help="sequences, as the model was trained on, without labels too"),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help=f"write here: {', '.join(ENDINGS)}; of a tagger what DATA is, file or new folder. "
            "Without it, CSV or DATA's own format on stdout",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Print the label and the class probabilities of every sequence in DATA; of a tagger DATA, tagged."""
    from ostinato.runtime import load, verbs

    loaded = load(model)
    if out is not None:
        _check_out(out, data, loaded)
    found = verbs.predict(loaded, data)
    if isinstance(found, verbs.TaggedFiles):
        _give_files(found, out)
    else:
        _give_rows(found, out)


def _give_rows(found: "Predictions", out: Path | None) -> None:
    from ostinato.answers import write
    from ostinato.cli.output import result, say

    ids, answer = found
    if out is None:
        result(write.to_csv(ids, answer))
        return
    write.write(out, ids, answer)
    say(f"{len(ids)} predictions written to {out}")


def _give_files(found: "TaggedFiles", out: Path | None) -> None:
    from ostinato.answers.files import write_file
    from ostinato.cli.options import UsageError
    from ostinato.cli.output import result, say

    if out is None:
        if found.folder:
            raise UsageError("DATA is a folder of files; name a new folder for them: --out FOLDER.")
        result(b"".join(found.files.values()).decode())
        return
    if found.folder:
        out.mkdir(exist_ok=True)
    for name, content in found.files.items():
        write_file(out / name if found.folder else out, content)
    say(f"{len(found.answer)} sentences written to {out}")


def _check_out(out: Path, data: Path, model: "AnyModel") -> None:
    """Refuse, before any work, a file that cannot be written or must not be."""
    from ostinato.cli.options import UsageError
    from ostinato.runtime import Tagger

    if not isinstance(model, Tagger) and out.suffix.lower() not in ENDINGS:
        raise UsageError(f"--out is {str(out)!r}; expected a name that ends in one of {', '.join(ENDINGS)}.")
    if out.exists() and data.exists() and out.samefile(data):
        raise UsageError(f"--out is DATA itself, {str(data)!r}, which would be lost; name another file.")
