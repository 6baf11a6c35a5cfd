"""What is no request of the protocol is refused by name, and nothing in it is converted."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato.errors import ServeError
from ostinato.serve.limits import BodyLimits
from ostinato.serve.protocol import response
from ostinato.serve.protocol.request import parse
from ostinato.serve.tensors import BYTES, DTYPES, Tensor, from_bytes, pack, to_bytes, unpack

LIMITS = BodyLimits()
GOOD = {"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2.5]}


def parsed(*inputs, binary=b"", header=None, limits=LIMITS, **fields):
    head = json.dumps({"inputs": [*inputs]} | fields).encode()
    header = str(len(head)) if binary and header is None else header
    return parse(head + binary, header, limits)


def refused(*words, status=400, **arguments):
    inputs = arguments.pop("inputs", [GOOD])
    with pytest.raises(ServeError) as caught:
        parsed(*inputs, **arguments)
    assert caught.value.status == status
    for word in words:
        assert word in str(caught.value), str(caught.value)


@pytest.mark.parametrize("data", [[1, 2.5], [[1, 2.5]]])
def test_data_may_be_flat_or_nested(data):
    request = parsed(GOOD | {"data": data}, id="r")
    np.testing.assert_array_equal(request.inputs["x"].array, np.array([[1, 2.5]], "f4"))
    assert (request.id, request.outputs, request.binary) == ("r", None, False)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"data": ["1.5", 2]}, "'1.5'"),
        ({"data": [True, 2]}, "True"),
        ({"data": [1e39, 2]}, "range"),
        ({"data": [1, 2, 3]}, "shape [3]"),
        ({"data": [[1], [2]]}, "shape [2, 1]"),
        ({"data": [[1], [2, 3]]}, "ragged"),
        ({"data": [[1, 2], 3]}, "ragged"),
        ({"data": [1, {"a": 2}]}, "no FP32"),
        ({"datatype": "INT32", "data": [1.7, 2]}, "1.7"),
        ({"datatype": "INT8", "data": [1, 128]}, "128"),
        ({"datatype": "UINT8", "data": [-1, 2]}, "-1"),
        ({"datatype": "INT64", "data": [2**64, 2]}, "no INT64"),
        ({"datatype": "BOOL", "data": [1, 0]}, "no BOOL"),
        ({"datatype": "BYTES", "data": [1, "a"]}, "no BYTES"),
        ({"datatype": "FP16"}, "binary"),
        ({"datatype": "COMPLEX"}, "unknown datatype"),
        ({"shape": [-1, 2]}, "shape"),
        ({"shape": [2**40, 2**40]}, "so many"),
        ({"shape": [1.0, 2]}, "shape"),
        ({"shape": [1] * 9}, "shape"),
        ({"extra": 1}, "extra"),
        ({"data": None}, "neither data nor"),
        ({"parameters": {"binary_data_size": 8}}, "both data and"),
        ({"name": 5}, "name"),
        ({"name": "a\bb"}, "name"),
        ({"name": "a\n"}, "name"),
        ({"name": "\u202e"}, "name"),
    ],
    ids=str,
)
def test_an_input_that_is_not_what_it_says_is_refused(change, word):
    refused(word, inputs=[GOOD | change])


def test_an_input_stands_once_and_there_are_few():
    refused("stands twice", inputs=[GOOD, GOOD])
    refused("inputs; at most", inputs=[GOOD | {"name": f"x{n}"} for n in range(65)])


@pytest.mark.parametrize("header", ["-1", "0", "abc", "999", "99999999999999999999", "1e2", " 5", "+5", "٣"])
def test_a_header_length_that_is_none_is_refused(header):
    refused("Inference-Header-Content-Length", header=header)


@pytest.mark.parametrize(
    ("size", "binary"), [(8, b"1234567"), (8, b"123456789"), (4, b"1234"), (12, b"1" * 12)]
)
def test_bytes_must_be_as_many_as_are_said(size, binary):
    part = {"name": "x", "shape": [1, 2], "datatype": "FP32", "parameters": {"binary_data_size": size}}
    refused(inputs=[part], binary=binary)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinity_never_reaches_a_state(value):
    part = {"name": "x", "shape": [1, 2], "datatype": "FP32", "parameters": {"binary_data_size": 8}}
    refused("finite", inputs=[part], binary=np.array([1, value], "<f4").tobytes())


@pytest.mark.parametrize("name", ["triton_x", "headers"])
def test_reserved_parameters_are_refused(name):
    refused("reserved", parameters={name: 1})


def test_outputs_are_asked_for_once_and_by_truth_values():
    refused("twice", outputs=[{"name": "y"}, {"name": "y"}])
    refused("true or false", outputs=[{"name": "y", "parameters": {"binary_data": 1}}])
    refused("binary_data_output", parameters={"binary_data_output": "yes"})


def test_a_json_part_that_is_too_large_is_not_parsed():
    refused("at most 1024", status=413, limits=BodyLimits(json_body=1024), id="x" * 1000)


arrays = st.sampled_from([*DTYPES]).flatmap(
    lambda datatype: st.tuples(
        st.just(datatype),
        st.lists(st.integers(0, 4), max_size=4).map(tuple),
        st.integers(0, 2**32 - 1),
    )
)


def made(datatype, shape, seed):
    """Return an array of any finite numbers."""
    random = np.random.default_rng(seed)
    if datatype == "BOOL":
        return random.integers(0, 2, shape).astype(bool)
    return (random.integers(-(2**31), 2**31, shape) % 100).astype(DTYPES[datatype])


@settings(max_examples=150, deadline=None)
@given(arrays, st.booleans())
def test_every_datatype_comes_back_in_bytes_and_in_json(described, binary):
    datatype, shape, seed = described
    array = made(datatype, shape, seed)
    request = parsed(inputs := GOOD)
    del inputs
    part, body = response._part(Tensor("x", datatype, array), binary or datatype == "FP16")
    part = json.loads(response.dumps(part))
    found = parsed(part, binary=body, header=None).inputs["x"]
    assert found.datatype == datatype
    np.testing.assert_array_equal(found.array, array)
    assert request.inputs["x"].array.dtype == np.float32


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=20), max_size=6))
def test_bytes_come_back(values):
    array = np.empty(len(values), object)
    array[:] = values
    tensor = Tensor("x", BYTES, array)
    assert from_bytes(BYTES, array.shape, to_bytes(tensor)).tolist() == values
    (again,) = unpack(pack((tensor,)))
    assert again.array.tolist() == values


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_is_sent_only_refusals_come_back(data):
    """Mutations of a good binary request: each is refused in a sentence, or it is a request."""
    body = bytearray(
        json.dumps(
            {
                "inputs": [
                    {
                        "name": "x",
                        "shape": [2, 2],
                        "datatype": "FP32",
                        "parameters": {"binary_data_size": 16},
                    },
                    {"name": "t", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": 7}},
                ],
                "parameters": {"sequence_id": 3},
            }
        ).encode()
    )
    header = len(body)
    body += np.ones(4, "<f4").tobytes() + b"\x03\0\0\0abc"
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        how = data.draw(st.sampled_from(["set", "cut", "add"]))
        if how == "set":
            body[place] = data.draw(st.integers(0, 255))
        elif how == "cut":
            del body[place : place + data.draw(st.integers(1, 5))]
        else:
            body[place:place] = data.draw(st.binary(min_size=1, max_size=5))
        if not body:
            return
    length = data.draw(st.sampled_from([str(header), str(len(body)), str(header + 1), "7", "x"]))
    try:
        found = parse(bytes(body), length, LIMITS)
    except ServeError as error:
        found = error
    if isinstance(found, ServeError):
        assert found.status in (400, 413)
        assert str(found).isprintable()
    else:
        assert all(
            np.isfinite(one.array).all() for one in found.inputs.values() if one.array.dtype.kind == "f"
        )
