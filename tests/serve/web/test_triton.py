"""Triton's own client, as it comes, against the running program."""

import asyncio

import numpy as np
import pytest

pytest.importorskip("tritonclient.http", reason="this needs tritonclient[http]")

import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException

import serving
from serving import steps

pytestmark = pytest.mark.filterwarnings("ignore")  # what the client's own libraries warn of

BINARY = [True, False]


@pytest.fixture
def client(server):
    """Return a client; each test ends with a request that must be answered."""
    opened = triton.InferenceServerClient(server.address)
    yield opened
    assert opened.infer("series", given(steps(1, 1))).as_numpy("probabilities").shape == (1, 2)
    opened.close()


def given(values, binary=True, name="steps"):
    tensor = triton.InferInput(name, [*values.shape], "BYTES" if values.dtype == object else "FP32")
    tensor.set_data_from_numpy(values, binary_data=binary)
    return [tensor]


def refused(client, *words, **options):
    with pytest.raises(InferenceServerException) as caught:
        client.infer(**options)
    for word in words:
        assert word in caught.value.message()
    return caught.value.status()


def test_what_the_server_is(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("series")
    assert client.is_model_ready("series", "1")
    assert not client.is_model_ready("series", "9")
    assert not client.is_model_ready("nothing")
    assert "sequence(string_id)" in client.get_server_metadata()["extensions"]
    assert client.get_model_metadata("series", "1")["inputs"] == [
        {"name": "steps", "datatype": "FP32", "shape": [-1, -1, 3]}
    ]
    assert client.get_model_config("series")["sequence_batching"]
    assert client.get_inference_statistics()["model_stats"][0]["name"] == "series"
    assert client.get_inference_statistics("series", "1")["model_stats"]
    assert {one["name"] for one in client.get_model_repository_index()} == {"series", "language"}


@pytest.mark.parametrize("sent", BINARY)
@pytest.mark.parametrize("wanted", [None, *BINARY])
@pytest.mark.parametrize("packed", [None, "gzip", "deflate"])
def test_whole_sequences(client, sent, wanted, packed):
    values = steps(2, 5)
    outputs = None if wanted is None else [triton.InferRequestedOutput("probabilities", binary_data=wanted)]
    answer = client.infer(
        "series",
        given(values, sent),
        "1",
        outputs,
        "r1",
        request_compression_algorithm=packed,
        response_compression_algorithm=packed,
    )
    expected = serving.series_model().probabilities([*values])
    np.testing.assert_allclose(answer.as_numpy("probabilities"), expected, atol=1e-6)
    assert answer.get_response()["id"] == "r1"
    assert answer.get_response()["model_version"] == "1"
    assert (answer.as_numpy("label") is None) == (wanted is not None)


@pytest.mark.parametrize("id", [42, 2**64 - 1, "patient-7"])
def test_streams(client, id):
    values, said = steps(5), []
    for t in range(5):
        answer = client.infer(
            "series",
            given(values[None, t : t + 1]),
            sequence_id=id,
            sequence_start=t == 0,
            sequence_end=t == 4,
            parameters={"sequence_step": t + 1},
        )
        said.append(answer.as_numpy("probabilities"))
    np.testing.assert_allclose(np.concatenate(said), serving.series_model().stream().push(values), atol=1e-6)
    status = refused(
        client, "must specify the START flag", model_name="series", inputs=given(values[None]), sequence_id=id
    )
    assert status == "400"


def test_text_streams_hold_back_what_is_not_whole(client):
    def push(data, **place):
        array = np.array([data], object)
        return client.infer("language", given(array, name="text"), sequence_id=9, **place).as_numpy("nats")

    whole = client.infer("language", given(np.array([b"to be"], object), name="text")).as_numpy("nats")
    parts = [push(b"to", sequence_start=True), push(b" b"), push(b"e", sequence_end=True)]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_name": "nothing"}, "no model"),
        ({"model_version": "7"}, "no version"),
        ({"inputs": given(steps(1, 1), name="other")}, "input 'steps' is missing"),
        ({"inputs": given(np.zeros((1, 1, 5), "f4"))}, "[B, T, 3]"),
        ({"inputs": given(np.full((1, 1, 3), np.nan, "f4"))}, "finite"),
        ({"inputs": given(np.full((1, 1, 3), np.nan, "f4"), binary=False)}, "JSON"),
        ({"outputs": [triton.InferRequestedOutput("other")]}, "output 'other'"),
        ({"sequence_id": -5}, "sequence_id is -5"),
        ({"sequence_id": 3, "sequence_start": True, "inputs": given(steps(2, 1))}, "one"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refusals_are_read_by_the_client(client, change, words):
    refused(client, words, **({"model_name": "series", "inputs": given(steps(1, 1))} | change))


def test_models_are_not_loaded_by_anybody(client):
    with pytest.raises(InferenceServerException, match="admin"):
        client.load_model("series")
    with pytest.raises(InferenceServerException, match="not unloaded"):
        client.unload_model("series")


def test_the_client_for_coroutines(server):
    async def talk():
        async with triton_aio.InferenceServerClient(server.address) as client:
            assert await client.is_server_live()
            assert await client.is_model_ready("series")
            assert (await client.get_server_metadata())["name"] == "ostinato"
            assert (await client.get_model_metadata("series"))["name"] == "series"
            values = steps(3)
            said = [
                await client.infer(
                    "series", given(values[None, t : t + 1], t != 1), sequence_id="a", sequence_start=t == 0
                )
                for t in range(3)
            ]
            for packed in ("gzip", "deflate"):
                await client.infer("series", given(values[None]), response_compression_algorithm=packed)
            with pytest.raises(InferenceServerException, match="no model"):
                await client.infer("nothing", given(values[None]))
            return values, np.concatenate([one.as_numpy("probabilities") for one in said])

    values, said = asyncio.run(talk())
    np.testing.assert_allclose(said, serving.series_model().stream().push(values), atol=1e-6)
