"""The .arff form of the UCR and UEA archives."""

import pytest

from ostinato.read import read
from ostinato.spec.preprocessing import Columns

BUILT_IN = Columns()
UNI = (
    "% about\n@relation toy\n@attribute att0 numeric\n@attribute 'att 1' REAL\n"
    "@ATTRIBUTE target {up,'far down'}\n@data\n"
)
MULTI = (
    "@relation toy\n@attribute relationalAtt relational\n@attribute att0 numeric\n@attribute att1 numeric\n"
    "@end relationalAtt\n@attribute class {up,down}\n@data\n"
)


def test_univariate_attributes_are_steps(write):
    sequences = read(write("a.arff", UNI + "1,2,up\n3, 4 ,'far down'\n"), BUILT_IN, labelled=True)
    assert [value.tolist() for value in sequences.values] == [[[1], [2]], [[3], [4]]]
    assert sequences.labels == ["up", "far down"]
    assert sequences.channels == ("channel_1",)
    assert sequences.places[1].endswith("line 8")


def test_multivariate_lines_are_channels(write):
    content = MULTI + "'1,2\\n3,4',up\n\"5,6\\n7,8\",down\n"
    sequences = read(write("a.arff", content), BUILT_IN, labelled=True)
    assert [value.tolist() for value in sequences.values] == [[[1, 3], [2, 4]], [[5, 7], [6, 8]]]
    assert sequences.channels == ("channel_1", "channel_2")
    assert sequences.labels == ["up", "down"]


def test_question_marks_at_the_end_of_all_dimensions_are_filling(write):
    sequences = read(write("a.arff", UNI + "1,?,up\n3,4,up\n"), BUILT_IN, labelled=True)
    assert [len(value) for value in sequences.values] == [1, 2]
    sequences = read(write("b.arff", MULTI + "'1,?\\n3,?',up\n"), BUILT_IN, labelled=True)
    assert sequences.values[0].tolist() == [[1, 3]]


def test_labels_may_be_absent_for_prediction(write):
    assert read(write("a.arff", UNI + "1,2,?\n"), BUILT_IN, labelled=False).labels is None
    content = UNI.replace("@ATTRIBUTE target {up,'far down'}\n", "")
    assert read(write("b.arff", content + "1,2\n"), BUILT_IN, labelled=False).labels is None


def test_the_label_can_be_named(write, refusal):
    head = "@attribute who string\n@attribute x numeric\n@attribute what {a,b}\n@data\n"
    message = refusal(write("a.arff", head + "me,1,a\n"), BUILT_IN)
    assert "several attributes could be the label: 'who', 'what'" in message
    assert "--label" in message


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("?,2,up", "channel_1, step 1: '?' is a missing value"),
        ("1,x,up", "channel_1, step 2: 'x' is not a number"),
        ("1,up", "2 values, but there are 3 attributes"),
        ("1,2,3,up", "4 values, but there are 3 attributes"),
        ("1,2,left", "label 'left' is none of 'target''s values"),
        ("1,2,'up", "a quote is not closed"),
        ("1,2,'up'x", "a quote is not closed"),
        ("{0 1, 1 2, 2 up}", "sparse"),
        ("1,2,up,{5}", "4 values"),
        ("?,?,up", "no steps"),
    ],
)
def test_lines_that_do_not_fit_are_refused(write, refusal, line, why):
    message = refusal(write("a.arff", UNI + "1,2,up\n" + line + "\n"), BUILT_IN)
    assert "line 8" in message
    assert why.replace("''s", "'") in message.replace("''s", "'")


@pytest.mark.parametrize("row", ["'1,?\\n3,4',up", "'?,2\\n?,4',up", "'1,2\\n3',up"])
def test_gaps_in_relational_values_are_refused(write, refusal, row):
    message = refusal(write("a.arff", MULTI + row + "\n"), BUILT_IN)
    assert "line 8" in message
    assert "missing value" in message or "equally long" in message


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "no line @data"),
        (UNI, "no rows"),
        ("@attribute x date\n@data\n1\n", "line 1: '@attribute x date'; expected @attribute NAME"),
        ("@attribute x\n@data\n1\n", "line 1"),
        ("nonsense\n@data\n1\n", "stands before @data"),
        ("@attribute x numeric\n@data\n1\n", "no attribute holds a label"),
    ],
)
def test_heads_that_do_not_fit_are_refused(write, refusal, content, why):
    assert why in refusal(write("a.arff", content), BUILT_IN)


def test_a_long_relational_value_is_read_fast(write):
    numbers = ",".join(["0.125"] * 100_000)
    content = MULTI + f"'{numbers}\\n{numbers}',up\n"
    assert read(write("a.arff", content), BUILT_IN, labelled=True).values[0].shape == (100_000, 2)
