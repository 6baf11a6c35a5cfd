"""Missing values, times and descriptors: kept as what they are where they may be, else refused."""

import numpy as np
import pandas as pd
import pytest

from ostinato.errors import ArgumentError, DataError
from ostinato.read import from_arrays, from_frame, read
from ostinato.spec.preprocessing import Columns

COLUMNS = Columns(label="label", sequence="id", time="t", static=("age",), missing=True)
TABLE = "id,label,t,age,x,y\na,up,1,50,1,\na,up,2.5,50,NA,2\nb,down,0,,3,nan\n"


def test_empty_cells_and_words_for_nothing_are_missing(write):
    found = read(write("a.csv", TABLE), COLUMNS, labelled=True)
    assert found.channels == ("x", "y")
    np.testing.assert_array_equal(found.values[0], np.array([[1, np.nan], [np.nan, 2]], np.float32))
    np.testing.assert_array_equal(found.values[1], np.array([[3, np.nan]], np.float32))
    assert [moments.tolist() for moments in found.times] == [[1, 2.5], [0]]
    np.testing.assert_array_equal(found.static, np.array([[50], [np.nan]], np.float32))


def test_a_word_is_no_missing_value(write, refusal):
    path = write("a.csv", TABLE.replace("NA", "high"))
    assert "line 3, column 'x': 'high' is not a number" in refusal(path, COLUMNS)


def test_an_infinite_value_is_no_missing_value(write, refusal):
    path = write("a.csv", TABLE.replace("NA", "inf"))
    assert "line 3, column 'x': 'inf' is infinite" in refusal(path, COLUMNS)


def test_without_a_policy_a_missing_value_is_refused_and_the_option_named(write, refusal):
    message = refusal(write("a.csv", TABLE), COLUMNS.model_copy(update={"missing": False}))
    assert "line 2, column 'y': '' is a missing value" in message
    assert "--missing" in message


def test_a_patient_with_no_measurement_is_refused(write, refusal):
    message = refusal(write("a.csv", TABLE + "c,up,1,9,,\nd,up,1,9,,\n"), COLUMNS)
    assert message.endswith(
        "line 5: the sequence has no measurement, every value is missing (2 such sequences); remove it."
    )


def test_times_out_of_order_are_refused(write, refusal):
    assert "line 3, column 't': '0.5' is before '1'" in refusal(
        write("a.csv", TABLE.replace("2.5", "0.5")), COLUMNS
    )


def test_a_descriptor_that_changes_is_refused(write, refusal):
    message = refusal(write("a.csv", TABLE.replace("2.5,50", "2.5,51")), COLUMNS)
    assert "line 3, column 'age': 51, but sequence 'a' has 50 in" in message


def test_stamps_are_seconds_whatever_holds_them(write):
    stamps = ["2024-05-01T00:00:00", "2024-05-01T00:01:30"]
    columns = Columns(label="label", sequence="id", time="t")
    lines = "".join(f"a,up,{stamp},1\n" for stamp in stamps)
    from_csv = read(write("a.csv", f"id,label,t,x\n{lines}"), columns, labelled=True)
    frame = pd.DataFrame({"id": "a", "label": "up", "t": pd.to_datetime(stamps), "x": [1.0, 2.0]})
    for found in (from_csv, from_frame(frame, columns, labelled=True)):
        np.testing.assert_allclose(np.diff(found.times[0]), 90)


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_lists_have_gaps_and_descriptors_too(write, tmp_path, name):
    if name == "a.jsonl":
        path = write(name, '{"label":"up","age":3,"x":[1,null]}\n{"label":"down","age":null,"x":[2]}\n')
    else:
        path = tmp_path / name
        pd.DataFrame({"label": ["up", "down"], "age": [3, None], "x": [[1, None], [2]]}).to_parquet(path)
    found = read(path, Columns(label="label", static=("age",), missing=True), labelled=True)
    np.testing.assert_array_equal(found.values[0], np.array([[1], [np.nan]], np.float32))
    np.testing.assert_array_equal(found.static, np.array([[3], [np.nan]], np.float32))


def test_a_text_in_a_list_is_no_missing_value(write, refusal):
    path = write("a.jsonl", '{"label":"up","x":[1,"high"]}\n')
    assert "step 2: 'high' is not a number" in refusal(path, Columns(label="label", missing=True))


def test_arrays_come_with_times_and_descriptors():
    X, times, static = [[[1.0], [np.nan]], [[2.0]]], [[0, 1], [5]], [[1, 2], [3, np.nan]]
    found = from_arrays(X, ["a", "b"], times=times, static=static, missing=True)
    assert found.columns.static == ("static_1", "static_2")
    assert [moments.tolist() for moments in found.times] == times
    assert found.select(np.array([1])).static.tolist()[0][0] == 3


@pytest.mark.parametrize(
    ("beside", "error", "message"),
    [
        ({"times": [[0, 1]]}, ArgumentError, "expected one array for each of 2"),
        (
            {"times": [[1, 1], [2]]},
            DataError,
            r"times\[0\] has shape \(2,\); expected 2 finite numbers that rise",
        ),
        ({"times": [[1, 2], [2, 3]]}, DataError, r"times\[1\] has shape \(2,\); expected 1 finite"),
        ({"static": [[1], [np.nan]]}, DataError, r"static\[1, 0\]: NaN is a missing value"),
        ({"static": [1, 2]}, ArgumentError, r"static has shape \(2,\); expected \(2, S\)"),
    ],
)
def test_times_and_descriptors_that_do_not_fit_are_refused(beside, error, message):
    with pytest.raises(error, match=message):
        from_arrays([[[1.0], [2.0]], [[2.0]]], **beside)


def test_text_has_no_descriptors(write, refusal):
    columns = Columns(label="label", text="x", static=("age",))
    assert "text and static are both given" in refusal(write("a.csv", TABLE), columns)
