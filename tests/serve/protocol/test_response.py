"""What a request holds is held against what a model takes."""

import json

import numpy as np
import pytest

from ostinato.errors import ServeError
from ostinato.serve.limits import BodyLimits
from ostinato.serve.protocol.request import parse
from ostinato.serve.protocol.response import check
from ostinato.serve.tensors import Form

X, Y = Form("x", "FP32", (-1,)), Form("y", "FP32", (-1,), optional=True, missing=True)


def asked(**data):
    inputs = [
        {"name": name, "shape": [len(one)], "datatype": "FP32", "data": one} for name, one in data.items()
    ]
    return parse(json.dumps({"inputs": inputs}).encode(), None, BodyLimits())


def test_null_is_nan_where_a_value_may_be_missing():
    request = asked(x=[1], y=[None, 2])
    check(request, (X, Y), (), "m")
    np.testing.assert_array_equal(request.inputs["y"].array, np.array([np.nan, 2], "f4"))


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ({"x": [1, None]}, "element [1] is NaN"),
        ({"y": [1]}, "input 'x' is missing"),
        ({"x": [1], "z": [1]}, "input 'z' is unknown"),
    ],
    ids=str,
)
def test_what_a_model_does_not_take_is_refused(data, word):
    with pytest.raises(ServeError) as caught:
        check(asked(**data), (X, Y), (), "m")
    assert word in str(caught.value)


def test_what_is_optional_may_be_left_out():
    check(asked(x=[1]), (X, Y), (), "m")
