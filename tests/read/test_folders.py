"""Class folders: what is found, in which order, and what is refused."""

import os

import pytest

from ostinato.errors import DataError
from ostinato.read.folders import read_folders
from ostinato.read.limits import Limits

SOUNDS = "sounds (.wav)"


def is_sound(path):
    return path.suffix == ".wav" or (path / "all.txt").exists()


def tree(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def found(root, *, labelled=True, limits=None):
    return read_folders(root, SOUNDS, is_sound, labelled=labelled, limits=limits or Limits())


def refused(root, **options):
    with pytest.raises(DataError) as caught:
        found(root, **options)
    return str(caught.value)


def test_files_are_sorted_by_label_and_name(tmp_path):
    root = tree(tmp_path, "b/2.wav", "b/10.wav", "a/z.wav")
    assert [(one.name, one.label) for one in found(root)] == [
        ("a/z.wav", "a"),
        ("b/10.wav", "b"),
        ("b/2.wav", "b"),
    ]
    assert found(root)[0].path == tmp_path / "a" / "z.wav"


def test_a_folder_may_be_what_is_wanted(tmp_path):
    root = tree(tmp_path, "a/one/all.txt", "b/two/all.txt")
    assert [(one.name, one.label) for one in found(root)] == [("a/one", "a"), ("b/two", "b")]


def test_hidden_files_are_passed_over(tmp_path):
    root = tree(tmp_path, "a/1.wav", "a/.DS_Store", ".git/config")
    assert [one.name for one in found(root)] == ["a/1.wav"]


def test_without_labels_files_may_stand_in_the_root(tmp_path):
    root = tree(tmp_path, "2.wav", "1.wav")
    assert [(one.name, one.label) for one in found(root, labelled=False)] == [
        ("1.wav", None),
        ("2.wav", None),
    ]
    assert refused(root) == (
        f"{root}/1.wav: stands in no class folder; give every label a folder, and put each file in one."
    )


def test_files_beside_class_folders_are_refused(tmp_path):
    assert "stands beside the folder" in refused(tree(tmp_path, "a/1.wav", "2.wav"), labelled=False)


@pytest.mark.parametrize("name", ["a/notes.txt", "notes.txt", "a/deeper/1.wav"])
def test_anything_else_is_refused_by_its_name(tmp_path, name):
    message = refused(tree(tmp_path, "a/1.wav", name))
    assert "is none of the sounds (.wav); move it to another place." in message


def test_empty_folders_are_refused(tmp_path):
    assert refused(tmp_path).endswith(
        "the folder is empty; expected a folder for each label, with sounds (.wav)."
    )
    (tmp_path / "a").mkdir()
    message = refused(tmp_path)
    assert message == f"{tmp_path}/a: the class folder is empty; put sounds (.wav) into it, or remove it."


def test_what_is_no_folder_is_refused(tmp_path):
    assert refused(tmp_path / "none").endswith("none: no such folder; check the path.")
    tree(tmp_path, "1.wav")
    assert "cannot be read as a folder" in refused(tmp_path / "1.wav")


def test_more_than_the_limit_is_refused(tmp_path):
    assert "above the limit of 1" in refused(tree(tmp_path, "a/1.wav", "a/2.wav"), limits=Limits(rows=1))


def test_a_name_that_is_no_text_is_refused(tmp_path):
    os.mkdir(os.fsencode(tmp_path) + b"/\xff")
    assert "cannot be printed" in refused(tmp_path)
