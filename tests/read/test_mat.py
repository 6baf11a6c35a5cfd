"""MATLAB's files: as scipy reads them, and never more than the file holds."""

import io
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import io as matlab

from ostinato.errors import DataError
from ostinato.read.limits import Limits
from ostinato.read.mat import read_cells
from ostinato.read.source import Source

TYPES = ["u1", "i1", "u2", "i4", "u8", "f4", "f8", "?"]


def cells(*arrays):
    """Return a cell array of one row."""
    content = np.empty((1, len(arrays)), dtype=object)
    for place, array in enumerate(arrays):
        content[0, place] = array
    return content


def saved(compressed=False, **variables):
    out = io.BytesIO()
    matlab.savemat(out, variables, do_compression=compressed)
    return out.getvalue()


def read(content, *names, limits=None):
    return read_cells(Source("a.mat", content), names, limits or Limits())


def refused(content, *names, limits=None):
    with pytest.raises(DataError) as caught:
        read(content, *names, limits=limits)
    message = str(caught.value)
    assert message.startswith("a.mat")
    assert message.isprintable()
    return message


def example(dtype="u1"):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 2, size=(steps, 3)).astype(dtype) for steps in (1, 4, 0)]


SMALL = saved(x=cells(*example()), other=np.ones((2, 2)))
PACKED = saved(True, x=cells(*example()), other=np.ones((2, 2)))


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("dtype", TYPES)
def test_matrices_are_those_that_scipy_reads(dtype, compressed):
    content = saved(compressed, x=cells(*example(dtype)), y=cells(np.arange(6.0).reshape(2, 3)))
    expected = matlab.loadmat(io.BytesIO(content))
    found = read(content, "x", "y", "z")
    assert list(found) == ["x", "y"]
    for name, arrays in found.items():
        assert len(arrays) == expected[name].size
        for array, wanted in zip(arrays, expected[name].ravel(), strict=True):
            np.testing.assert_array_equal(array, wanted, strict=True)


def test_other_variables_are_not_looked_at():
    content = saved(x=cells(np.ones((2, 2))), name="text", whole={"a": 1.0}, many=cells("a", cells("b")))
    assert list(read(content, "x")) == ["x"]


@pytest.mark.parametrize("name", ["JSB_Chorales", "Nottingham"])
def test_published_files_are_read_as_scipy_reads_them(name):
    if "OSTINATO_DATA" not in os.environ:
        pytest.skip("OSTINATO_DATA does not say where the real data is")
    path = Path(os.environ["OSTINATO_DATA"], "music_pianoroll", f"{name}.mat")
    expected = matlab.loadmat(path)
    found = read(path.read_bytes(), "traindata", "validdata", "testdata")
    assert len(found) == 3
    for name, arrays in found.items():
        for array, wanted in zip(arrays, expected[name].ravel(), strict=True):
            np.testing.assert_array_equal(array, wanted, strict=True)


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        (np.ones((2, 88)), "x is no cell array"),
        (cells("text"), "x, cell 1: is text; expected a full matrix of real numbers"),
        (cells(np.ones((1, 1)), np.ones((1, 1)) * 1j), "x, cell 2: is complex"),
        (cells(cells(np.ones((1, 1)))), "x, cell 1: is no matrix"),
        (cells({"a": 1.0}), "x, cell 1: is a struct"),
    ],
)
def test_what_is_no_cell_array_of_matrices_is_refused(variable, message):
    assert message in refused(saved(x=variable), "x")


def test_other_versions_are_refused():
    assert "MATLAB 7.3 file (HDF5)" in refused(b"MATLAB 7.3 MAT-file".ljust(128) + b"\x89HDF", "x")
    old = io.BytesIO()
    matlab.savemat(old, {"x": np.ones((2, 2))}, format="4")
    assert "is no MATLAB file of version 5 to 7" in refused(old.getvalue(), "x")
    assert "is no MATLAB file" in refused(b"", "x")


@pytest.mark.parametrize("content", [SMALL, PACKED], ids=["small", "packed"])
def test_a_file_that_is_cut_off_is_refused_or_lacks_its_last_variable(content):
    for length in range(128, len(content)):
        try:
            found = read(content[:length], "x", "other")
        except DataError:
            continue
        assert found in ({}, {"x": found.get("x")})


def test_a_bomb_is_refused():
    bomb = saved(True, x=cells(np.zeros((3000, 5600), "u1")))
    assert "unpacks to too much; save it uncompressed" in refused(bomb, "x")
    assert "unpacks to too much" in refused(PACKED, "x", limits=Limits(bytes=100))


def test_compressed_data_that_is_damaged_is_refused():
    assert "damaged or cut off (its compressed data)" in refused(PACKED[:160] + b"\0" + PACKED[161:], "x")
    short = zlib.compress(SMALL[128:])[:-6]
    content = SMALL[:128] + (15).to_bytes(4, "little") + len(short).to_bytes(4, "little") + short
    assert "its compressed data ends early" in refused(content, "x")


def test_an_element_in_the_place_of_its_size_has_four_bytes_at_most():
    name = b"\x01\0\x01\0x\0\0\0"
    assert SMALL.count(name) == 1
    longer = SMALL.replace(name, b"\x01\0\x05\0x\0\0\0")
    assert "an element is longer than what holds it" in refused(longer, "x")


def test_a_variable_that_stands_twice_is_refused():
    assert "'x' stands in it twice" in refused(SMALL + SMALL[128:], "x")


@settings(max_examples=300, deadline=None)
@given(
    edits=st.lists(st.tuples(st.integers(100, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=4)
)
def test_damaged_bytes_give_matrices_or_one_error(edits):
    content = bytearray(SMALL)
    for place, value in edits:
        content[place] = value
    try:
        found = read(bytes(content), "x")
    except DataError:
        return
    assert sum(array.nbytes for arrays in found.values() for array in arrays) <= len(SMALL)
