"""Reading a file of any known format, chosen by the end of its name."""

import os
from pathlib import Path, PurePath

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read.arff import read_arff
from ostinato.read.arrow import read_arrow
from ostinato.read.csv import read_csv
from ostinato.read.events import read_events
from ostinato.read.jsonl import read_jsonl
from ostinato.read.limits import Limits
from ostinato.read.nameless import read_nameless
from ostinato.read.npz import read_numpy
from ostinato.read.parquet import read_parquet
from ostinato.read.physionet import read_physionet
from ostinato.read.sequences import Sequences
from ostinato.read.shapes import read_table
from ostinato.read.source import named, require_there
from ostinato.read.table import Table
from ostinato.read.ts import read_ts
from ostinato.spec.preprocessing import Columns

SEPARATORS = {".csv": ",", ".tsv": "\t"}
JSON_LINES = (".jsonl", ".ndjson")
PARQUET = (".parquet", ".pq")
ARROW = (".arrow", ".arrows", ".feather", ".ipc")
PLAIN = ".txt"
TABLES = (*SEPARATORS, *JSON_LINES, *PARQUET, *ARROW)
COMPRESSED = (*SEPARATORS, *JSON_LINES, ".ts", ".arff")
FORMATS = (*TABLES, ".ts", ".arff", ".npz", ".npy")

_DEFAULT = Limits()
_INSTEAD = {
    ".json": "is one JSON document; write JSON Lines, one object a line, and name it .jsonl",
    ".txt": "could hold anything; name it by its format, such as .csv or .tsv, or name its columns (--names)",
    ".xlsx": "is a spreadsheet; save it as CSV (UTF-8)",
    ".zip": "is an archive; unpack it",
    ".tar": "is an archive; unpack it",
    ".pkl": "is a pickle, which can run code and is never read; save it as Parquet",
}


def read(
    path: str | os.PathLike[str],
    columns: Columns,
    *,
    labelled: bool,
    limits: Limits = _DEFAULT,
    outcomes: str | os.PathLike[str] | None = None,
) -> Sequences:
    """Read sequences from a file: all of it, or an error; never a part, never a guess.

    A table has one of three shapes. With ``columns.sequence`` and columns of numbers: one row a step;
    ``inputs`` are every numeric column that is nothing else, if not named. With columns of lists: one row a
    sequence. With ``columns.text``: one text a row. Where nothing is named and no column holds lists, a table
    with exactly one column of words beside the label is read as text, from that column (its numeric columns
    are left out); with several such columns it is refused. A ``.ts`` or ``.arff`` file has no columns, and
    its label built in. With ``columns.parameter`` a table holds events, one measurement a row, and a folder
    is one of the PhysioNet challenge 2012; beside both ``outcomes`` may tell what is to be told.

    Args:
        path: a file that ends in .csv, .tsv, .jsonl, .ndjson, .ts, .arff (each also with .gz), .parquet, .pq,
            .arrow, .arrows, .feather, .ipc, .npz or .npy.
        columns: what each column is for; ``sequences.columns`` of the result has every name filled in.
        labelled: whether every sequence must have a label. If not, labels are taken where the file has them.
        limits: how much is taken.
        outcomes: of events a table of one row a sequence: labels or targets, and descriptors.

    Raises:
        ArgumentError: outcomes stand beside no events, or the columns contradict each other.
        DataError: the file cannot be used as it is; the message names the line, the column and the value.
        MissingExtraError: the format needs a library that is not installed.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "steps.csv"
        >>> _ = path.write_text("id,label,x\\na,up,1\\na,up,2\\nb,down,3\\n")
        >>> sequences = read(path, Columns(label="label", sequence="id"), labelled=True)
        >>> sequences.ids, sequences.labels, sequences.values[0].tolist()
        (['a', 'b'], ['up', 'down'], [[1.0], [2.0]])
    """
    name = named(path)
    if os.path.isdir(path):
        beside = None if outcomes is None else Path(outcomes)
        return read_physionet(Path(path), beside, columns, labelled=labelled, limits=limits)
    suffix = _suffix(os.fspath(path), name, columns.names)
    try:
        if columns.parameter is not None or columns.value is not None:
            told = None if outcomes is None else load_outcomes(outcomes, limits)
            events = load_table(path, limits, columns.names)
            return read_events(events, told, columns, labelled=labelled, limits=limits)
        if columns.every is not None:
            raise ArgumentError(
                f"{name}: every is about tables of events; name --parameter and --value, or leave it out."
            )
        if outcomes is not None:
            raise ArgumentError(
                f"{name}: outcomes stand beside tables of events; name --parameter and --value, or leave "
                "outcomes out."
            )
        if suffix == ".ts":
            return read_ts(path, columns, labelled=labelled, limits=limits)
        if suffix == ".arff":
            return read_arff(path, columns, labelled=labelled, limits=limits)
        if suffix in (".npz", ".npy"):
            return read_numpy(path, columns, labelled=labelled, limits=limits)
        return read_table(load_table(path, limits, columns.names), columns, labelled, limits)
    except MemoryError as error:
        raise DataError(f"{name}: does not fit in memory; split it into smaller files.") from error


def load_table(path: str | os.PathLike[str], limits: Limits, names: tuple[str, ...] | None = None) -> Table:
    """Read a file whose ending is one of ``TABLES`` as a table, without saying what its columns are for.

    Args:
        path: the file.
        limits: how much is taken.
        names: those of the columns, where the file has no line of them: then .txt is read, too.
    """
    suffix = _suffix(os.fspath(path), named(path), names)
    if names is not None:
        if suffix not in (*SEPARATORS, PLAIN):
            raise ArgumentError(f"{named(path)}: names are for .csv, .tsv and .txt; this file has its own.")
        return read_nameless(path, SEPARATORS.get(suffix), names, limits)
    if suffix in SEPARATORS:
        return read_csv(path, SEPARATORS[suffix], limits)
    if suffix in JSON_LINES:
        return read_jsonl(path, limits)
    return read_parquet(path, limits) if suffix in PARQUET else read_arrow(path, limits)


def load_outcomes(path: str | os.PathLike[str], limits: Limits) -> Table:
    """Read a table of outcomes: one of ``TABLES``, or .txt with commas."""
    return read_csv(path, ",", limits) if ending(path) == PLAIN else load_table(path, limits)


def ending(path: str | os.PathLike[str]) -> str:
    """Return the end of a file's name in lower case, ``.gz`` left off.

    Example:
        >>> ending("a/B.CSV.gz"), ending("seq")
        ('.csv', '')
    """
    file = PurePath(path)
    return PurePath(file.stem if file.suffix.lower() == ".gz" else file).suffix.lower()


def _suffix(file: str, name: str, columns: tuple[str, ...] | None = None) -> str:
    """Return the end of a file's name, which tells the format; ``name`` is for messages."""
    path = PurePath(file)
    suffix = path.suffix.lower()
    if suffix == PLAIN and columns is not None:
        return suffix
    if suffix == ".gz":
        inner = PurePath(path.stem).suffix.lower()
        if inner in COMPRESSED:
            return inner
        raise DataError(f"{name}: only {', '.join(COMPRESSED)} are read from .gz; unpack it.")
    if suffix in FORMATS:
        return suffix
    require_there(file)
    why = _INSTEAD.get(suffix, f"ends in {checks.shown(suffix)}" if suffix else "has no ending")
    raise DataError(f"{name}: {why}; known are {', '.join(FORMATS)}.")
