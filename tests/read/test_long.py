"""Long tables: which rows form a sequence, and in which order (case D13)."""

import pytest

from ostinato.read import Limits, read
from ostinato.spec.preprocessing import Columns

STEPS = Columns(label="label", sequence="id")
TIMED = Columns(label="label", sequence="id", time="t")


def test_d13_rows_that_stand_apart_are_refused_without_a_time_column(write, refusal):
    message = refusal(write("a.csv", "id,label,x\na,up,1\nb,down,2\na,up,3\n"))
    assert "line 4: sequence 'a' goes on here after another one began" in message
    assert "--time" in message


def test_d13_rows_that_stand_apart_are_joined_by_time(write):
    content = "id,label,t,x\na,up,1,1\nb,down,1,2\na,up,2,3\nb,down,2,4\n"
    sequences = read(write("a.csv", content), TIMED, labelled=True)
    assert sequences.ids == ["a", "b"]
    assert sequences.labels == ["up", "down"]
    assert sequences.channels == ("x",)
    assert [value[:, 0].tolist() for value in sequences.values] == [[1, 3], [2, 4]]
    assert [place[-6:] for place in sequences.places] == ["line 2", "line 3"]


@pytest.mark.parametrize(
    ("first", "second", "relation"),
    [
        ("2", "1", "before"),
        ("1", "1", "the same as"),
        ("10", "9", "before"),
        ("1.5", "1.25", "before"),
        ("2024-03-31T03:00:00", "2024-03-31T02:30:00", "before"),
        ("2024-10-27T02:30:00", "2024-10-27T02:30:00", "the same as"),
        ("2024-05-01T12:00:00+00:00", "2024-05-01T13:00:00+02:00", "before"),
        ("1700000000000000002", "1700000000000000001", "before"),
    ],
)
def test_d13_time_that_does_not_rise_is_refused(write, refusal, first, second, relation):
    content = f"id,label,t,x\na,up,{first},1\na,up,{second},2\n"
    message = refusal(write("a.csv", content), TIMED)
    assert f"line 3, column 't': '{second}' is {relation} '{first}' in " in message
    assert "sort the rows by time" in message


def test_d13_stamps_with_offsets_are_compared_in_utc(write):
    content = "id,label,t,x\na,up,2024-05-01T13:00:00+02:00,1\na,up,2024-05-01T11:30:00Z,2\n"
    assert read(write("a.csv", content), TIMED, labelled=True).values[0][:, 0].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("times", "why"),
    [
        (("2024-05-01T12:00:00", "2024-05-01T12:30:00Z"), "one has a time zone and one has none"),
        (("1", "2024-05-01"), "is no finite number"),
        (("2024-05-01", "soon"), "is no point in time"),
        (("2024-05-01", ""), "is no point in time"),
        (("1.5", "nan"), "is no finite number"),
        (("2024-13-01", "2024-05-01"), "is no point in time"),
    ],
)
def test_d13_times_that_cannot_be_compared_are_refused(write, refusal, times, why):
    message = refusal(write("a.csv", "id,label,t,x\n" + "".join(f"a,up,{t},1\n" for t in times)), TIMED)
    assert why in message
    assert "column 't'" in message


def test_different_labels_in_one_sequence_are_refused(write, refusal):
    message = refusal(write("a.csv", "id,label,x\na,up,1\nb,down,2\nb,up,3\n"))
    assert "line 4, column 'label': label 'up', but sequence 'b' has label 'down' in " in message
    assert message.endswith("line 3; a sequence has one label.")


def test_d14_one_step_works_and_too_many_are_refused(write, refusal):
    path = write("a.csv", "id,label,x\na,up,1\nb,down,2\nb,down,3\n")
    assert [len(value) for value in read(path, STEPS, labelled=True).values] == [1, 2]
    message = refusal(path, limits=Limits(steps=1))
    assert "line 3: the sequence has 2 steps, above the limit of 1" in message


def test_d14_one_very_long_sequence_among_short_ones_takes_no_padding(write):
    rows = "".join(f"{'long' if i < 200_000 else i},up,{i}\n" for i in range(200_100))
    values = read(write("a.csv", "id,label,x\n" + rows), STEPS, labelled=True).values
    assert len(values) == 101
    assert sum(value.nbytes for value in values) == 4 * 200_100


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (Columns(label="label", sequence="label"), "two roles"),
        (Columns(label="label", sequence="id", inputs=("x", "label")), "two roles"),
        (Columns(label="label", sequence="id", inputs=("x", "x")), "two roles"),
        (Columns(label="label", sequence="id", inputs=()), "inputs is empty"),
        (Columns(label="label", time="t"), "without sequence"),
        (Columns(label="label", text="x", inputs=("x",)), "two roles"),
        (Columns(label="label", text="t", inputs=("x",)), "both given"),
        (Columns(label="label", inputs=("x",)), "one value a row"),
        (Columns(label="label", sequence="nr"), "no column 'nr' (sequence)"),
        (Columns(label="label", sequence="id", time="when"), "no column 'when' (time)"),
        (Columns(label="klass", sequence="id"), "no column 'klass' (label)"),
    ],
)
def test_columns_that_do_not_fit_are_refused(write, refusal, columns, why):
    assert why in refusal(write("a.csv", "id,label,t,x\na,up,1,1\n"), columns)


def test_no_numeric_column_is_refused(write, refusal):
    message = refusal(write("a.csv", "id,label,note\na,up,fine\n"))
    assert "none of the columns 'note' holds numbers" in message


def test_ids_beside_numbers_are_not_guessed_to_be_texts(write, refusal):
    message = refusal(write("a.csv", "id,label,x\na,up,1\na,up,2\nb,down,3\n"), Columns(label="label"))
    assert "'id' holds single words beside columns of numbers" in message
    assert "--sequence id" in message
    assert "--text id" in message
