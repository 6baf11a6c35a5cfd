"""Tables without a line of names: read as tables with one, and places stay those of the file."""

import pytest

from ostinato.errors import ArgumentError, DataError
from ostinato.read import read
from ostinato.spec.preprocessing import Columns

COLUMNS = Columns(sequence="unit", names=("unit", "cycle", "heat"), time="cycle")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "1 1  0.5 \n1 2 0.6\n2 1\t0.7\n"),
        ("a.csv", "1,1,0.5\n1,2,0.6\n2,1,0.7\n"),
        ("a.tsv", "1\t1\t0.5\n1\t2\t0.6\n2\t1\t0.7\n"),
    ],
)
def test_columns_are_called_as_the_caller_says(write, name, content):
    found = read(write(name, content), COLUMNS, labelled=False)
    assert (found.ids, found.channels) == (["1", "2"], ("heat",))
    assert [rows[:, 0].tolist() for rows in found.values] == [pytest.approx([0.5, 0.6]), pytest.approx([0.7])]
    assert found.places[1].endswith("line 3")


def test_a_fault_is_placed_on_its_own_line(write):
    with pytest.raises(DataError, match="line 2, column 'heat': 'hot' is not a number"):
        read(write("a.txt", "1 1 0.5\n1 2 hot\n"), COLUMNS, labelled=False)


def test_more_or_fewer_fields_than_names_are_refused(write):
    with pytest.raises(DataError, match=r"line 1: 2 fields, but the names \(--names\) are 3"):
        read(write("a.txt", "1 1\n"), COLUMNS, labelled=False)
    with pytest.raises(DataError, match="is empty"):
        read(write("a.txt", "\n"), COLUMNS, labelled=False)


def test_names_are_for_text_alone(write):
    with pytest.raises(ArgumentError, match=r"names are for \.csv, \.tsv and \.txt"):
        read(write("a.jsonl", "{}\n"), COLUMNS, labelled=False)


def test_engines_of_c_mapss_are_read(real):
    names = ("unit", "cycle", *(f"setting_{n}" for n in range(1, 4)), *(f"sensor_{n}" for n in range(1, 22)))
    path = real("health_cmapss_fd001") / "train_FD001.txt"
    found = read(path, COLUMNS.model_copy(update={"names": names}), labelled=False)
    assert (len(found), len(found.channels), sum(map(len, found.values))) == (100, 24, 20631)
