"""The ``.ts`` form of the UCR and UEA archives (sktime and aeon read it, too).

A head of ``@keyword value`` lines up to ``@data``; then one line a sequence: its dimensions with ``:``
between them, each with ``,`` between its values, and after the last ``:`` the class label.
"""

import os
from dataclasses import dataclass

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.limits import Limits
from ostinato.read.sequences import Sequences, Values
from ostinato.read.source import Source, load_text
from ostinato.read.table import listed
from ostinato.read.ucr import assemble, sequence
from ostinato.spec.preprocessing import Columns

_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True)
class Head:
    """What the lines before ``@data`` say.

    Args:
        classes: the labels; None where the file has none.
        dimensions, length: of every sequence; None where it is not said.
    """

    classes: tuple[str, ...] | None
    dimensions: int | None
    length: int | None


def read_ts(path: str | os.PathLike[str], columns: Columns, *, labelled: bool, limits: Limits) -> Sequences:
    """Read a ``.ts`` file.

    Raises:
        DataError: it has time stamps, missing values or numeric targets, which this reader refuses; or a line
            does not fit the head.
    """
    source = load_text(path, limits, limits.line_bytes)
    lines = [(number, line) for number, line in source.lines() if not line.startswith(("#", "%"))]
    begin = next((i for i, (_, line) in enumerate(lines) if line.lower() == "@data"), None)
    if begin is None:
        raise DataError(f"{source.name}: has no line @data; is it a .ts file?")
    head = _head(source, lines[:begin])
    if head.classes is None and labelled:
        raise DataError(f"{source.name}: has no class labels (@classLabel false); labels are needed here.")
    rows = [_row(source, number, line, head) for number, line in lines[begin + 1 :]]
    numbers = [number for number, _ in lines[begin + 1 :]]
    values, labels = [value for value, _ in rows], [label for _, label in rows]
    return assemble(source, values, labels, numbers, columns, labelled=labelled, limits=limits)


def _head(source: Source, lines: list[tuple[int, str]]) -> Head:
    said: dict[str, tuple[int, list[str]]] = {}
    for number, line in lines:
        keyword, *words = line.split()
        if not keyword.startswith("@"):
            raise DataError(
                f"{source.line(number)}: {checks.shown(line)} stands before @data; expected @keyword value."
            )
        said[keyword.lower()] = (number, words)
    if _flag(source, said, "@timestamps"):
        raise DataError(
            f"{source.name}: has time stamps (@timeStamps true), which are not read; write values alone."
        )
    if _flag(source, said, "@targetlabel"):
        raise DataError(f"{source.name}: has numbers as targets (@targetLabel true); expected class labels.")
    classes = tuple(said["@classlabel"][1][1:]) if _flag(source, said, "@classlabel") else None
    dimensions = (
        1 if _flag(source, said, "@univariate") else _count(source, said, "@dimensions", "@dimension")
    )
    length = _count(source, said, "@serieslength") if _flag(source, said, "@equallength") else None
    return Head(classes, dimensions, length)


def _flag(source: Source, said: dict[str, tuple[int, list[str]]], keyword: str) -> bool:
    if keyword not in said:
        return False
    number, words = said[keyword]
    if not words or words[0].lower() not in _FLAGS:
        raise DataError(
            f"{source.line(number)}: {keyword} is {checks.shown(' '.join(words))}; expected true or false."
        )
    return _FLAGS[words[0].lower()]


def _count(source: Source, said: dict[str, tuple[int, list[str]]], *keywords: str) -> int | None:
    for keyword in keywords:
        if keyword in said:
            number, words = said[keyword]
            if len(words) != 1 or not (words[0].isascii() and words[0].isdigit()) or len(words[0]) > 9:
                raise DataError(
                    f"{source.line(number)}: {keyword} is {checks.shown(' '.join(words))}; expected a "
                    "whole number."
                )
            return int(words[0])
    return None


def _row(source: Source, number: int, line: str, head: Head) -> tuple[Values, str | None]:
    """Return a line's sequence and its label."""
    where = source.line(number)
    if "(" in line.partition(",")[0]:
        raise DataError(f"{where}: has time stamps, as in (0,1.5), which are not read; write values alone.")
    *parts, last = line.split(":")
    label = last.strip() if head.classes is not None else None
    dimensions = parts if head.classes is not None else [*parts, last]
    _check_label(where, label, head)
    if not dimensions or (head.dimensions is not None and len(dimensions) != head.dimensions):
        expected = "at least 1" if head.dimensions is None else str(head.dimensions)
        raise DataError(
            f"{where}: {len(dimensions)} dimensions, expected {expected} (and the label after the last ':')."
        )
    values = sequence([part.split(",") if part.strip() else [] for part in dimensions], where)
    if head.length is not None and len(values) != head.length:
        raise DataError(
            f"{where}: {len(values)} steps, but the head says @equalLength true, @seriesLength {head.length}."
        )
    return values, None if label == "?" else label


def _check_label(where: str, label: str | None, head: Head) -> None:
    if label is None or label == "?" or not head.classes or label in head.classes:
        return
    raise DataError(
        f"{where}: label {checks.shown(label)} is none of @classLabel's {listed(list(head.classes))}."
    )
