"""Recordings with their labels: a folder of class folders, a table that names files, or one file."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ostinato.errors import ArgumentError, DataError
from ostinato.read.files import TABLES, ending, load_table
from ostinato.read.folders import read_folders
from ostinato.read.labels import check_unique, ids_of
from ostinato.read.limits import Limits
from ostinato.read.numerals import number_fault
from ostinato.read.recordings import ENDINGS, Recording, checked, read_recording, resampled
from ostinato.read.rows import row_ids, row_labels
from ostinato.read.sequences import Sequences, Values
from ostinato.read.source import named, require_there
from ostinato.read.table import Table
from ostinato.spec.preprocessing import Columns

HIGHEST_RATE = 16_000
"""Samples a second where no rate is named: above it there is little of speech."""

FOLDER = Columns(label="label", audio="audio")
"""What a model that learnt from a folder looks for in a table."""

SOUND_FILES = f"sound files ({', '.join(ENDINGS)})"

_DEFAULT = Limits()


def read_audio(
    path: str | os.PathLike[str],
    columns: Columns,
    sample_rate: int | None = None,
    *,
    labelled: bool,
    limits: Limits = _DEFAULT,
) -> Sequences:
    """Read recordings: all of them, or an error.

    Args:
        path: a folder of folders, one a class, which it gives its name; a table with the column
            ``columns.audio``, whose paths are relative to the table; or, unlabelled, one sound file or a
            folder of them.
        columns: ``audio``, ``label`` and ``sequence`` (what each recording is called; without it, its path)
            are read, of tables alone.
        sample_rate: to which all are resampled; None: the lowest of theirs, ``HIGHEST_RATE`` at most.
        labelled: whether every recording must have a label.
        limits: how much is taken of each file.

    Returns:
        Sequences of the kind ``"audio"``, their values (n,) float32.

    Raises:
        DataError: a file cannot be used; the message names it, and the row of the table.

    Example:
        >>> import soundfile, tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "hum").mkdir()
        >>> soundfile.write(folder / "hum" / "1.wav", np.zeros(800), 8000)
        >>> found = read_audio(folder, Columns(), labelled=True)
        >>> found.ids, found.labels, found.values[0].shape, found.sample_rate
        (['hum/1.wav'], ['hum'], (800,), 8000)
    """
    if Path(path).is_dir():
        return _read_folder(path, sample_rate, labelled, limits)
    if ending(path) in ENDINGS:
        return _read_one(path, sample_rate, labelled, limits)
    if ending(path) not in TABLES:
        require_there(path)
        raise DataError(
            f"{named(path)}: is no folder and no table ({', '.join(TABLES)}); expected recordings in "
            "FOLDER/CLASS/FILE, or a table that names them."
        )
    return _read_table(load_table(path, limits), Path(path).parent, columns, sample_rate, labelled, limits)


def is_sound(path: Path) -> bool:
    """Return whether a file's name ends as those of sound files do."""
    return path.suffix.lower() in ENDINGS


def audio_from_arrays(X: Sequence[object], labels: list[str] | None, sample_rate: int) -> Sequences:
    """Return recordings from memory; positions in messages are counted from 0, as in Python.

    Args:
        X: (n,) arrays of samples, n of each its own, of floating point in about [-1, 1].
        labels: one a recording, or None.
        sample_rate: of all of them.

    Raises:
        DataError: one is no array of numbers in one dimension, is empty, or is not finite.

    Example:
        >>> audio_from_arrays([np.zeros(80)], ["hum"], 8000).values[0].dtype
        dtype('float32')
    """
    places = [f"X[{position}]" for position in range(len(X))]
    values = [samples_of(place, one) for place, one in zip(places, X, strict=True)]
    ids = [str(position) for position in range(len(X))]
    recordings = [Recording(one, sample_rate) for one in values]
    return _sequences(recordings, sample_rate, ids, labels, places, FOLDER)


def samples_of(name: str, values: object, least: int = 1) -> Values:
    """Return samples from memory as (n,) float32; ``name`` is for messages.

    Raises:
        DataError: as for :func:`audio_from_arrays`; or there are fewer than ``least``. Whole numbers are
            refused, since nothing says what number is the loudest.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(f"{name}: its parts differ in length; expected (n,) samples.") from error
    if array.dtype.kind != "f" or array.ndim != 1 or len(array) < least:
        raise DataError(
            f"{name} has shape {array.shape} and type {array.dtype}; expected (n,) samples, floating-point "
            "numbers from -1 to 1 (divide 16-bit ones by 32768)."
        )
    bad = np.flatnonzero(~np.isfinite(array))
    if len(bad):
        raise DataError(f"{name}, sample {bad[0]}: {number_fault(float(array[bad[0]]))}.")
    return checked(name, np.ascontiguousarray(array, np.float32))


def _read_one(
    path: str | os.PathLike[str], sample_rate: int | None, labelled: bool, limits: Limits
) -> Sequences:
    if labelled:
        raise DataError(
            f"{named(path)}: is one recording, whose label nothing says; expected FOLDER/CLASS/FILE, or a "
            "table that names files and labels."
        )
    recordings = [read_recording(path, limits)]
    return _sequences(recordings, sample_rate, [Path(path).name], None, [named(path)], FOLDER)


def _read_folder(
    path: str | os.PathLike[str], sample_rate: int | None, labelled: bool, limits: Limits
) -> Sequences:
    files = read_folders(path, SOUND_FILES, is_sound, labelled=labelled, limits=limits)
    recordings = [read_recording(file.path, limits) for file in files]
    labels = [file.label for file in files if file.label is not None]
    return _sequences(
        recordings,
        sample_rate,
        [file.name for file in files],
        labels or None,
        [named(file.path) for file in files],
        FOLDER,
    )


def _read_table(
    table: Table, folder: Path, columns: Columns, sample_rate: int | None, labelled: bool, limits: Limits
) -> Sequences:
    column = _audio_column(table, columns)
    files = ids_of(table, column)
    label = columns.label if columns.label in table.names or labelled else None
    if labelled and label is None:
        raise DataError(f"{table.name}: which column holds the label? Name it (--label).")
    labels = row_labels(table, None if label is None else table.require(label, "label"), labelled)
    ids = files if columns.sequence is None else row_ids(table, table.require(columns.sequence, "sequence"))
    check_unique(ids, table.place)
    recordings = []
    for row, file in enumerate(files):
        try:
            recordings.append(read_recording(folder / file, limits))
        except DataError as error:
            raise DataError(f"{table.cell(row, column)}: {error}") from error
    places = [table.place(row) for row in range(table.rows)]
    return _sequences(recordings, sample_rate, ids, labels, places, columns)


def _audio_column(table: Table, columns: Columns) -> str:
    if columns.audio is None:
        raise ArgumentError(f"{table.name}: which column names the sound files? Name it (--audio).")
    if columns.text is not None or columns.inputs is not None or columns.time is not None:
        raise ArgumentError("audio is given, and text, inputs or time too; such a model reads sound alone.")
    return table.require(columns.audio, "audio")


def _sequences(
    recordings: list[Recording],
    sample_rate: int | None,
    ids: list[str],
    labels: list[str] | None,
    places: list[str],
    columns: Columns,
) -> Sequences:
    """Return recordings as sequences, all at one rate."""
    rate = sample_rate or min(HIGHEST_RATE, *(one.sample_rate for one in recordings))
    return Sequences(
        kind="audio",
        values=[resampled(one, rate) for one in recordings],
        ids=ids,
        labels=labels,
        places=places,
        columns=columns,
        sample_rate=rate,
    )
