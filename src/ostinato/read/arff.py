"""The ``.arff`` form of the UCR and UEA archives (Weka's attribute-relation files).

Univariate: one numeric attribute a step. Multivariate: one relational attribute, in which every line is a
dimension. The label is a nominal or string attribute. Values ``?`` at the end of all dimensions of a sequence
are how the archive fills up shorter ones, and are taken off; anywhere else a ``?`` is a missing value.
"""

import os
import re
from dataclasses import dataclass

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.limits import Limits
from ostinato.read.sequences import Sequences, Values
from ostinato.read.source import Source, load_text
from ostinato.read.table import listed
from ostinato.read.ucr import assemble, sequence
from ostinato.spec.preprocessing import Columns

_WORD = r"""'([^'\\]*(?:\\.[^'\\]*)*)'|"([^"\\]*(?:\\.[^"\\]*)*)"|([^,'"\s{}][^,'"{}]*|)"""
_CELL = re.compile(rf"\s*(?:{_WORD})\s*(,|$)")
_ATTRIBUTE = re.compile(r"""@attribute\s+('[^']*'|"[^"]*"|\S+)\s*(.*)""", re.IGNORECASE)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_NUMERIC = ("numeric", "real", "integer")


@dataclass(frozen=True)
class Attribute:
    """One attribute.

    Args:
        name: as declared.
        type: ``numeric``, ``string``, ``relational`` or ``nominal``.
        classes: a nominal attribute's values.
    """

    name: str
    type: str
    classes: tuple[str, ...] = ()


def read_arff(path: str | os.PathLike[str], columns: Columns, *, labelled: bool, limits: Limits) -> Sequences:
    """Read an ``.arff`` file.

    The label is ``columns.label`` where an attribute has that name, else the one that is not numeric.

    Raises:
        DataError: it is sparse, weighted, has missing values or several candidates for the label, or a line
            does not fit the attributes.
    """
    source = load_text(path, limits, limits.line_bytes)
    lines = [(number, line) for number, line in source.lines() if not line.startswith("%")]
    begin = next((i for i, (_, line) in enumerate(lines) if line.lower() == "@data"), None)
    if begin is None:
        raise DataError(f"{source.name}: has no line @data; is it an .arff file?")
    attributes = _attributes(source, lines[:begin])
    label = _label_index(source, attributes, columns.label)
    if label is None and labelled:
        raise DataError(
            f"{source.name}: no attribute holds a label (a nominal or string one); labels are needed here."
        )
    rows = [_row(source, number, line, attributes, label) for number, line in lines[begin + 1 :]]
    numbers = [number for number, _ in lines[begin + 1 :]]
    values, labels = [value for value, _ in rows], [text for _, text in rows]
    return assemble(source, values, labels, numbers, columns, labelled=labelled, limits=limits)


def _attributes(source: Source, lines: list[tuple[int, str]]) -> list[Attribute]:
    """Return the top attributes; those inside a relational one are the steps of its lines."""
    attributes: list[Attribute] = []
    inside = False
    for number, line in lines:
        keyword = line.split(maxsplit=1)[0].lower()
        if keyword == "@end":
            inside = False
        elif keyword == "@attribute" and not inside:
            attributes.append(_attribute(source, number, line))
            inside = attributes[-1].type == "relational"
        elif keyword not in ("@attribute", "@relation"):
            raise DataError(
                f"{source.line(number)}: {checks.shown(line)} stands before @data; expected @attribute."
            )
    return attributes


def _attribute(source: Source, number: int, line: str) -> Attribute:
    match = _ATTRIBUTE.fullmatch(line)
    name, kind = (match[1].strip("'\""), match[2].strip()) if match else ("", "")
    if kind.startswith("{") and kind.endswith("}"):
        return Attribute(name, "nominal", tuple(_cells(source, number, kind[1:-1])))
    word = kind.split(maxsplit=1)[0].lower() if kind else ""
    if word in _NUMERIC:
        return Attribute(name, "numeric")
    if word in ("string", "relational"):
        return Attribute(name, word)
    raise DataError(
        f"{source.line(number)}: {checks.shown(line)}; expected @attribute NAME and numeric, string, "
        "relational "
        "or {A,B,…}."
    )


def _label_index(source: Source, attributes: list[Attribute], wanted: str | None) -> int | None:
    names = [attribute.name for attribute in attributes]
    if wanted in names:
        return names.index(wanted)
    words = [i for i, attribute in enumerate(attributes) if attribute.type in ("nominal", "string")]
    if len(words) > 1:
        raise DataError(
            f"{source.name}: several attributes could be the label: {listed([names[i] for i in words])}; "
            "name it (--label)."
        )
    return words[0] if words else None


def _row(
    source: Source, number: int, line: str, attributes: list[Attribute], label: int | None
) -> tuple[Values, str | None]:
    """Return a line's sequence and its label."""
    where = source.line(number)
    if line.startswith("{"):
        raise DataError(f"{where}: is a sparse row, which is not read; write all values.")
    cells = _cells(source, number, line)
    if len(cells) != len(attributes):
        raise DataError(f"{where}: {len(cells)} values, but there are {len(attributes)} attributes.")
    text = None if label is None or cells[label] == "?" else cells[label]
    if text is not None and label is not None and attributes[label].type == "nominal":
        _check_class(where, text, attributes[label])
    inputs = [i for i in range(len(cells)) if i != label]
    relational = [i for i in inputs if attributes[i].type == "relational"]
    if len(relational) > 1 or (relational and len(inputs) > 1):
        raise DataError(f"{where}: a relational attribute stands beside other inputs; expected it alone.")
    if relational:
        dimensions = [row.split(",") for row in cells[relational[0]].split("\n") if row.strip()]
    else:
        dimensions = [[cells[i] for i in inputs]]
    return sequence(_without_filling(dimensions), where), text


def _check_class(where: str, text: str, attribute: Attribute) -> None:
    if text not in attribute.classes:
        raise DataError(
            f"{where}: label {checks.shown(text)} is none of {checks.shown(attribute.name)}'s values "
            f"{listed(list(attribute.classes))}."
        )


def _without_filling(dimensions: list[list[str]]) -> list[list[str]]:
    """Return the dimensions without the steps at the end at which all are ``?``."""
    if not dimensions or any(len(cells) != len(dimensions[0]) for cells in dimensions):
        return dimensions or [[]]
    length = len(dimensions[0])
    while length and all(cells[length - 1].strip() == "?" for cells in dimensions):
        length -= 1
    return [cells[:length] for cells in dimensions]


def _cells(source: Source, number: int, line: str) -> list[str]:
    """Return a line's values, their quotes and escapes resolved."""
    if "'" not in line and '"' not in line:
        return [cell.strip() for cell in line.split(",")]
    cells: list[str] = []
    position = 0
    while True:
        match = _CELL.match(line, position)
        if match is None:
            raise DataError(
                f"{source.line(number)}: {checks.shown(line[position : position + 40])}; a quote is not "
                "closed, or "
                "something follows it."
            )
        cells.append(_unescaped(match))
        position = match.end()
        if not match[4]:
            return cells


def _unescaped(match: re.Match[str]) -> str:
    quoted = match[1] if match[1] is not None else match[2]
    if quoted is None:
        return match[3].strip()
    return re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), quoted)
