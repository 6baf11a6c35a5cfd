"""Tables of typed columns, as Arrow holds them: Parquet, Arrow files, and frames in memory."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read import numerals, times
from ostinato.read.limits import Limits
from ostinato.read.table import Kind, Nested, Table

_PURPOSE = "reading tables"
_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


class ColumnarTable(Table):
    """An Arrow table.

    Args:
        name: the file's name, or what the table is.
        table: a ``pyarrow.Table``.
        limits: for the number of rows and columns.
        first: what the first row is called: 1 in files, 0 in memory.
    """

    def __init__(self, name: str, table: Any, limits: Limits, first: int = 1) -> None:
        super().__init__(name, [str(column) for column in table.column_names], table.num_rows, limits)
        self.arrow = checks.extra("pyarrow", "tables", _PURPOSE)
        self.compute = checks.extra("pyarrow.compute", "tables", _PURPOSE)
        self.types = self.arrow.types
        self.table = table
        self.first = first

    def place(self, row: int) -> str:
        return f"{self.name}, row {row + self.first}"

    def kind(self, column: str) -> Kind:
        dtype = self._plain(column).type
        if self._is_number(dtype):
            return "number"
        if self._is_text(dtype):
            return "text"
        return "list" if self._is_list(dtype) and self._is_number(self._leaf(dtype)) else "other"

    def mostly_words(self, column: str) -> bool:
        return self.kind(column) == "text"

    def texts(self, column: str) -> list[str | None]:
        data = self._plain(column)
        if self._is_list(data.type) or self.types.is_nested(data.type) or self._is_binary(data.type):
            raise DataError(
                f"{self._named(column, data.type)}; labels, ids and texts must be text or numbers."
            )
        if self._is_text(data.type):
            texts: list[str | None] = data.to_pylist()
            return texts
        if self.types.is_temporal(data.type):
            return self._cast(column, data, self.arrow.string()).to_pylist()  # type: ignore[no-any-return]
        return [None if value is None or value != value else str(value) for value in data.to_pylist()]

    def numbers(self, column: str) -> NDArray[np.float64]:
        data = self._plain(column)
        if not self._is_number(data.type):
            raise DataError(
                f"{self._named(column, data.type)}; an input must hold numbers: cast it, or leave it out."
            )
        return self._floats(column, data)

    def times(self, column: str) -> NDArray[Any]:
        data = self._plain(column)
        if self._is_text(data.type):
            return times.points(self.texts(column), lambda row: self.cell(row, column))
        self._refuse_nulls(column, data, "no point in time")
        if self.types.is_temporal(data.type):
            width = self.arrow.int32() if data.type.bit_width == 32 else self.arrow.int64()
            return data.cast(width).to_numpy()  # type: ignore[no-any-return]
        if self.types.is_integer(data.type):
            return data.to_numpy()  # type: ignore[no-any-return]
        return self._finite_times(column)

    def tick(self, column: str) -> float:
        dtype = self._plain(column).type
        if self._is_text(dtype):
            return times.tick(self.texts(column)[0])
        if not self.types.is_temporal(dtype):
            return 1.0
        if self.types.is_date(dtype):
            return 86_400.0 if dtype.bit_width == 32 else 1e-3
        return _SECONDS[str(dtype.unit)]

    def absent(self, column: str) -> NDArray[np.bool_]:
        return np.isnan(self.numbers(column))

    def nested(self, column: str) -> Nested:
        data = self._plain(column)
        self._refuse_nulls(column, data, "no list")
        lengths = self._lengths(data)
        inner = self._plain_array(data.flatten())
        if not self._is_list(inner.type):
            values = self._floats(column, inner)[:, None]
            return Nested(values, lengths, True, np.isnan(values))
        widths = self._lengths(inner)
        self._check_widths(column, inner, widths, lengths)
        leaves = self._plain_array(inner.flatten())
        if not self._is_number(leaves.type):
            raise DataError(
                f"{self._named(column, data.type)}; expected lists of numbers, or lists of those."
            )
        width = int(widths[0]) if len(widths) else 1
        values = self._floats(column, leaves).reshape(-1, width)
        return Nested(values, lengths, False, np.isnan(values))

    def explain(self, column: str, row: int, step: int | None = None, feature: int = 0) -> str:
        value = self.table.column(column)[row].as_py()
        if step is not None:
            value = value[step]
        if isinstance(value, list):
            value = value[feature]
        return numerals.number_fault(None if value is None else float(value))

    def _finite_times(self, column: str) -> NDArray[np.float64]:
        values = self.numbers(column)
        if len(bad := np.flatnonzero(~np.isfinite(values))):
            raise DataError(f"{self.cell(int(bad[0]), column)}: {values[bad[0]]} is no point in time.")
        return values

    def _check_widths(
        self, column: str, inner: Any, widths: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> None:
        """Check that every step of every sequence has the same number of features, at least one."""
        if not len(widths):
            return
        missing = np.asarray(inner.is_null().to_numpy(zero_copy_only=False))
        wrong = np.flatnonzero(missing | (widths != widths[0]) | (widths == 0))
        if len(wrong):
            row = int(np.searchsorted(np.cumsum(lengths), wrong[0], side="right"))
            step = int(wrong[0] - (np.cumsum(lengths) - lengths)[row])
            raise DataError(
                f"{self.cell(row, column)}, step {step + 1}: {int(widths[wrong[0]])} values, but the first "
                "step of "
                f"the table has {int(widths[0])}; every step needs the same, at least 1."
            )

    def _refuse_nulls(self, column: str, data: Any, what: str) -> None:
        if data.null_count:
            row = int(np.flatnonzero(data.is_null().to_numpy(zero_copy_only=False))[0])
            raise DataError(f"{self.cell(row, column)}: {what}; fill it in or remove the row.")

    def _lengths(self, data: Any) -> NDArray[np.int64]:
        lengths = self.compute.list_value_length(data).fill_null(0)
        return np.asarray(lengths.to_numpy(zero_copy_only=False), dtype=np.int64)

    def _plain(self, column: str) -> Any:
        """Return a column as one array, its dictionary resolved."""
        data = self.table.column(column)
        if self.types.is_string(data.type):
            data = data.cast(self.arrow.large_string())  # one array of more than 2 GiB needs wide offsets
        return self._plain_array(data.combine_chunks())

    def _plain_array(self, data: Any) -> Any:
        if self.types.is_dictionary(data.type):
            words = data.dictionary
            words = words.cast(self.arrow.large_string()) if self._is_text(words.type) else words
            data = self.arrow.DictionaryArray.from_arrays(data.indices, words).dictionary_decode()
        if self.types.is_fixed_size_list(data.type):
            data = data.cast(self.arrow.list_(data.type.value_type))
        return data

    def _floats(self, column: str, data: Any) -> NDArray[np.float64]:
        if self.types.is_null(data.type):
            return np.full(len(data), np.nan)
        values = self._cast(column, data, self.arrow.float64())
        return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)

    def _cast(self, column: str, data: Any, dtype: Any) -> Any:
        try:
            return self.compute.cast(data, dtype, safe=False)
        except self.arrow.ArrowException as error:
            raise DataError(
                f"{self._named(column, data.type)}, which cannot be read as {dtype}; cast it."
            ) from error

    def _named(self, column: str, dtype: Any) -> str:
        return f"{self.name}: column {checks.shown(column)} has type {checks.shown(str(dtype))}"

    def _is_number(self, dtype: Any) -> bool:
        types = self.types
        return bool(
            types.is_integer(dtype)
            or types.is_floating(dtype)
            or types.is_decimal(dtype)
            or types.is_null(dtype)
        )

    def _is_text(self, dtype: Any) -> bool:
        types = self.types
        return bool(types.is_string(dtype) or types.is_large_string(dtype) or types.is_string_view(dtype))

    def _is_binary(self, dtype: Any) -> bool:
        types = self.types
        return bool(
            types.is_binary(dtype)
            or types.is_large_binary(dtype)
            or types.is_binary_view(dtype)
            or types.is_fixed_size_binary(dtype)
        )

    def _is_list(self, dtype: Any) -> bool:
        types = self.types
        return bool(types.is_list(dtype) or types.is_large_list(dtype) or types.is_fixed_size_list(dtype))

    def _leaf(self, dtype: Any) -> Any:
        """Return the type of the numbers in lists, or in lists of lists."""
        inner = dtype.value_type
        return inner.value_type if self._is_list(inner) else inner
