"""Manifests: tables that name sound files and hold what is said in them; and Kaldi's folders."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.audio import HIGHEST_RATE
from ostinato.read.files import load_table
from ostinato.read.labels import check_unique, ids_of
from ostinato.read.limits import Limits
from ostinato.read.recordings import read_recording, resampled
from ostinato.read.sequences import Sequences
from ostinato.read.source import Source, load_text, named
from ostinato.read.table import Table, listed
from ostinato.read.utterances import Utterances, spoken
from ostinato.spec.columns import SpokenColumns

AUDIO = ("audio", "audio_filepath", "path")
TEXT = ("text", "sentence", "transcript")
"""What columns are called where nobody names them: a plain manifest's, NeMo's and Common Voice's."""

_DEFAULT = Limits()
_OPEN = SpokenColumns()


class Listed(NamedTuple):
    """What a manifest says.

    Args:
        name: of the manifest.
        files: the sound files, as they are written.
        texts: what is said in each, None where that is missing; or None where nothing says it.
        ids, places: what each recording is called, and where it stands.
        columns: what was read, with every name filled in.
    """

    name: str
    files: list[str]
    texts: Sequence[str | None] | None
    ids: list[str]
    places: list[str]
    columns: SpokenColumns


def read_manifest(
    path: str | os.PathLike[str],
    columns: SpokenColumns = _OPEN,
    sample_rate: int | None = None,
    *,
    labelled: bool,
    limits: Limits = _DEFAULT,
) -> Utterances:
    """Read recordings and what is said in them: all of them, or an error.

    Args:
        path: a table (.csv, .tsv, .jsonl, .parquet …) with a column of sound files, their paths relative to
            the table, and one of texts; or a folder as Kaldi has it, with the files ``wav.scp`` (a name and a
            sound file a line, its path relative to the folder) and ``text`` (a name and what is said).
        columns: which columns these are, of tables alone.
        sample_rate: to which all are resampled; None: the lowest of theirs, 16000 at most.
        labelled: whether there must be texts. If not, they are taken where they are there.
        limits: how much is taken of each file.

    Raises:
        DataError: a file cannot be used, or a text is blank; with the line.

    Example:
        >>> import numpy as np, soundfile, tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> soundfile.write(folder / "1.wav", np.zeros(800), 8000)
        >>> _ = (folder / "said.csv").write_text("audio,text\\n1.wav,so it  goes\\n")
        >>> said = read_manifest(folder / "said.csv", labelled=True)
        >>> said.texts, said.sounds.ids, said.sounds.sample_rate
        (['so it goes'], ['1.wav'], 8000)
    """
    folder = Path(path)
    if folder.is_dir():
        found = _kaldi(folder, labelled, limits)
    else:
        found = _table(load_table(path, limits), columns, labelled)
        folder = folder.parent
    texts = None if found.texts is None else spoken(found.texts, found.places)
    return Utterances(found.name, _sounds(found, folder, sample_rate, limits), texts, found.columns)


def _sounds(found: Listed, folder: Path, sample_rate: int | None, limits: Limits) -> Sequences:
    recordings = []
    for file, place in zip(found.files, found.places, strict=True):
        try:
            recordings.append(read_recording(folder / file, limits))
        except DataError as error:
            raise DataError(f"{place}: {error}") from error
    rate = sample_rate or min(HIGHEST_RATE, *(one.sample_rate for one in recordings))
    values = [resampled(one, rate) for one in recordings]
    return Sequences("audio", values, found.ids, places=found.places, sample_rate=rate)


def _table(table: Table, columns: SpokenColumns, labelled: bool) -> Listed:
    audio = _column(table, columns.audio, AUDIO, "--audio")
    text = _column(table, columns.text, TEXT, "--text") if labelled or _has_text(table, columns) else None
    files = ids_of(table, audio)
    check_unique(files, table.place)
    return Listed(
        name=table.name,
        files=files,
        texts=None if text is None else table.texts(text),
        ids=files,
        places=[table.place(row) for row in range(table.rows)],
        columns=SpokenColumns(audio=audio, text=text or columns.text),
    )


def _has_text(table: Table, columns: SpokenColumns) -> bool:
    wanted = TEXT if columns.text is None else (columns.text,)
    return any(name in table.names for name in wanted)


def _column(table: Table, named: str | None, usual: Sequence[str], flag: str) -> str:
    """Return a column that was named, or the one of the usual names that the table has."""
    if named is not None:
        return table.require(named, flag[2:])
    found = [name for name in usual if name in table.names]
    if len(found) != 1:
        lacks = "has none of" if not found else "has more than one of"
        raise DataError(
            f"{table.name}: {lacks} the columns {', '.join(usual)}; its columns are {listed(table.names)}: "
            f"name one ({flag})."
        )
    return found[0]


def _kaldi(folder: Path, labelled: bool, limits: Limits) -> Listed:
    for name in ("wav.scp", "text") if labelled else ("wav.scp",):
        if not (folder / name).exists():
            raise DataError(
                f"{named(folder)}: is a folder without the file {name}; expected a table of sound files and "
                "what is said in them, or a folder with wav.scp and text."
            )
    script = load_text(folder / "wav.scp", limits, limits.line_bytes)
    files = _entries(script)
    ids = [*files]
    places = [script.line(number) for number, _ in files.values()]
    for place, (_, file) in zip(places, files.values(), strict=True):
        if file.endswith("|") or not file:
            raise DataError(f"{place}: names {checks.shown(file)}, no sound file; commands are never run.")
    texts = None
    if labelled or (folder / "text").exists():
        said = _entries(load_text(folder / "text", limits, limits.line_bytes))
        texts = [said[one][1] if one in said else None for one in ids]
    return Listed(named(folder), [file for _, file in files.values()], texts, ids, places, _OPEN)


def _entries(source: Source) -> dict[str, tuple[int, str]]:
    """Return each line's number and what stands behind its first word, by that word."""
    found: dict[str, tuple[int, str]] = {}
    for number, (line, _) in enumerate(source.whole_lines(), start=1):
        name, _, rest = line.strip().partition(" ")
        if not name or name in found:
            fault = f"{checks.shown(name)} stands there twice" if name else "the line is blank"
            raise DataError(
                f"{source.line(number)}: {fault}; expected a name of its own, and what it stands for."
            )
        found[name] = number, rest.strip()
    if not found:
        raise DataError(f"{source.name}: is empty; expected a line for every recording.")
    return found
