"""Event tables: a step is all that was measured at a time; means where one was measured twice."""

import numpy as np
import pytest

from ostinato.errors import ArgumentError, DataError, OstinatoWarning
from ostinato.read import read
from ostinato.read.physionet import require_no_stays
from ostinato.spec.preprocessing import Columns

NAN = float("nan")
COLUMNS = Columns(label="dead", sequence="stay", time="t", parameter="what", value="x", missing=True)
EVENTS = (
    "stay,t,what,x\n"
    "a,3,pulse,80\n"
    "a,1,pulse,70\n"
    "b,0,lactate,2.5\n"
    "a,1,lactate,1.5\n"
    "a,1,pulse,72\n"
    "b,0,age,61\n"
    "a,0,age,50\n"
    "a,2,age,51\n"
    "a,4,pulse,\n"
)
OUTCOMES = "stay,dead,weight\nb,1,80\na,0,\n"


def test_steps_are_times_and_cells_are_means(write):
    found = read(write("e.csv", EVENTS), COLUMNS, labelled=True, outcomes=write("o.csv", OUTCOMES))
    assert (found.ids, found.labels, found.channels) == (["b", "a"], ["1", "0"], ("age", "lactate", "pulse"))
    assert [moments.tolist() for moments in found.times] == [[0], [0, 1, 2, 3]]
    expected = [[50, NAN, NAN], [NAN, 1.5, 71], [51, NAN, NAN], [NAN, NAN, 80]]
    np.testing.assert_array_equal(found.values[1], np.array(expected, np.float32))


def test_descriptors_are_first_values_or_stand_in_the_outcomes(write):
    columns = COLUMNS.model_copy(update={"static": ("weight", "age")})
    found = read(write("e.csv", EVENTS), columns, labelled=True, outcomes=write("o.csv", OUTCOMES))
    assert found.channels == ("lactate", "pulse")
    np.testing.assert_array_equal(found.static, np.array([[80, 61], [NAN, 50]], np.float32))


def test_who_forgets_the_table_of_descriptors_is_warned(write):
    columns = COLUMNS.model_copy(update={"static": ("age", "weight")})
    with pytest.warns(
        OstinatoWarning, match="nothing is said of the descriptor 'weight', which counts as missing"
    ):
        found = read(write("e.csv", EVENTS), columns, labelled=False)
    np.testing.assert_array_equal(found.static, np.array([[50, NAN], [61, NAN]], np.float32))


def test_a_span_of_time_is_one_step(write):
    columns = COLUMNS.model_copy(update={"every": 2.0, "inputs": ("pulse",)})
    found = read(
        write("e.csv", EVENTS.replace("b,0,lactate,2.5", "b,0,pulse,60")),
        columns,
        labelled=True,
        outcomes=write("o.csv", OUTCOMES),
    )
    assert [moments.tolist() for moments in found.times] == [[0], [0, 2]]
    assert [rows[:, 0].tolist() for rows in found.values] == [[60], [71, 80]]


def test_what_is_told_may_stand_in_the_events_themselves(write):
    lines = [
        f"{line},{'dead' if n == 0 else int(line[0] == 'b')}" for n, line in enumerate(EVENTS.splitlines())
    ]
    found = read(write("e.csv", "\n".join(lines) + "\n"), COLUMNS, labelled=True)
    assert dict(zip(found.ids, found.labels, strict=True)) == {"a": "0", "b": "1"}


def test_without_outcomes_an_answer_needs_none(write):
    found = read(write("e.csv", EVENTS), COLUMNS, labelled=False)
    assert (found.ids, found.labels) == (["a", "b"], None)


def test_numbers_to_tell_stand_in_the_outcomes_too(write):
    columns = COLUMNS.model_copy(update={"label": None, "target": "dead"})
    found = read(write("e.csv", EVENTS), columns, labelled=True, outcomes=write("o.csv", OUTCOMES))
    assert [one.tolist() for one in found.targets] == [[1.0], [0.0]]


