"""Tables without a line of column names, which the caller names: with commas, tabs, or spaces between."""

import os
from dataclasses import replace

from ostinato.errors import DataError
from ostinato.read.csv import TextTable
from ostinato.read.limits import Limits
from ostinato.read.source import load_text


def read_nameless(
    path: str | os.PathLike[str], separator: str | None, names: tuple[str, ...], limits: Limits
) -> TextTable:
    """Read a table without a line of names.

    Args:
        path: the file.
        separator: what stands between two fields; None: any number of spaces or tabs.
        names: of the columns, in order.
        limits: for the sizes.

    Raises:
        DataError: a line has more or fewer fields than there are names.
    """
    source = load_text(path, limits, limits.row_bytes)
    if separator is None:
        separator = "\t"
        rows = (separator.join(row.split()) for row in source.data.decode().splitlines())
        source = replace(source, data="\n".join(rows).encode())
    if not source.data.strip():
        raise DataError(f"{source.name}: is empty; expected rows of {len(names)} fields.")
    return TextTable(source, separator, limits, names)
