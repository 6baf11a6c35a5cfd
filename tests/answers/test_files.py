"""A file appears whole or not at all."""

import os
import stat

import pytest

from ostinato.answers import files
from ostinato.answers.files import checked_place, write_file
from ostinato.errors import ArgumentError


def test_a_file_is_written_and_replaced(tmp_path):
    path = tmp_path / ("long" * 60 + ".csv")
    write_file(path, b"old")
    write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_is_refused_before_the_work(tmp_path):
    with pytest.raises(ArgumentError, match="does not exist; create it first"):
        checked_place(tmp_path / "none" / "p.csv")
    with pytest.raises(ArgumentError, match="it is a folder; name a file"):
        checked_place(tmp_path)


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(ArgumentError, match="No space left on device"):
        write_file(path, b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed_and_the_umask_kept(tmp_path):
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_text("old")
    link.symlink_to(target)
    before = os.umask(0o027)
    try:
        write_file(link, b"new")
    finally:
        os.umask(before)
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
