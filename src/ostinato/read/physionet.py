"""The folder form of the PhysioNet/CinC challenge 2012: a file a stay, and a table of outcomes.

    set-a/132539.txt    Time,Parameter,Value       hours and minutes since admission; -1 is unknown
    Outcomes-a.txt      RecordID,…                  one row a stay

At 00:00 stand the descriptors RecordID, Age, Gender, Height, ICUType and Weight. Where no descriptors are
named, these are taken; of Weight, which may be measured later too, the first value.
"""

import csv
import io
from pathlib import Path

import numpy as np

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read import numerals
from ostinato.read.csv import read_csv
from ostinato.read.events import Events, assembled
from ostinato.read.limits import Limits
from ostinato.read.outcomes import outcomes_of
from ostinato.read.sequences import Sequences
from ostinato.read.source import load_text, named
from ostinato.spec.preprocessing import Columns

HEADER = ["Time", "Parameter", "Value"]
ID = "RecordID"
STATIC = ("Age", "Gender", "Height", "ICUType", "Weight")
UNKNOWN = "-1"


def read_physionet(
    folder: Path, outcomes: Path | None, columns: Columns, *, labelled: bool, limits: Limits
) -> Sequences:
    """Read a folder of stays; or one that holds such a folder, with the outcomes beside it.

    Args:
        folder: ``set-a``, or what holds it.
        outcomes: the table of outcomes; None: ``Outcomes*.txt`` beside the stays' folder, if that was given.
        columns: ``label`` or ``target`` names the column of outcomes; all else has its place in the form.
        labelled: whether outcomes must be there.
        limits: for the sizes.

    Raises:
        DataError: the folder has no stays, or a line is none of the form; with file and line.
    """
    stays, beside = _found(folder)
    outcomes = beside if outcomes is None else outcomes
    columns = columns.model_copy(update={"sequence": ID, "static": columns.static or STATIC})
    told = None
    if outcomes is not None:
        told = outcomes_of(read_csv(outcomes, ",", limits), columns, labelled, single=True)
    elif labelled:
        raise ArgumentError(f"{named(folder)}: has no outcomes beside the stays; name the file (--outcomes).")
    return assembled(_events(stays, named(folder), limits), told, columns, labelled=labelled, limits=limits)


def require_no_stays(folder: Path) -> None:
    """Refuse stays where nothing was said of missing values, and a folder is taken for one of other files.

    Raises:
        DataError: the folder, or a folder in it, holds stays.
    """
    for inner in (folder, *(path for path in sorted(folder.iterdir()) if path.is_dir())):
        stays = _stays(inner)
        if stays and _is_of_the_form(stays[0]):
            raise DataError(
                f"{named(folder)}: holds stays, such as {named(stays[0])}, in which not everything is "
                "measured at every time; say what becomes of that (--missing forward-fill, mask or decay)."
            )


def _found(folder: Path) -> tuple[list[Path], Path | None]:
    """Return the files of the stays, in the order of their names, and the outcomes beside their folder."""
    if stays := _stays(folder):
        return stays, None
    inner = [path for path in sorted(folder.iterdir()) if path.is_dir() and _stays(path)]
    if len(inner) != 1:
        raise DataError(
            f"{named(folder)}: is a directory, and {len(inner)} of its folders hold stays; expected a file, "
            f"a folder of files with {','.join(HEADER)}, or one such folder beside Outcomes*.txt."
        )
    beside = sorted(folder.glob("Outcomes*.txt"))
    return _stays(inner[0]), beside[0] if len(beside) == 1 else None


def _stays(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.txt") if path.stem.isdigit())


def _is_of_the_form(path: Path) -> bool:
    """Return whether a file begins as a stay does."""
    header = ",".join(HEADER).encode()
    with path.open("rb") as file:
        return file.read(len(header)) == header


def _events(stays: list[Path], name: str, limits: Limits) -> Events:
    ids, times, parameters, values, places = [], [], [], [], []
    for path in stays:
        source = load_text(path, limits, limits.row_bytes)
        rows = csv.reader(io.StringIO(source.data.decode(), newline=""))
        if next(rows, None) != HEADER:
            raise DataError(f"{source.line(1)}: expected the line {','.join(HEADER)}.")
        for line, row in enumerate(rows, start=2):
            if len(row) != len(HEADER):
                raise DataError(f"{source.line(line)}: {len(row)} fields; expected {len(HEADER)}.")
            if row[1] == ID:
                continue
            ids.append(path.stem)
            times.append(_hours(row[0], source.line(line)))
            parameters.append(row[1])
            values.append(_value(row[2], source.line(line)))
            places.append((path, line))

    def place(entry: int) -> str:
        path, line = places[entry]
        return f"{named(path)}, line {line}"

    return Events(name, ids, np.array(times), parameters, np.array(values), place)


def _hours(text: str, place: str) -> float:
    """Return HH:MM in hours."""
    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isdigit() and minutes.isdigit() and int(minutes) < 60):
        raise DataError(f"{place}: {checks.shown(text)} is no time; expected HH:MM since admission.")
    return int(hours) + int(minutes) / 60


def _value(text: str, place: str) -> float:
    """Return a value, NaN where it is unknown."""
    if text == UNKNOWN or numerals.missing(text):
        return float("nan")
    value = float(numerals.floats([text])[0])
    if not np.isfinite(value):
        raise DataError(f"{place}: {numerals.fault(text)}.")
    return value
