"""Tables without a line of column names, which the caller names: with commas, tabs, or spaces between."""

import os

from ostinato.errors import DataError
from ostinato.read.csv import TextTable
from ostinato.read.limits import Limits
from ostinato.read.source import Source, load_text


class NamelessTable(TextTable):
    """A table whose names were put before its first line; places are those of the file."""

    def place(self, row: int) -> str:
        return self.source.line(int(self.lines[row]) - 1)


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
    mark = separator or "\t"
    rows = source.data.decode().splitlines() if separator is None else None
    body = source.data if rows is None else "\n".join("\t".join(row.split()) for row in rows).encode()
    if not body.strip():
        raise DataError(f"{source.name}: is empty; expected rows of {len(names)} fields.")
    first = body.split(b"\n", 1)[0]
    if (fields := first.count(mark.encode()) + 1) != len(names):
        raise DataError(
            f"{source.line(1)}: {fields} fields, and {len(names)} names (--names); expected as many of both."
        )
    quoted = mark.join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names)
    return NamelessTable(Source(source.name, f"{quoted}\n".encode() + body), mark, limits)
