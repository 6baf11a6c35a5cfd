"""Tagged sentences in aligned lines, as SNIPS has them."""

import pytest

from ostinato.errors import ArgumentError
from ostinato.read import Limits, read_tagged
from ostinato.spec.columns import TaggedColumns


@pytest.fixture
def folder(tmp_path):
    """Return a function that writes a folder's files, by name, and returns the folder."""

    def folder(files=None, **more):
        for name, content in {**(files or {}), **more}.items():
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return folder


GOOD = {"seq.in": "play  jazz \nhi\u2028\n", "seq.out": "O B-genre \r\nO", "label": " PlayMusic\nGreet \n"}


def read(path, labelled=True, limits=None, **columns):
    return read_tagged(path, TaggedColumns(**columns), labelled=labelled, limits=limits or Limits())


def test_a_folder_holds_words_tags_and_labels(folder):
    sentences = read(folder(GOOD))
    assert sentences.words == [["play", "jazz"], ["hi\u2028"]]
    assert sentences.tags == [["O", "B-genre"], ["O"]]
    assert sentences.labels == ["PlayMusic", "Greet"]
    assert sentences.place_of(1, 0).endswith("seq.in, line 2, word 1")
    assert sentences.columns == TaggedColumns(format="lines", words="seq.in", tags="seq.out", label="label")


def test_files_can_be_named(folder):
    sentences = read(folder({"x": "a b", "y": "O O", "z": "l"}), words="x", tags="y", label="z")
    assert (sentences.words, sentences.tags, sentences.labels) == ([["a", "b"]], [["O", "O"]], ["l"])


def test_tags_and_labels_may_be_absent(folder, refused):
    path = folder({"seq.in": "a b\n"})
    sentences = read(path, labelled=False)
    assert (sentences.tags, sentences.labels, sentences.columns.label) == (None, None, None)
    assert "seq.in: beside it there is no 'seq.out' with its tags" in refused(read, path)
    folder({"seq.out": "O O\n"})
    assert read(path).labels is None
    assert "there is no 'intent' with its label" in refused(read, path, label="intent")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"seq.out": "O B-genre\n"}, "seq.out: 1 lines, but "),
        ({"label": "a\nb\nc\n"}, "label: 3 lines, but "),
        ({"seq.out": "O\nO\n"}, "seq.out, line 1: 1 tags, but 2 words in "),
        ({"seq.out": "O O\n\n"}, "seq.out, line 2: 0 tags, but 1 words in "),
        ({"seq.in": "a b\n\n", "seq.out": "O O\n\n"}, "seq.in, line 2: the sequence has no words"),
        ({"seq.in": "", "seq.out": "", "label": ""}, "seq.in: is empty"),
        ({"label": "a\n \n"}, "label, line 2: the label is blank; 1 of 2 are"),
        ({"seq.out": b"O B\nO\xe4\n"}, "seq.out, line 2, byte offset 5"),
    ],
)
def test_files_that_do_not_fit_are_refused_with_the_line(folder, refused, changes, why):
    for labelled in (True, False):
        assert why in refused(read, folder(GOOD, **changes), labelled)


def test_a_folder_of_other_files_is_refused(folder, refused):
    assert "is a folder without 'seq.in'" in refused(read, folder({"a.txt": "a"}))


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "a/b", "..", "."])
def test_d22_no_file_outside_of_the_folder_is_named(folder, refused, name):
    assert "is no file's name" in refused(read, folder(GOOD), tags=name, error=ArgumentError)


def test_a_file_has_one_role(folder, refused):
    assert "given two roles" in refused(read, folder(GOOD), tags="seq.in", error=ArgumentError)


def test_limits(folder, refused):
    assert "line 1: the sequence has 2 words" in refused(read, folder(GOOD), limits=Limits(steps=1))
    assert "longer than the limit" in refused(read, folder(GOOD), limits=Limits(line_bytes=5))


@pytest.mark.parametrize(("part", "count"), [("train", 13_084), ("valid", 700), ("test", 700)])
def test_snips_has_the_sizes_that_are_published(real, part, count):
    sentences = read(real("tag_snips") / part)
    assert len(sentences) == count
    assert len(set(sentences.labels)) == 7
    if part == "train":
        assert len({tag for tags in sentences.tags for tag in tags}) == 72
