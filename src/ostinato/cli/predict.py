"""Answer for every sequence of a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ostinato.answers.rows import ENDINGS

if TYPE_CHECKING:
    from ostinato.answers.rows import Rows
    from ostinato.decode.beam import Beam
    from ostinato.runtime.verb_pairs import Translations
    from ostinato.runtime.verb_sequences import Answered
    from ostinato.runtime.verbs import TaggedFiles


def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="model directory")],
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="sequences, as the model was trained on, without labels too; or one sound file; for a "
            "translation also -: stdin",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help=f"write here: {', '.join(ENDINGS)}; translations: a text file; of a tagger what DATA is, "
            "file or new folder. Without it: stdout",
            metavar="FILE",
        ),
    ] = None,
    outcomes: Annotated[
        Path | None, typer.Option(help="event tables: the table in which descriptors stand", metavar="FILE")
    ] = None,
    per_window: Annotated[
        bool, typer.Option("--per-window", help="classifiers of windows: answer for each window")
    ] = False,
    beam_size: Annotated[
        int | None, typer.Option(help="translation: how many continuations are kept (default: 5)", min=1)
    ] = None,
    length_penalty: Annotated[
        float | None, typer.Option(help="translation: the higher, the longer (default: 0.6)", min=0.0)
    ] = None,
    coverage_penalty: Annotated[
        float | None,
        typer.Option(
            help="translation: the higher, the more of a source must be looked at (default: 0.2)", min=0.0
        ),
    ] = None,
) -> None:
    """Answer for every sequence in DATA: its label and probabilities, number, tags, or translation."""
    from ostinato.runtime import load, verbs
    from ostinato.runtime.sequences import SequenceModel
    from ostinato.runtime.verb_pairs import Translations

    loaded = load(model)
    if out is not None:
        _check_out(out, data, table=isinstance(loaded, SequenceModel))
    beam = _beam(beam_size, length_penalty, coverage_penalty)
    found = verbs.predict(loaded, data, beam, outcomes, per_window=per_window)
    if isinstance(found, verbs.TaggedFiles):
        _give_files(found, out)
    elif isinstance(found, Translations):
        _give_lines(found, out)
    else:
        _give_rows(_rows(found), len(found.ids), out)


def _beam(size: int | None, length_penalty: float | None, coverage_penalty: float | None) -> "Beam | None":
    """Return how to search, where an option of it was given."""
    from ostinato.runtime.translate import BEAM

    given = {"beam_size": size, "length_penalty": length_penalty, "coverage_penalty": coverage_penalty}
    chosen = {name: value for name, value in given.items() if value is not None}
    return BEAM.model_copy(update=chosen) if chosen else None


def _rows(found: "Answered") -> "Rows":
    from ostinato.answers import estimates, labels, write
    from ostinato.answers.labels import LabelAnswer
    from ostinato.answers.regress import Estimates

    if isinstance(found.answer, LabelAnswer):
        return labels.rows(found.ids, found.answer)
    if isinstance(found.answer, Estimates):
        return estimates.rows(found.ids, found.answer)
    return write.rows(found.ids, found.answer)


def _give_rows(rows: "Rows", count: int, out: Path | None) -> None:
    from ostinato.cli.output import result, say

    if out is None:
        result(rows.to_csv())
        return
    rows.write(out)
    say(f"{count} predictions written to {out}")


def _give_lines(found: "Translations", out: Path | None) -> None:
    from ostinato.answers.files import write_file
    from ostinato.answers.plain import plain
    from ostinato.cli.output import result, say

    if out is None:
        result("".join(f"{plain(line)}\n" for line in found.texts))
        return
    write_file(out, "".join(f"{line}\n" for line in found.texts).encode())
    say(f"{len(found.texts)} translations written to {out}")


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


def _check_out(out: Path, data: Path, *, table: bool) -> None:
    """Refuse, before any work, a file that cannot be written or must not be."""
    from ostinato.cli.options import UsageError
    from ostinato.cli.output import check_table

    if table:
        check_table(out)
    if out.exists() and data.exists() and out.samefile(data):
        raise UsageError(f"--out is DATA itself, {str(data)!r}, which would be lost; name another file.")
