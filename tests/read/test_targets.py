"""Numbers to tell: one a sequence, the same in all its rows, or one a step, some of them missing."""

import numpy as np
import pytest

from ostinato.errors import ArgumentError
from ostinato.read import read
from ostinato.spec.preprocessing import Columns

SEQUENCE = Columns(sequence="id", target="left")
STEP = SEQUENCE.model_copy(update={"per_step": True})
TABLE = "id,x,left\na,1,2\na,2,1\nb,3,0\n"


def test_one_a_step(write):
    found = read(write("a.csv", TABLE.replace("2,1", "2,")), STEP, labelled=True)
    assert found.channels == ("x",)
    np.testing.assert_array_equal(found.targets[0], [2, np.nan])
    assert found.targets[1].tolist() == [0]


def test_one_a_sequence(write):
    found = read(write("a.csv", TABLE.replace("2,1", "2,2")), SEQUENCE, labelled=True)
    assert [one.tolist() for one in found.targets] == [[2], [0]]
    assert found.select(np.array([1])).targets[0].tolist() == [0]


def test_prediction_needs_none(write):
    found = read(write("a.csv", "id,x\na,1\n"), SEQUENCE, labelled=False)
    assert (found.targets, found.channels) == (None, ("x",))


def test_lists_of_steps_have_lists_of_targets(write):
    path = write("a.jsonl", '{"x":[1,2],"left":[5,null]}\n{"x":[3],"left":[4]}\n')
    found = read(path, Columns(target="left", per_step=True), labelled=True)
    np.testing.assert_array_equal(found.targets[0], [5, np.nan])
    path = write("b.jsonl", '{"x":[1,2],"left":5}\n{"x":[3],"left":4}\n')
    assert [one.tolist() for one in read(path, Columns(target="left"), labelled=True).targets] == [[5], [4]]


def test_texts_have_a_number_each(write):
    found = read(
        write("a.csv", "said,left\nwell then,1\nso be it,2\n"),
        Columns(text="said", target="left"),
        labelled=True,
    )
    assert (found.kind, [one.tolist() for one in found.targets]) == ("text", [[1], [2]])


@pytest.mark.parametrize(
    ("content", "columns", "message"),
    [
        (TABLE, SEQUENCE, "line 3, column 'left': the target is 1, but 2 in"),
        (TABLE.replace("3,0", "3,"), STEP, "line 4: the sequence has no target at any step"),
        (TABLE.replace("3,0", "3,soon"), STEP, "line 4, column 'left': the target 'soon' is not a number"),
        (TABLE.replace("left", "rest"), STEP, "has no column 'left' (target)"),
    ],
)
def test_targets_that_cannot_be_told_are_refused(write, refusal, content, columns, message):
    assert message in refusal(write("a.csv", content), columns)


def test_a_list_of_another_length_is_refused(write, refusal):
    path = write("a.jsonl", '{"x":[1,2],"left":[5]}\n')
    assert "the targets are a list of 1; expected 2" in refusal(path, Columns(target="left", per_step=True))


def test_a_text_has_no_steps_to_tell_of(write):
    with pytest.raises(ArgumentError, match="text and per_step are both given"):
        read(
            write("a.csv", "said,left\na b,1\n"),
            Columns(text="said", target="left", per_step=True),
            labelled=True,
        )
