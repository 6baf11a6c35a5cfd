"""Weights: only a plain, bounded, whole safetensors file of the asked shapes is read."""

import numpy as np
import pytest

from model_files import refused, safetensors_of
from ostinato.archive.tensors import MAX_TENSORS, NUMBERS, decode, encode, nonfinite
from ostinato.errors import ModelFileError

ONE = {"a": np.arange(6, dtype=np.float32).reshape(2, 3)}


def described(shape=(1,), dtype="F32", begin=0, end=4):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "i4", "u1", "?"])
@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3), (1,) * 8])
def test_arrays_come_back_as_they_were(dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    back = decode("x", encode("x", {"a.b-c_0": array}), dtypes=NUMBERS)
    assert back["a.b-c_0"].dtype == array.dtype
    assert back["a.b-c_0"].shape == shape
    np.testing.assert_array_equal(back["a.b-c_0"], array)


def test_m22_big_endian_arrays_are_saved_by_value():
    back = decode("x", encode("x", {"a": np.array([1.5, -2.0], dtype=">f4")}))
    np.testing.assert_array_equal(back["a"], np.array([1.5, -2.0], dtype=np.float32))


@pytest.mark.parametrize(
    "dtype", ["F16", "BF16", "F8_E4M3", "I64", "BOOL", "U8", "C64", "X9", "float32", "", 1, None]
)
def test_m22_types_outside_the_rule_are_refused_by_name(dtype):
    data = safetensors_of({"a": described(dtype=dtype)}, bytes(4))
    refused(lambda: decode("x", data), "wrong weights", saying="expected F32 or F64")


def test_m4_every_cut_is_refused():
    data = encode("x", ONE)
    assert decode("x", data)
    for length in range(len(data)):
        refused(lambda length=length: decode("here", data[:length]), "invalid weights", naming="here")


@pytest.mark.parametrize("extra", [b"\0", b"PK\x05\x06" + bytes(18)])
def test_m6_nothing_may_stand_before_or_after(extra):
    data = encode("x", ONE)
    for changed in (data + extra, extra + data):
        with pytest.raises(ModelFileError):
            decode("x", changed)


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 2**40, 4 * 2**20, 1000, 17])
def test_m7_a_header_longer_than_the_file_is_refused(length):
    data = length.to_bytes(8, "little") + b"{}" + bytes(14)
    refused(lambda: decode("x", data), "invalid weights", saying=str(length))


def test_m7_99_megabytes_of_spaces_are_refused_unparsed():
    data = safetensors_of(b"{}" + b" " * 99_000_000)
    refused(lambda: decode("x", data), "invalid weights", saying="at most 4194304")


def test_m7_too_many_tensors_are_refused():
    many = {f"t{i}": described(begin=4 * i, end=4 * i + 4) for i in range(MAX_TENSORS + 1)}
    data = safetensors_of(many, bytes(4 * len(many)))
    refused(lambda: decode("x", data), "invalid weights", saying="10001 tensors")
    del many["t10000"]
    assert len(decode("x", safetensors_of(many, bytes(4 * len(many))))) == MAX_TENSORS
    more = b"{" + b",".join(
        b'"t%06d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}' % i for i in range(300_000)
    )
    refused(lambda: decode("x", safetensors_of(more + b"}")), "invalid weights", saying="at most 4194304")


def test_m8_a_deep_header_is_refused():
    refused(lambda: decode("x", safetensors_of(b'{"a":' + b"[" * 200_000)), "invalid JSON")


MISPLACED = {
    "overlapping": {"a": described(), "b": described(begin=2, end=6)},
    "the same range twice": {"a": described(), "b": described()},
    "a hole": {"a": described(), "b": described(begin=6, end=10)},
    "a late start": {"a": described(begin=4, end=8)},
    "out of range": {"a": described(begin=0, end=4), "b": described(begin=4, end=800)},
    "backwards": {"a": described(begin=4, end=0)},
    "negative": {"a": described(begin=-4, end=0)},
    "fractional": {"a": described(begin=0.0, end=4.0)},
    "boolean": {"a": described(begin=False, end=4)},
    "2**64": {"a": described(begin=0, end=2**64 + 4)},
    "size mismatch": {"a": described(shape=(2,))},
    "overflow": {"a": described(shape=(2**32, 2**32, 4))},
    "overflow to one": {"a": described(shape=(2**62 + 1, 4))},
    "three offsets": {"a": {**described(), "data_offsets": [0, 4, 8]}},
}


@pytest.mark.parametrize("header", MISPLACED.values(), ids=MISPLACED.keys())
def test_m9_misplaced_tensors_are_refused(header):
    refused(lambda: decode("x", safetensors_of(header, bytes(10))), "invalid weights")


def test_m10_a_name_that_stands_twice_is_refused():
    one = '"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
    data = safetensors_of(f"{{{one},{one}}}".encode(), bytes(4))
    refused(lambda: decode("x", data), "invalid JSON", saying="'a' stands 2 times")


BOMBS = [
    [0, 2**62],
    [2**62, 0, 2**62],
    [1] * 10_000,
    [1] * 9,
    [-1],
    [1.0],
    [True],
    ["1"],
    [None],
    1,
    None,
    "1",
    {},
]


@pytest.mark.parametrize("shape", BOMBS, ids=lambda shape: str(shape)[:20])
def test_m11_shapes_that_are_bombs_are_refused(shape):
    data = safetensors_of({"a": {**described(), "shape": shape}}, bytes(4))
    refused(lambda: decode("x", data), "invalid weights", saying="a has the shape")


def test_m11_shapes_are_those_that_were_asked_for():
    data = encode("x", ONE)
    assert decode("x", data, shapes={"a": (2, 3)})
    refused(
        lambda: decode("x", data, shapes={"a": (3, 2)}), "wrong weights", saying="a (2, 3), expected (3, 2)"
    )
    refused(lambda: decode("x", data, shapes={}), "wrong weights", saying="not known: a")
    refused(lambda: decode("x", data, shapes={"a": (2, 3), "b": ()}), "wrong weights", saying="missing: b")


NAMES = ["", "../x", "a/b", "a b", "a\0", "a\n", "\x1b[31m", "\u202ea", "ä", "x" * 129, "x" * 10**6]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:20])
def test_m15_strange_names_are_refused_both_ways(name):
    data = safetensors_of({name: described()}, bytes(4))
    with pytest.raises(ModelFileError) as caught:
        decode("x", data)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500
    refused(lambda: encode("x", {name: np.zeros(1, np.float32)}), "invalid weights")


@pytest.mark.parametrize(
    "header",
    [
        {"__metadata__": {"format": "pt"}, "a": described()},
        {"a": {**described(), "url": "http://example.com"}},
        {"a": {"dtype": "F32", "shape": [1]}},
        {"a": None},
        {"a": []},
        b"[]",
        b" {}",
        b"",
        b"null",
    ],
    ids=lambda header: str(header)[:30],
)
def test_m3_a_header_holds_tensors_and_nothing_else(header):
    refused(lambda: decode("x", safetensors_of(header, bytes(4))), "invalid weights")


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([object()]), np.zeros(1, "M8[s]")])
def test_arrays_that_are_no_numbers_are_not_written(array):
    refused(lambda: encode("x", {"a": array}), "invalid weights", saying="cannot be written")


def test_m13_what_is_not_finite_is_named():
    arrays = {"a": np.array([1.0]), "b": np.array([np.nan]), "c": np.array([1, 2]), "d": np.array([-np.inf])}
    assert nonfinite(arrays) == ["b", "d"]
