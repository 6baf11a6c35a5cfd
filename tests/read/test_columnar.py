"""Parquet, Arrow files and streams: typed columns, and the damage that such files can have (case D25)."""

import contextlib
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from ostinato.errors import DataError
from ostinato.read import Limits, read
from ostinato.spec.preprocessing import Columns

STEPS = Columns(label="label", sequence="id")
ONE = Columns(label="label")
LONG = {"id": ["a", "a", "b"], "label": ["up", "up", "down"], "x": [1.5, 2.5, 3.5], "n": [1, 2, 3]}


def write_parquet(table, path):
    pq.write_table(table, path)


def write_file(table, path):
    with pa.ipc.new_file(path, table.schema) as file:
        file.write_table(table)


def write_stream(table, path):
    with pa.ipc.new_stream(path, table.schema) as stream:
        stream.write_table(table)


def write_feather(table, path):
    pyarrow.feather.write_feather(table, str(path), compression="zstd")


FORMS = {
    "a.parquet": write_parquet,
    "a.arrow": write_file,
    "a.arrows": write_stream,
    "a.feather": write_feather,
}


@pytest.fixture(params=FORMS)
def save(request, tmp_path):
    """Return a function that writes columns in one of the forms and returns the path."""

    def save(columns, schema=None):
        path = tmp_path / request.param
        FORMS[request.param](pa.table(columns, schema=schema), path)
        return path

    return save


def test_long_table_is_read(save):
    sequences = read(save(LONG), STEPS, labelled=True)
    assert [value.tolist() for value in sequences.values] == [[[1.5, 1], [2.5, 2]], [[3.5, 3]]]
    assert sequences.channels == ("x", "n")
    assert sequences.labels == ["up", "down"]
    assert sequences.places[1].endswith("row 3")


def test_lists_of_lists_are_steps_of_channels(save):
    columns = {"label": ["a", "b"], "values": [[[1, 2], [3, 4]], [[5, 6]]]}
    sequences = read(save(columns), ONE, labelled=True)
    assert [value.tolist() for value in sequences.values] == [[[1, 2], [3, 4]], [[5, 6]]]
    assert sequences.channels == ("values_1", "values_2")


@pytest.mark.parametrize("kind", [pa.list_, pa.large_list, lambda item: pa.list_(item, 2)])
@pytest.mark.parametrize("item", [pa.float32(), pa.int16(), pa.float16(), pa.decimal128(5, 2)])
def test_lists_of_any_number_type_are_channels(save, kind, item):
    convert = Decimal if pa.types.is_decimal(item) else np.float16 if item == pa.float16() else int
    lists = pa.array([[convert(1), convert(2)], [convert(3), convert(4)]], type=kind(item))
    sequences = read(save({"label": ["a", "b"], "x": lists, "y": lists}), ONE, labelled=True)
    assert sequences.channels == ("x", "y")
    assert [value.tolist() for value in sequences.values] == [[[1, 1], [2, 2]], [[3, 3], [4, 4]]]


def test_text_is_read(save):
    sequences = read(save({"label": ["a"], "words": ["to be"], "n": [1]}), ONE, labelled=True)
    assert sequences.values == ["to be"]
    assert sequences.columns.text == "words"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["NA", "01234", "null"], ["NA", "01234", "null"]),
        ([9007199254740993, 2, 3], ["9007199254740993", "2", "3"]),
        ([True, False, True], ["True", "False", "True"]),
        ([1.0, 2.5, 3.0], ["1.0", "2.5", "3.0"]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y", "x"]),
        (pa.array(["x", "y", "x"], pa.large_string()), ["x", "y", "x"]),
        ([date(2024, 5, 1), date(2024, 5, 2), date(2024, 5, 3)], ["2024-05-01", "2024-05-02", "2024-05-03"]),
    ],
)
def test_d5_d6_d7_labels_become_exact_text(save, values, expected):
    columns = {"label": values, "x": [[1.0], [2.0], [3.0]]}
    assert read(save(columns), ONE, labelled=True).labels == expected


def test_missing_labels_are_refused(save, refusal):
    path = save({"label": ["a", None], "x": [[1.0], [2.0]]})
    assert "row 2, column 'label': the label is blank" in refusal(path, ONE)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "no value is a missing value"),
        (float("nan"), "NaN is a missing value"),
        (float("inf"), "inf is infinite"),
        (1e39, "1e+39 is too large"),
    ],
)
def test_d4_values_that_are_not_finite_are_refused(save, refusal, value, why):
    message = refusal(save({**LONG, "x": [1.0, value, value]}))
    assert f"row 2, column 'x': {why}" in message
    assert "'x' 2" in message
    lists = {"label": ["a", "b"], "x": [[1.0], [2.0, value]]}
    assert f"row 2, column 'x', step 2: {why}" in refusal(save(lists), ONE)
    nested = {"label": ["a", "b"], "x": [[[1.0, 1.0]], [[2.0, 2.0], [1.0, value]]]}
    assert f"row 2, column 'x', step 2: {why}" in refusal(save(nested), ONE)


def test_a_column_of_nulls_is_refused(save, refusal):
    assert "row 1, column 'x': no value is a missing value" in refusal(save({**LONG, "x": [None] * 3}))


@pytest.mark.parametrize("lists", [[[1.0], []], [[1.0], None]])
def test_d14_an_empty_sequence_is_refused(save, refusal, lists):
    message = refusal(save({"label": ["a", "b"], "x": lists}), ONE)
    assert "row 2" in message
    assert "no steps" in message or "no list" in message


