"""Whatever comes over a socket of many streams is answered or refused, and hurts no other stream."""

import asyncio
import json
import struct
import tracemalloc
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import serving
from mutations import SEEDS, mutated, replaced
from ostinato.errors import ServeError
from ostinato.serve.limits import BodyLimits, Limits
from ostinato.serve.protocol import frames
from ostinato.serve.service import Service
from ostinato.serve.streams.store import NoStore
from ostinato.serve.web.sockets import _Many

IDS = [17, 18, "a-stream"]
WITNESS = "witness"
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def head(ids=IDS, **sequences):
    """Return the JSON of a step of each stream."""
    part = {
        "name": "steps",
        "shape": [len(ids), 1, serving.CHANNELS],
        "datatype": "FP32",
        "parameters": {"binary_data_size": 4 * len(ids) * serving.CHANNELS},
    }
    wanted = [{"name": "probabilities", "parameters": {"binary_data": True}}, {"name": "label"}]
    return {"sequences": {"ids": [*ids]} | sequences, "inputs": [part], "outputs": wanted}


def framed(described, values, size=None):
    """Return a binary message."""
    text = described if isinstance(described, bytes) else json.dumps(described).encode()
    return struct.pack("<I", len(text) if size is None else size) + text + values.tobytes()


class Socket:
    """What a connection tells of itself."""

    def __init__(self):
        self.scope = {"state": {"client": "me"}}
        self.path_params = {"model": "series"}


@pytest.fixture(scope="module")
def ask():
    """Return what answers a message as a connection does."""
    service = Service({"series": serving.series_model()}, Limits(), NoStore)
    many = _Many(Socket(), service)
    with asyncio.Runner() as runner:
        yield lambda message: runner.run(many.answer(service.model("series"), message))
    service.close()


def attempt(ask, message):
    """Return the answer, or None if it is refused in a sentence; all else is a failure."""
    try:
        answer = ask(message)
    except ServeError as error:
        refused = error
    else:
        if isinstance(answer, bytes):
            (size,) = struct.unpack_from("<I", answer)
            answer = answer[4 : 4 + size]
        return json.loads(answer)
    assert refused.status in (400, 404, 409, 413, 429)
    assert str(refused).isprintable()
    return None


@pytest.fixture
def witness(ask):
    """Check that a stream that no message names says afterwards what it says alone."""
    values = serving.steps(1, 2)
    alone = serving.series_model().stream().push(values[0])
    assert ask(framed(head([WITNESS], start=True), values[:, :1]))
    yield
    answer = ask(framed(head([WITNESS]), values[:, 1:]))
    (size,) = struct.unpack_from("<I", answer)
    said = np.frombuffer(answer, "<f4", alone.shape[1], 4 + size)
    np.testing.assert_allclose(said, alone[1], atol=1e-6)


def test_the_attempt_tells_good_from_bad(ask, witness):
    good = framed(head(start=True), serving.steps(3, 1))
    assert attempt(ask, good)["sequences"]["ids"] == IDS
    assert attempt(ask, good[:-1]) is None
    assert attempt(ask, json.dumps({"sequences": {"ids": [1]}})) is None
    unknown = attempt(ask, framed(head([99]), serving.steps(1, 1)))
    assert [one["id"] for one in unknown["errors"]] == [99]


@FUZZ
@given(data=st.data(), binary=st.booleans())
def test_any_value_anywhere_in_the_json(ask, witness, data, binary):
    described = replaced(head(start=True, end=False, steps=[1, 1, 1]), data)
    message = framed(described, serving.steps(3, 1)) if binary else json.dumps(described)
    attempt(ask, message)


@FUZZ
@given(seed=SEEDS)
def test_any_bytes_in_a_frame(ask, witness, seed):
    random = Random(seed)
    good = framed(head(start=True), serving.steps(3, 1))
    for _ in range(10):
        attempt(ask, mutated(good, random))
        text = mutated(json.dumps(head(start=True)).encode(), random)
        attempt(ask, framed(text, serving.steps(3, 1)))


@FUZZ
@given(st.binary(max_size=200), st.text(max_size=200))
def test_anything_at_all(ask, witness, data, text):
    attempt(ask, data)
    attempt(ask, text)
    attempt(ask, struct.pack("<I", len(data)) + data)


@pytest.mark.parametrize(
    "message",
    [
        framed(head([*range(1, 60_000)]), np.zeros(0, "<f4")),
        framed(b"[" * 900_000, np.zeros(0, "<f4")),
        framed(head() | {"inputs": [head()["inputs"][0] | {"shape": [2**40, 1, 3]}]}, np.zeros(3, "<f4")),
        framed(
            head() | {"inputs": [{"name": "steps", "shape": [0, 2**47], "datatype": "BYTES"}]}, np.zeros(3)
        ),
        framed(head(), np.zeros(0, "<f4"), size=2**32 - 1),
    ],
    ids=["many ids", "deep", "a shape", "no elements", "a length"],
)
def test_what_is_said_to_be_large_takes_no_memory(message):
    tracemalloc.start()
    with pytest.raises(ServeError):
        frames.parse(message, BodyLimits())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * len(message) + 2**20
