"""Parquet files, read row group by row group so that a small file cannot fill the memory unnoticed."""

import os
from typing import Any

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.columnar import ColumnarTable
from ostinato.read.limits import Limits
from ostinato.read.source import load

_PURPOSE = "reading Parquet"
_BATCH = 2**14


def read_parquet(path: str | os.PathLike[str], limits: Limits) -> ColumnarTable:
    """Read a Parquet file.

    Raises:
        DataError: it is damaged, or larger than the limits, as declared or as decoded.
    """
    source = load(path, limits)
    arrow = checks.extra("pyarrow", "tables", _PURPOSE)
    parquet = checks.extra("pyarrow.parquet", "tables", _PURPOSE)
    try:
        file = parquet.ParquetFile(source.reader())
        check_declared(source.name, file.metadata, limits)
        batches = list(checked_batches(source.name, file.iter_batches(batch_size=_BATCH), limits))
        table = arrow.Table.from_batches(batches, schema=file.schema_arrow)
        table.validate(full=True)
    except (arrow.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, DataError):
            raise
        raise unreadable(source.name, "Parquet", error) from error
    if table.num_rows != file.metadata.num_rows:
        raise DataError(
            f"{source.name}: declares {file.metadata.num_rows} rows and has {table.num_rows}; make it again."
        )
    return ColumnarTable(source.name, table, limits)


def check_declared(name: str, metadata: Any, limits: Limits) -> None:
    """Check what the footer declares before anything is allocated for it."""
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    values = sum(group.column(index).num_values for group in groups for index in range(group.num_columns))
    size = max(8 * values, sum(group.total_byte_size for group in groups))
    if metadata.num_rows > limits.rows or any(group.num_rows > limits.rows for group in groups):
        raise DataError(
            f"{name}: declares {metadata.num_rows:,} rows, above the limit of {limits.rows:,}; split it."
        )
    if size > limits.bytes:
        raise DataError(
            f"{name}: declares {size:,} bytes of values, above the limit of {limits.bytes:,}; split it."
        )


def checked_batches(name: str, batches: Any, limits: Limits) -> Any:
    """Yield record batches as long as their decoded size stays within the limit."""
    total = 0
    for batch in batches:
        total += batch.nbytes
        if total > limits.bytes:
            raise DataError(f"{name}: unpacks to more than the limit of {limits.bytes:,} bytes; split it.")
        yield batch


def unreadable(name: str, what: str, error: Exception) -> DataError:
    """Return the error of a file that its library cannot read."""
    return DataError(
        f"{name}: cannot be read as {what} ({checks.shown(str(error), limit=160)}); is it damaged or cut "
        "off? Make it again."
    )
