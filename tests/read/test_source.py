"""Opening files: what cannot be read is refused in one line, and nothing blocks or fills the memory."""

import gzip
import os
import sys
from pathlib import Path

import pytest

from ostinato.errors import ArgumentError, DataError
from ostinato.read import Limits, read, source
from ostinato.spec.preprocessing import Columns

STEPS = Columns(label="label", sequence="id")
GOOD = "id,label,x\na,up,1\n"
ENDINGS = ["a.csv", "a.jsonl", "a.parquet", "a.arrow", "a.ts", "a.arff", "a.npz"]


@pytest.mark.parametrize("name", ENDINGS)
def test_a_missing_file_is_refused(tmp_path, refusal, name):
    assert "no such file" in refusal(tmp_path / name)
    assert "no such file" in refusal(tmp_path / "nowhere" / name)


@pytest.mark.parametrize("name", ENDINGS)
def test_d22_a_directory_is_refused(tmp_path, refusal, name):
    (tmp_path / name).mkdir()
    assert "is a directory" in refusal(tmp_path / name)


def test_a_file_as_a_directory_is_refused(write, refusal):
    assert "Not a directory" in refusal(write("a", "") / "b.csv")


@pytest.mark.parametrize("name", ENDINGS)
def test_d22_a_pipe_is_refused_without_waiting(tmp_path, refusal, name):
    os.mkfifo(tmp_path / name)
    assert "is a pipe, socket or device" in refusal(tmp_path / name)


def test_d22_a_device_is_refused(tmp_path, refusal):
    (tmp_path / "a.csv").symlink_to("/dev/zero")
    assert "is a pipe, socket or device" in refusal(tmp_path / "a.csv")


def test_d22_a_loop_of_links_is_refused(tmp_path, refusal):
    (tmp_path / "a.csv").symlink_to(tmp_path / "b.csv")
    (tmp_path / "b.csv").symlink_to(tmp_path / "a.csv")
    assert "cannot be read (Too many levels of symbolic links)" in refusal(tmp_path / "a.csv")


@pytest.mark.parametrize("start", [0, 3])
def test_pyarrow_reads_from_memory_of_its_own_as_its_threads_may_outlive_the_interpreter(start):
    arrow = pytest.importorskip("pyarrow")
    data = b"a,b\n1,2\n"
    lent = arrow.py_buffer(data).slice(start)
    held = source.Source("a.csv", data).reader(start).read_buffer()
    assert held.equals(lent)
    assert held.address != lent.address


def test_a_link_to_a_file_is_read(write, tmp_path):
    write("a.csv", GOOD)
    (tmp_path / "b.csv").symlink_to(tmp_path / "a.csv")
    assert len(read(tmp_path / "b.csv", STEPS, labelled=True)) == 1


@pytest.mark.parametrize("path", ["https://example.org/a.csv", "s3://bucket/a.csv", "file:///etc/passwd.csv"])
def test_d22_an_address_is_refused(refusal, path):
    assert "nothing is fetched from a network" in refusal(path)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("a\0.csv", "has a NUL character"),
        ("x" * 300 + ".csv", "cannot be read (File name too long)"),
        ("new\nline.csv", "'new\\nline.csv': no such file"),
        ("\x1b[31m.csv", "'\\x1b[31m.csv': no such file"),
    ],
)
def test_paths_that_cannot_be_are_refused_on_one_line(refusal, path, why):
    assert why in refusal(path)


def test_a_file_with_a_strange_name_is_read(write):
    sequences = read(write("new\nline.csv", GOOD), STEPS, labelled=True)
    assert "\n" not in sequences.places[0]


