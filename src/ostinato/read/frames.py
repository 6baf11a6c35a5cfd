"""Frames in memory: pandas, polars, and anything else that speaks the Arrow PyCapsule interface."""

import sys
from typing import Any, Protocol, runtime_checkable

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read.columnar import ColumnarTable
from ostinato.read.limits import Limits
from ostinato.read.sequences import Sequences
from ostinato.read.shapes import read_table
from ostinato.spec.preprocessing import Columns

_PURPOSE = "reading frames"
_DEFAULT = Limits()


@runtime_checkable
class ArrowStream(Protocol):
    """What a table of another library offers, so that Arrow can read it in place."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return a capsule with the table."""


@runtime_checkable
class ArrowArray(Protocol):
    """The same for one record batch."""

    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        """Return two capsules, of the schema and the data."""


def from_frame(frame: object, columns: Columns, *, labelled: bool, limits: Limits = _DEFAULT) -> Sequences:
    """Read a frame as a file with the same columns is read; a pandas index is no column.

    Args:
        frame: a pandas or polars frame, an Arrow table, or anything with ``__arrow_c_stream__``.
        columns: what each column is for.
        labelled: whether every sequence must have a label.
        limits: how much is taken.

    Raises:
        ArgumentError: it is no frame.
        DataError: it cannot be used as it is; rows are counted from 0.
    """
    return read_table(frame_table(frame, limits), columns, labelled, limits)


def frame_table(frame: object, limits: Limits = _DEFAULT) -> ColumnarTable:
    """Return a frame as a table, without saying what its columns are for; errors as for ``from_frame``."""
    return ColumnarTable("the frame", _table(frame), limits, first=0)


def _table(frame: object) -> Any:
    arrow = checks.extra("pyarrow", "tables", _PURPOSE)
    if not (_is_pandas(frame) or isinstance(frame, ArrowStream | ArrowArray)):
        raise ArgumentError(
            f"frame is a {type(frame).__name__}; expected a pandas or polars DataFrame or an Arrow table "
            "(collect a lazy frame first)."
        )
    try:
        if _is_pandas(frame):
            _refuse_duplicates([str(name) for name in frame.columns])  # type: ignore[attr-defined]
            return arrow.Table.from_pandas(frame, preserve_index=False)
        return arrow.table(frame)
    except (arrow.ArrowException, TypeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"the frame: a column cannot be read ({checks.shown(str(error), limit=160)}); "
            "give every column one type: numbers, texts or lists of numbers."
        ) from error


def _is_pandas(frame: object) -> bool:
    pandas = sys.modules.get("pandas")  # who has a pandas frame has loaded pandas
    return pandas is not None and isinstance(frame, pandas.DataFrame)


def _refuse_duplicates(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"the frame: two columns are called {checks.shown(name)}; rename one.")