@pytest.mark.parametrize(
    ("events", "outcomes", "message"),
    [
        (EVENTS, OUTCOMES + "c,0,70\n", r"o.csv: id 'c' has no measurement in .*e.csv \(1 such ids\)"),
        (EVENTS + "d,1,pulse,9\n", OUTCOMES, r"e.csv: id 'd' has no row in .*o.csv"),
        (EVENTS.replace("72", "high"), OUTCOMES, "line 6, column 'x': 'high' is not a number"),
        (EVENTS, OUTCOMES + "a,0,70\n", "the id 'a' stands in .* line 3 already"),
        (EVENTS + "c,1,pulse,\n", OUTCOMES + "c,1,2\n", "id 'c': the sequence has no measurements"),
        (EVENTS.replace("a,3", "a,soon"), OUTCOMES, "'soon'"),
    ],
)
def test_what_does_not_fit_is_refused(write, events, outcomes, message):
    with pytest.raises(DataError, match=message):
        read(write("e.csv", events), COLUMNS, labelled=True, outcomes=write("o.csv", outcomes))


def test_roles_and_a_policy_are_asked_for(write):
    path = write("e.csv", EVENTS)
    with pytest.raises(ArgumentError, match="say what becomes of that"):
        read(path, COLUMNS.model_copy(update={"missing": False}), labelled=False)
    with pytest.raises(ArgumentError, match="an event table needs --time"):
        read(path, COLUMNS.model_copy(update={"time": None}), labelled=False)
    with pytest.raises(ArgumentError, match="every is about tables of events"):
        read(path, Columns(sequence="stay", every=1.0), labelled=False)
    with pytest.raises(ArgumentError, match="outcomes stand beside tables of events"):
        read(path, Columns(sequence="stay"), labelled=False, outcomes=path)


def stay(folder, number, lines):
    folder.mkdir(exist_ok=True)
    text = f"Time,Parameter,Value\n00:00,RecordID,{number}\n00:00,Age,{number}\n00:00,Height,-1\n{lines}"
    (folder / f"{number}.txt").write_text(text)


STATED = Columns(label="In-hospital_death", missing=True)


def test_the_challenge_of_2012_is_read_from_its_folders(tmp_path):
    stay(tmp_path / "set-a", 11, "00:07,HR,73\n00:37,HR,77\n00:37,Temp,-1\n")
    stay(tmp_path / "set-a", 12, "01:30,Temp,36.5\n")
    (tmp_path / "Outcomes-a.txt").write_text("RecordID,SOFA,In-hospital_death\n11,1,0\n12,8,1\n")
    for folder, outcomes in ((tmp_path, None), (tmp_path / "set-a", tmp_path / "Outcomes-a.txt")):
        found = read(folder, STATED, labelled=True, outcomes=outcomes)
        assert (found.ids, found.labels, found.channels) == (["11", "12"], ["0", "1"], ("HR", "Temp"))
        assert found.columns.static == ("Age", "Gender", "Height", "ICUType", "Weight")
        np.testing.assert_allclose(found.times[0], [7 / 60, 37 / 60])
        assert found.static[1, 0] == 12
        assert np.isnan(found.static[:, 2]).all()
    assert read(tmp_path / "set-a", STATED, labelled=False).labels is None


def test_stays_are_found_where_files_of_another_kind_are_expected(tmp_path):
    stay(tmp_path / "set-a", 11, "00:07,HR,73\n")
    for folder in (tmp_path, tmp_path / "set-a"):
        with pytest.raises(DataError, match=r"holds stays, such as .*11\.txt, .*--missing forward-fill"):
            require_no_stays(folder)
    (tmp_path / "set-a" / "11.txt").write_text("what is said in recording 11")
    require_no_stays(tmp_path)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("7,HR,73\n", "line 5: '7' is no time; expected HH:MM"),
        ("00:07,HR,fast\n", "line 5: 'fast' is not a number"),
        ("00:07,HR\n", "line 5: 2 fields; expected 3"),
    ],
)
def test_a_line_that_is_none_of_the_form_is_refused(tmp_path, lines, message):
    stay(tmp_path / "set-a", 11, lines)
    with pytest.raises(DataError, match=message):
        read(tmp_path / "set-a", STATED, labelled=False)


def test_a_folder_without_stays_or_outcomes_is_refused(tmp_path):
    with pytest.raises(DataError, match="0 of its folders hold stays"):
        read(tmp_path, STATED, labelled=True)
    stay(tmp_path / "set-a", 11, "00:07,HR,73\n")
    with pytest.raises(ArgumentError, match="has no outcomes beside the stays"):
        read(tmp_path / "set-a", STATED, labelled=True)


def test_the_real_stays_are_all_read(real):
    found = read(real("health_physionet2012"), STATED.model_copy(update={"every": 1.0}), labelled=True)
    assert (len(found), len(found.channels), found.labels.count("1")) == (1000, 36, 136)
