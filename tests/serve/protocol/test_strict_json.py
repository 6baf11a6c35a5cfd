"""JSON from strangers is bounded, and nothing in it is reinterpreted."""

import json
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.errors import ServeError
from ostinato.serve.protocol.strict_json import dumps, parse


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b"NaN", "JSON"),
        (b"[Infinity]", "JSON"),
        (b"[-Infinity]", "JSON"),
        (b"[1e400]", "JSON"),
        (b"[" + b"9" * 5000 + b"]", "400 digits"),
        (b"[0.5, 1" + b"0" * 399 + b"]", "400 digits or more: 10000000000000000000…"),
        (b'["\\ud800"]', "JSON"),
        (b'["\xff"]', "JSON"),
        (b"\xef\xbb\xbf[]", "JSON"),
        (b"", "JSON"),
        (b"[1,]", "JSON"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'[{"b": {"a": 1, "a": 2}}]', "twice"),
        (b"[" * 100_000, "levels"),
        (b'{"a":' * 100_000, "levels"),
        (b"[[" * 33 + b"]]" * 33, "66 levels"),
    ],
)
def test_what_is_no_plain_json_is_refused(text, word):
    started = time.perf_counter()
    with pytest.raises(ServeError, match=word) as caught:
        parse(text, 64)
    assert caught.value.status == 400
    assert time.perf_counter() - started < 5


def test_brackets_and_colons_in_texts_are_texts():
    assert parse(b'{"a:[{": "[[[[:\\"]"}', 2) == {"a:[{": '[[[[:"]'}


def test_a_large_body_takes_a_bounded_part_of_the_memory():
    text = b"[" + b"0.1," * 2**20 + b"0.1]"
    tracemalloc.start()
    try:
        parse(text, 64)
        assert tracemalloc.get_traced_memory()[1] < 24 * len(text)
    finally:
        tracemalloc.stop()


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_json_comes_back(value):
    try:
        text = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert parse(text, 64) == value
    assert parse(dumps(value), 64) == value
