"""Arrow IPC, the file and the stream form; Feather files are the file form."""

import os

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.columnar import ColumnarTable
from ostinato.read.limits import Limits
from ostinato.read.parquet import checked_batches, unreadable
from ostinato.read.source import load

_PURPOSE = "reading Arrow files"


def read_arrow(path: str | os.PathLike[str], limits: Limits) -> ColumnarTable:
    """Read an Arrow IPC file or stream; which of the two it is says its first bytes.

    Raises:
        DataError: it is damaged, or larger than the limits.
    """
    source = load(path, limits)
    arrow = checks.extra("pyarrow", "tables", _PURPOSE)
    if source.data.startswith(b"FEA1"):
        raise DataError(f"{source.name}: is Feather version 1, long out of use; save it as Arrow or Parquet.")
    try:
        buffer = source.reader()
        if source.data.startswith(b"ARROW1"):
            file = arrow.ipc.open_file(buffer)
            stream = (file.get_batch(index) for index in range(file.num_record_batches))
        else:
            stream = file = arrow.ipc.open_stream(buffer)
        batches = list(checked_batches(source.name, stream, limits))
        table = arrow.Table.from_batches(batches, schema=file.schema)
        table.validate(full=True)
    except (arrow.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, DataError):
            raise
        raise unreadable(source.name, "Arrow", error) from error
    return ColumnarTable(source.name, table, limits)
