"""Tables with time stamps: one series, many, one a row; gaps, faults, frames."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from ostinato.errors import ArgumentError, DataError
from ostinato.read.grid import parse, stamp
from ostinato.read.series_options import before
from ostinato.read.series_tables import panel_from_frame, read_panel
from ostinato.spec.windows import Frequency, SeriesColumns

DAILY = "day,a,b\n2024-02-28,1,x\n2024-02-29,,x\n2024-03-01,3,x\n"
LONG = "id,t,y,hot,kind\nu,1,1,0,a\nv,7,5,1,b\nu,2,2,1,a\nv,8,NA,0,b\nu,3,3,1,a\n"


def read(tmp_path, text, **roles):
    path = tmp_path / "table.csv"
    path.write_text(text)
    return read_panel(path, SeriesColumns(**roles))


def test_a_wide_table_is_one_series_of_its_numeric_columns(tmp_path):
    panel = read(tmp_path, DAILY, time="day")
    assert (panel.targets, panel.ids, panel.frequency) == (("a",), ["series"], parse("D"))
    np.testing.assert_array_equal(panel.values[0], [[1], [np.nan], [3]])
    assert [stamp(int(t), panel.frequency) for t in panel.times(0)] == [
        "2024-02-28", "2024-02-29", "2024-03-01"
    ]  # fmt: skip


def test_a_long_table_is_many_series(tmp_path):
    panel = read(tmp_path, LONG, series="id", time="t", targets=("y",), known=("hot",), static=("kind",))
    assert panel.ids == ["u", "v"]
    assert panel.starts.tolist() == [1, 7]
    np.testing.assert_array_equal(panel.values[0], [[1, 0], [2, 1], [3, 1]])
    np.testing.assert_array_equal(panel.values[1], [[5, 1], [np.nan, 0]])
    assert panel.static == [("a",), ("b",)]


def test_a_row_is_a_series_where_there_is_no_time(tmp_path):
    panel = read(tmp_path, "V1,V2,V3,V4\nH1,1,2,3\nH2,4,,\nH3,5,,6\n", series="V1")
    assert panel.targets == ("value",)
    assert [values[:, 0].tolist() for values in panel.values[:2]] == [[1, 2, 3], [4]]
    np.testing.assert_array_equal(panel.values[2][:, 0], [5, np.nan, 6])


def test_months_and_truth_values_are_read(tmp_path):
    panel = read(tmp_path, "m,y,closed\n2024-01,1,True\n2024-02,2,false\n", time="m", known=("closed",))
    assert panel.frequency == parse("M")
    np.testing.assert_array_equal(panel.values[0], [[1, 1], [2, 0]])


def test_targets_without_times_are_rows_in_the_files_order(tmp_path):
    panel = read(tmp_path, "id,y\na,1\nb,5\na,2\n", series="id", targets=("y",))
    assert panel.frequency == Frequency()
    assert [values[:, 0].tolist() for values in panel.values] == [[1, 2], [5]]


@pytest.mark.parametrize(
    ("text", "roles", "message"),
    [
        ("t,y\n2,1\n1,2\n", {"time": "t"}, r"line 3, column 't': '1' is before '2' in .* line 2"),
        ("t,y\n1,1\n1,2\n", {"time": "t"}, "'1' is the same as '1'"),
        ("t,y\n1,1\n2,2\n4,3\n", {"time": "t"}, r"line 4, column 't': 4 follows 2, which is not one step"),
        (
            "t,y\n1,1\n2,x\n3,3\n",
            {"time": "t", "targets": ("y",)},
            r"line 3, column 'y': 'x' is not a number",
        ),
        ("t,y\n1,1\n", {"time": "t"}, "no series has two rows"),
        ("t,y\n1.5,1\n2.5,2\n", {"time": "t"}, "holds fractions"),
        ("t,y\nsoon,1\n", {"time": "t"}, "no point in time"),
        ("a,b\n1,2\n", {}, "what does a row hold"),
        ("t,w\n1,a\n2,b\n", {"time": "t"}, "none of the columns 'w' holds numbers"),
        (LONG, {"series": "id", "time": "t", "targets": ("y",), "static": ("hot",)}, "one value a series"),
        ("V1,V2\nH1,1\nH1,2\n", {"series": "V1"}, "two rows are called 'H1'"),
        ("V1,V2\nH1,\n", {"series": "V1"}, "has no value"),
        ("t,y\n1,1\n2,2\n", {"time": "t", "targets": ("x",)}, r"has no column 'x' \(target\)"),
        ("t,y\n1,1\n2,2\n", {"time": "t", "known": ("x",)}, r"has no column 'x' \(known future\)"),
    ],
)
def test_faults_are_named_with_their_place(tmp_path, text, roles, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, text, **roles)


def test_a_column_has_one_role(tmp_path):
    with pytest.raises(ArgumentError, match="given two roles"):
        read(tmp_path, DAILY, time="day", targets=("a",), known=("a",))


def test_uneven_times_are_resampled_on_request(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("t,y\n2024-01-01 00:10,1\n2024-01-01 00:50,3\n2024-01-01 03:00,5\n")
    panel = read_panel(path, SeriesColumns(time="t"), frequency=parse("h"), resample=True)
    assert stamp(int(panel.starts[0]), panel.frequency) == "2024-01-01 00:00:00"
    np.testing.assert_array_equal(panel.values[0][:, 0], [2, np.nan, np.nan, 5])


def test_frames_of_the_usual_columns_need_no_word():
    frame = pd.DataFrame(
        {
            "unique_id": ["a", "a", "b", "b"],
            "ds": pd.to_datetime(["2024-01-31", "2024-02-29"] * 2),
            "y": [1, 2, 3, None],
        }
    )
    for one in (frame, pl.from_pandas(frame)):
        panel = panel_from_frame(one, SeriesColumns())
        assert (panel.ids, panel.targets, panel.frequency) == (["a", "b"], ("y",), parse("M"))
        np.testing.assert_array_equal(panel.values[1][:, 0], [3, np.nan])


def test_what_lies_before_a_time_is_kept(tmp_path):
    panel = read(tmp_path, LONG, series="id", time="t", targets=("y",))
    cut = before(panel, "3")
    assert cut.ids == ["u"]
    assert cut.values[0][:, 0].tolist() == [1, 2]
    with pytest.raises(ArgumentError, match="expected a time like those of the data"):
        before(panel, "2024-01-01")
    with pytest.raises(DataError, match="nothing in the data lies before it"):
        before(panel, "1")


def test_a_future_is_joined_behind_its_history_and_nowhere_else(tmp_path):
    panel = read(tmp_path, DAILY, time="day", targets=("a",))
    path = tmp_path / "future.csv"
    path.write_text("day\n2024-03-02\n")
    roles = panel.roles
    future = read_panel(path, roles, frequency=panel.frequency, targets=False)
    np.testing.assert_array_equal(panel.joined(future).values[0][:, 0], [1, np.nan, 3, np.nan])
    path.write_text("day\n2024-03-03\n")
    late = read_panel(path, roles, frequency=panel.frequency, targets=False)
    with pytest.raises(DataError, match="expected 2024-03-02, one step after"):
        panel.joined(late)


def test_a_future_needs_what_is_known_ahead_and_nothing_else(tmp_path):
    path = tmp_path / "future.csv"
    path.write_text("day,open\n2024-03-02,1\n2024-03-03,0\n")
    roles = SeriesColumns(time="day", targets=("a",), past=("p",), known=("open",))
    future = read_panel(path, roles, targets=False)
    np.testing.assert_array_equal(future.values[0], [[np.nan, np.nan, 1], [np.nan, np.nan, 0]])
    path.write_text("day,a,p\n2024-03-02,1,2\n")
    with pytest.raises(DataError, match="no column 'open'"):
        read_panel(path, roles, targets=False)
