"""The dispatcher: the end of a file's name tells its format."""

import pytest

from ostinato import checks
from ostinato.errors import MissingExtraError
from ostinato.read import read
from ostinato.read.files import FORMATS
from ostinato.spec.preprocessing import Columns

STEPS = Columns(label="label", sequence="id")


@pytest.mark.parametrize("name", ["a", "a.txt", "a.json", "a.xlsx", "a.pkl", "a.zip", "a.h5", ".csv"])
def test_unknown_endings_are_refused_with_the_known_ones(write, refusal, name):
    message = refusal(write(name, "id,label,x\n"))
    assert ".csv, .tsv, .jsonl" in message


def test_endings_may_be_in_capitals(write):
    assert len(read(write("A.CSV", "id,label,x\na,up,1\n"), STEPS, labelled=True)) == 1


def test_a_path_may_be_text(write):
    assert len(read(str(write("a.csv", "id,label,x\na,up,1\n")), STEPS, labelled=True)) == 1


def test_every_known_ending_has_a_reader(tmp_path, refusal):
    for suffix in FORMATS:
        assert "no such file" in refusal(tmp_path / f"a{suffix}")


def test_a_missing_library_is_named(write, monkeypatch):
    def absent(module, name, purpose):
        raise MissingExtraError(f"{purpose} needs {module}; run: pip install 'ostinato[{name}]'")

    monkeypatch.setattr(checks, "extra", absent)
    with pytest.raises(MissingExtraError, match=r"reading CSV needs pyarrow.*ostinato\[tables\]"):
        read(write("a.csv", "id,label,x\na,up,1\n"), STEPS, labelled=True)
    assert len(read(write("a.jsonl", '{"id": 1, "label": 1, "x": 1}\n'), STEPS, labelled=True)) == 1


def test_what_does_not_fit_in_memory_is_told(write, refusal, monkeypatch):
    def exhausted(*arguments):
        raise MemoryError

    monkeypatch.setattr("ostinato.read.files.read_csv", exhausted)
    assert "does not fit in memory" in refusal(write("a.csv", ""))


def test_the_columns_of_a_result_read_the_same_again(write):
    path = write("a.csv", "id,label,x,note\na,up,1,z\n")
    first = read(path, STEPS, labelled=True)
    other = write("b.csv", "note,x,id,more\nz,1,a,2\n")
    again = read(other, first.columns, labelled=False)
    assert again.channels == first.channels == ("x",)
    assert again.values[0].tolist() == first.values[0].tolist()


def test_select_keeps_everything_of_the_chosen(write):
    import numpy as np

    sequences = read(write("a.csv", "id,label,x\na,up,1\nb,down,2\nc,up,3\n"), STEPS, labelled=True)
    chosen = sequences.select(np.array([2, 0]))
    assert chosen.ids == ["c", "a"]
    assert chosen.labels == ["up", "up"]
    assert [value.tolist() for value in chosen.values] == [[[3]], [[1]]]
    assert [place[-6:] for place in chosen.places] == ["line 4", "line 2"]
    assert chosen.columns == sequences.columns