@pytest.mark.parametrize("steps", [[[1.0, 2.0], [3.0]], [[1.0, 2.0], None], [[1.0, 2.0], []]])
def test_steps_of_different_sizes_are_refused(save, refusal, steps):
    message = refusal(save({"label": ["a", "b"], "x": [[[1.0, 2.0]], steps]}), ONE)
    assert "row 2, column 'x', step 2" in message
    assert "every step needs the same" in message


@pytest.mark.parametrize(
    "column",
    [
        pa.array([{"a": 1}] * 3),
        pa.array([[{"a": 1}]] * 3),
        pa.array([[[[1.0]]]] * 3),
        pa.array([b"ab"] * 3),
        pa.array([True] * 3),
        pa.array(["a"] * 3),
        pa.array([["a"]] * 3),
        pa.array([[("k", 1)]] * 3, pa.map_(pa.string(), pa.int64())),
    ],
    ids=lambda column: str(column.type),
)
def test_d25_columns_of_other_types_are_no_inputs(save, refusal, column):
    path = save({**LONG, "x": column})
    message = refusal(path, Columns(label="label", sequence="id", inputs=("x",)))
    assert "column 'x' has type" in message
    assert read(path, STEPS, labelled=True).channels == ("n",)


@pytest.mark.parametrize("column", [pa.array([["a"]] * 3), pa.array([b"a"] * 3), pa.array([{"a": 1}] * 3)])
def test_labels_of_other_types_are_refused(save, refusal, column):
    assert "column 'label' has type" in refusal(save({**LONG, "label": column}))


@pytest.mark.parametrize(
    "times",
    [
        pa.array([1, 3, 2], pa.uint8()),
        pa.array([1.0, 3.0, 2.0]),
        pa.array(["1", "3", "2"]),
        pa.array([1, 3, 2], pa.timestamp("ns", "Europe/Berlin")),
        pa.array([1, 3, 2], pa.date32()),
        pa.array([1, 3, 2], pa.time32("s")),
        pa.array([1, 3, 2], pa.duration("ms")),
    ],
    ids=lambda column: str(column.type),
)
def test_d13_times_of_any_type_are_compared(save, refusal, times):
    columns = Columns(label="label", sequence="id", time="t")
    table = {**LONG, "id": ["a", "b", "a"], "label": ["up"] * 3, "t": times}
    assert read(save(table), columns, labelled=True).values[0][:, 0].tolist() == [1.5, 3.5]
    message = refusal(save({**table, "id": ["a"] * 3}), columns)
    assert "row 3, column 't'" in message
    assert "is before" in message


def test_a_missing_time_is_refused(save, refusal):
    columns = Columns(label="label", sequence="id", time="t")
    for times in ([1, None, 2], [1.0, float("nan"), 2.0]):
        assert "row 2, column 't'" in refusal(save({**LONG, "t": times}), columns)


def test_d1_no_rows_are_refused(save, refusal):
    assert "has no rows" in refusal(save({"id": [], "label": [], "x": []}))


def test_d3_duplicate_names_are_refused(tmp_path, refusal):
    table = pa.table([[1.0], [2.0], ["a"], ["p"]], names=["x", "x", "id", "label"])
    for name, write in FORMS.items():
        if name == "a.feather":
            continue  # it refuses to write such a table
        write(table, tmp_path / name)
        assert "two columns are called 'x'" in refusal(tmp_path / name)


@pytest.mark.parametrize("name", FORMS)
def test_d25_a_file_cut_off_anywhere_is_refused(tmp_path, refusal, name):
    path = tmp_path / name
    FORMS[name](pa.table(LONG), path)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 16, 37):
        path.write_bytes(whole[:length])
        assert name in refusal(path)


@pytest.mark.parametrize("name", FORMS)
def test_d25_a_file_with_a_changed_byte_is_read_or_refused(tmp_path, name):
    path = tmp_path / name
    FORMS[name](pa.table(LONG), path)
    whole = path.read_bytes()
    for offset in range(0, len(whole), 11):
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 0xFF]) + whole[offset + 1 :])
        with contextlib.suppress(DataError):  # any other error is a defect
            assert read(path, STEPS, labelled=True).kind == "series"


def test_d25_declared_sizes_are_checked_before_reading(tmp_path, refusal):
    path = tmp_path / "a.parquet"
    zeros = pa.array(np.zeros(100_000), pa.float64())
    write_parquet(pa.table({"id": ["a"] * 100_000, "label": ["p"] * 100_000, "x": zeros}), path)
    assert path.stat().st_size < 20_000
    assert "declares 100,000 rows, above the limit of 1,000" in refusal(path, limits=Limits(rows=1000))
    assert "bytes of values, above the limit" in refusal(path, limits=Limits(bytes=1_000_000))


def test_d25_decoded_size_is_checked_while_reading(tmp_path, refusal):
    path = tmp_path / "a.parquet"
    write_parquet(pa.table({"label": ["p"] * 1000, "words": ["x" * 10_000] * 1000}), path)  # stored once
    assert path.stat().st_size < 20_000
    message = refusal(path, ONE, limits=Limits(bytes=1_000_000))
    assert "unpacks to more than the limit of 1,000,000 bytes" in message


def test_old_feather_files_are_refused(write, refusal):
    assert "Feather version 1" in refusal(write("a.feather", b"FEA1" + b"\0" * 20))


def test_other_files_are_refused(write, refusal):
    for name in ("a.parquet", "a.arrow"):
        assert "cannot be read as" in refusal(write(name, b"id,label\n"))
        assert "cannot be read as" in refusal(write(name, b""))
