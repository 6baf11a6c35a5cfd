"""A state as bytes: what was written is read, and nothing else is."""

import hashlib
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.errors import StreamError
from ostinato.runtime.streams.kept import MOST_HELD, Kept, from_bytes, to_bytes

MODEL, OTHER = bytes(range(32)), bytes(32)
FORM = {
    "recurrent.h": np.zeros((2, 3), np.float32),
    "pool.sum": np.zeros(3),
    "pool.count": np.zeros((), np.int64),
}
KEPT = Kept(
    steps=7,
    ended=False,
    held="na\u00ef".encode()[:3],
    arrays={
        "recurrent.h": np.arange(6, dtype=np.float32).reshape(2, 3),
        "pool.sum": np.array([0.5, -1e300, 2.0]),
        "pool.count": np.array(7),
    },
)
DATA = to_bytes(MODEL, KEPT)


def resealed(data):
    """Return bytes whose checksum holds."""
    return data + hashlib.sha256(data).digest()


def refused(data, saying):
    with pytest.raises(StreamError, match=saying) as caught:
        from_bytes(MODEL, FORM, data)
    assert str(caught.value).isprintable()


@given(
    steps=st.integers(0, 2**63 - 1), ended=st.booleans(), held=st.binary(max_size=50), seed=st.integers(0, 99)
)
def test_what_is_written_is_read(steps, ended, held, seed):
    random = np.random.default_rng(seed)
    arrays = {
        name: random.integers(0, 99, array.shape).astype(array.dtype)
        if array.dtype.kind == "i"
        else random.normal(size=array.shape).astype(array.dtype)
        for name, array in FORM.items()
    }
    found = from_bytes(MODEL, FORM, to_bytes(MODEL, Kept(steps, ended, held, arrays)))
    assert (found.steps, found.ended, found.held) == (steps, ended, held)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found.arrays[name], array)
        assert found.arrays[name].dtype == array.dtype
        assert found.arrays[name].flags.writeable


def test_every_flipped_bit_is_found():
    for place in range(len(DATA)):
        for bit in range(8):
            changed = bytearray(DATA)
            changed[place] ^= 1 << bit
            refused(bytes(changed), "no stream's state|damaged")


@given(st.integers(0, len(DATA) - 1), st.binary(min_size=1, max_size=9))
def test_what_is_cut_or_longer_is_refused(length, more):
    refused(DATA[:length], "no stream's state|damaged")
    refused(DATA + more, "damaged")


@given(st.binary(max_size=400))
def test_other_bytes_are_refused(data):
    refused(data, "no stream's state")


@pytest.mark.parametrize("data", [None, "state", 7, {"h": np.zeros(3)}, [1, 2]])
def test_what_is_no_bytes_is_refused(data):
    refused(data, "expected the bytes that a stream's state")


def test_a_state_of_another_model_or_version_is_refused_in_words_of_its_own():
    with pytest.raises(StreamError, match="of another model"):
        from_bytes(OTHER, FORM, DATA)
    body = DATA[:-32]
    for version, hint in ((0, "start a new stream"), (2, "update Ostinato")):
        refused(resealed(body[:8] + struct.pack("<I", version) + body[12:]), f"version {version}.*{hint}")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (12, struct.pack("<I", 2)),  # an unknown flag
        (48, struct.pack("<Q", 2**63)),  # steps
        (56, struct.pack("<I", MOST_HELD + 1)),
        (56, struct.pack("<I", 2**32 - 1)),
        (56, struct.pack("<I", 2)),  # fewer bytes held than there are
        (63, struct.pack("<Q", 2**64 - 1)),  # the arrays' size
    ],
)
def test_sizes_that_lie_are_refused_though_the_checksum_holds(place, value):
    body = DATA[:-32]
    refused(resealed(body[:place] + value + body[place + len(value) :]), "sizes are not those")


@pytest.mark.parametrize(
    ("name", "value"), [("recurrent.h", np.nan), ("pool.sum", -np.inf), ("pool.count", -1)]
)
def test_what_no_stream_holds_is_refused_though_the_checksum_holds(name, value):
    arrays = {key: array.copy() for key, array in KEPT.arrays.items()}
    arrays[name][...] = value
    refused(to_bytes(MODEL, Kept(7, False, b"", arrays)), f"{name} holds what no stream has")


def test_another_form_is_refused():
    with pytest.raises(StreamError, match="sizes"):
        from_bytes(MODEL, {"recurrent.h": np.zeros(2, np.float32)}, DATA)


def test_the_bytes_are_those_that_the_format_says():
    assert DATA[:8] == b"\x89OSTST\r\n"
    assert struct.unpack_from("<II", DATA, 8) == (1, 0)
    assert DATA[16:48] == MODEL
    assert struct.unpack_from("<QI", DATA, 48) == (7, 3)
    assert DATA[60:63] == b"na\xc3"
    assert struct.unpack_from("<Q", DATA, 63) == (24 + 24 + 8,)
    assert np.frombuffer(DATA, "<f4", 6, 71).tolist() == [0, 1, 2, 3, 4, 5]
    assert len(DATA) == 71 + 56 + 32