@pytest.mark.parametrize("path", [5, b"a.csv", None])
def test_a_path_must_be_one(path):
    with pytest.raises(ArgumentError, match=r"path is a .*; expected a str"):
        read(path, STEPS, labelled=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(write, refusal):
    path = write("a.csv", GOOD)
    path.chmod(0)
    assert "may not be read" in refusal(path)


def test_permission_errors_are_told(write, refusal, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(source.os, "open", refuse)
    assert "may not be read; check its permissions" in refusal(Path("a.csv"))


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file whose reading fails")
def test_d26_a_read_error_is_refused(tmp_path, refusal):
    (tmp_path / "a.csv").symlink_to("/proc/self/mem")  # a regular file; reading at 0 is an input/output error
    assert "cannot be read (Input/output error); nothing of it is used" in refusal(tmp_path / "a.csv")


def test_d26_a_read_error_in_the_middle_is_refused(write, refusal, monkeypatch):
    def interrupted(*arguments):
        yield b"id,label,x\na,up,1\n"
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(source, "_chunks", interrupted)
    assert "cannot be read (Input/output error)" in refusal(write("a.csv", GOOD))


def test_d23_a_file_that_grows_while_it_is_read_is_refused(write, refusal, monkeypatch):
    path = write("a.csv", GOOD)
    chunks = source._chunks

    def growing(*arguments):
        yield from chunks(*arguments)
        with path.open("a") as file:
            file.write("b,down,2\n")

    monkeypatch.setattr(source, "_chunks", growing)
    assert "changed while it was read" in refusal(path)


@pytest.mark.parametrize("name", ["a.csv.gz", "a.jsonl.gz", "a.ts.gz"])
def test_d21_a_decompression_bomb_is_refused(write, refusal, name):
    bomb = gzip.compress((b"x" * 1000 + b"\n") * 40_000)
    assert len(bomb) < 200_000
    assert "unpacks to more than 200 times its size" in refusal(write(name, bomb))


def test_d21_the_unpacked_size_has_a_limit(write, refusal):
    packed = gzip.compress(GOOD.encode() * 1000)
    message = refusal(write("a.csv.gz", packed), limits=Limits(bytes=10_000))
    assert "has more than the limit of 10,000 bytes" in message


def test_d21_small_files_may_pack_well(write):
    content = GOOD + "a,up,0\n" * 100_000
    packed = gzip.compress(content.encode())
    assert len(packed) * 100 < len(content)
    assert len(read(write("a.csv.gz", packed), STEPS, labelled=True).values[0]) == 100_001


@pytest.mark.parametrize(
    "change", [lambda b: b[:-10], lambda b: b[:20] + b"\xff" + b[21:], lambda b: b"no" + b]
)
def test_d21_damaged_gzip_is_refused(write, refusal, change):
    packed = gzip.compress(os.urandom(5000).hex().encode() + b"\n")
    message = refusal(write("a.csv.gz", change(packed)))
    assert "damaged" in message


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.csv.zip", "a.tar.gz", "a.parquet.gz", "a.csv.bz2"])
def test_d21_archives_are_not_unpacked(write, refusal, name):
    message = refusal(write(name, b"PK"))
    assert "unpack it" in message or "known are" in message


def test_d21_a_packed_file_under_another_name_is_pointed_out(write, refusal):
    assert "gzip-compressed" in refusal(write("a.csv", gzip.compress(GOOD.encode())))
    assert "zip archive" in refusal(write("b.csv", b"PK\x03\x04" + b"0" * 30))


def test_a_large_file_is_refused(write, refusal):
    assert "more than the limit of 10 bytes" in refusal(write("a.csv", GOOD), limits=Limits(bytes=10))


def test_lines_are_measured_across_chunks(write, monkeypatch):
    path = write("a.txt", "x" * 10 + "\n" + "y" * 20 + "\r" + "z" * 15)
    for chunk in (1, 3, 7, 100):
        monkeypatch.setattr(source, "_CHUNK", chunk)
        assert len(source.load(path, Limits(), 20).data) == 47
        with pytest.raises(DataError, match="longer than the limit of 19 bytes"):
            source.load(path, Limits(), 19)


def test_reading_loads_no_torch(tmp_path):
    import subprocess

    code = "import sys, ostinato.read; sys.exit('torch' in sys.modules or 'pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0
