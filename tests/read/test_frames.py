"""Frames of pandas and polars, and tables behind the Arrow PyCapsule interface."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from ostinato.errors import ArgumentError, DataError
from ostinato.read import from_frame
from ostinato.spec.preprocessing import Columns

STEPS = Columns(label="label", sequence="id")
LONG = {"id": ["a", "a", "b"], "label": ["up", "up", "NA"], "x": [1.5, 2.5, 3.5], "n": [1, 2, 3]}
LISTS = {"label": ["a", "b"], "values": [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0]]]}


class Foreign:
    """A table of a library that nobody knows, but which speaks Arrow."""

    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


FRAMES = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "arrow": pa.table,
    "batch": lambda columns: pa.RecordBatch.from_pydict(columns),
    "foreign": lambda columns: Foreign(pa.table(columns)),
}


@pytest.fixture(params=FRAMES)
def frame(request):
    return FRAMES[request.param]


def test_long_frame_is_read(frame):
    sequences = from_frame(frame(LONG), STEPS, labelled=True)
    assert [value.tolist() for value in sequences.values] == [[[1.5, 1], [2.5, 2]], [[3.5, 3]]]
    assert sequences.labels == ["up", "NA"]
    assert sequences.channels == ("x", "n")
    assert sequences.places == ["the frame, row 0", "the frame, row 2"]


def test_lists_are_read(frame):
    sequences = from_frame(frame(LISTS), Columns(label="label"), labelled=True)
    assert [value.tolist() for value in sequences.values] == [[[1, 2], [3, 4]], [[5, 6]]]


def test_text_is_read(frame):
    columns = {"words": ["to be", "or not"], "label": [0, 1]}
    sequences = from_frame(frame(columns), Columns(label="label"), labelled=True)
    assert sequences.values == ["to be", "or not"]
    assert sequences.labels == ["0", "1"]


def test_bad_values_are_refused_with_their_row(frame):
    with pytest.raises(DataError, match=r"the frame, row 2, column 'x': .* missing value"):
        from_frame(frame({**LONG, "x": [1.0, 2.0, None]}), STEPS, labelled=True)


def test_prediction_needs_no_label(frame):
    columns = {name: LONG[name] for name in ("id", "x")}
    assert from_frame(frame(columns), STEPS, labelled=False).labels is None


def test_an_empty_frame_is_refused(frame):
    with pytest.raises(DataError, match="no rows"):
        from_frame(frame({"id": [], "label": [], "x": []}), STEPS, labelled=True)


def test_categories_and_slices_are_read():
    table = pd.DataFrame(LONG).astype({"label": "category", "id": "category"})
    assert from_frame(table[1:], STEPS, labelled=True).labels == ["up", "NA"]
    polars = pl.DataFrame(LONG).with_columns(pl.col("label").cast(pl.Categorical))
    assert from_frame(polars[1:], STEPS, labelled=True).values[0].tolist() == [[2.5, 2]]
    arrow = pa.table(LISTS).slice(1)
    assert from_frame(arrow, Columns(label="label"), labelled=True).values[0].tolist() == [[5, 6]]


def test_several_chunks_are_read():
    table = pa.concat_tables([pa.table(LISTS), pa.table(LISTS)])
    assert len(from_frame(table, Columns(label="label"), labelled=True)) == 4


def test_arrays_in_polars_and_pandas_are_lists():
    polars = pl.DataFrame(
        {"label": ["a"], "x": [[1.0, 2.0]]}, schema_overrides={"x": pl.Array(pl.Float32, 2)}
    )
    assert from_frame(polars, Columns(label="label"), labelled=True).values[0].tolist() == [[1], [2]]
    pandas = pd.DataFrame({"label": ["a", "b"], "x": [np.ones(2), np.ones(3)]})
    assert [len(value) for value in from_frame(pandas, Columns(label="label"), labelled=True).values] == [
        2,
        3,
    ]


def test_a_pandas_index_is_no_column():
    table = pd.DataFrame(LONG).set_index(pd.Index([7, 8, 9], name="row"))
    assert from_frame(table, STEPS, labelled=True).channels == ("x", "n")


def test_d3_duplicate_columns_are_refused():
    table = pd.DataFrame([["a", "p", 1.0, 2.0]], columns=["id", "label", "x", "x"])
    with pytest.raises(DataError, match="two columns are called 'x'"):
        from_frame(table, STEPS, labelled=True)


def test_d12_mixed_types_are_refused():
    with pytest.raises(DataError, match="a column cannot be read"):
        from_frame(pd.DataFrame({**LONG, "x": [1, "two", 3]}), STEPS, labelled=True)


@pytest.mark.parametrize("value", [[1, 2], np.ones((2, 2)), None, pl.LazyFrame(LONG), {"x": [1]}])
def test_what_is_no_frame_is_refused(value):
    with pytest.raises(ArgumentError, match=r"frame is a .*; expected a pandas or polars DataFrame"):
        from_frame(value, STEPS, labelled=True)


@pytest.mark.parametrize("value", [pd.Series([1, 2]), pl.Series([1, 2]), pa.array([1, 2])])
def test_one_column_alone_is_refused(value):
    with pytest.raises(DataError, match="the frame: a column cannot be read"):
        from_frame(value, STEPS, labelled=True)
