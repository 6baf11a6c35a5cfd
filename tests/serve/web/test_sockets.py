"""WebSockets: a stream a connection, or many over one; bounded, ordered, and closed with a reason."""

import asyncio
import json
import struct

import numpy as np
import pytest

pytest.importorskip("websockets", reason="this needs websockets")

import websockets

import serving
from serving import steps


def open_socket(server, path, **options):
    return websockets.connect(f"ws://{server.address}{path}", **options)


def message(values, **fields):
    tensor = {"name": "steps", "shape": [*values.shape], "datatype": "FP32", "data": values.ravel().tolist()}
    return json.dumps({"inputs": [tensor]} | fields)


def frame(values, **fields):
    part = {
        "name": "steps",
        "shape": [*values.shape],
        "datatype": "FP32",
        "parameters": {"binary_data_size": values.nbytes},
    }
    head = json.dumps({"inputs": [part], "parameters": {"binary_data_output": True}} | fields).encode()
    return struct.pack("<I", len(head)) + head + values.tobytes()


def unframed(data):
    (size,) = struct.unpack_from("<I", data)
    head = json.loads(data[4 : 4 + size])
    first = head["outputs"][0]
    values = np.frombuffer(data, "<f4", first["parameters"]["binary_data_size"] // 4, 4 + size)
    return head, values.reshape(first["shape"])


def talk(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 120))


def state_status(server, id):
    return server.get(f"/v1/models/series/streams/{id}/state")[0]


def test_a_connection_is_a_stream_and_ends_with_it(server):
    values = steps(4)

    async def go():
        async with open_socket(server, "/v1/models/series/stream?id=mine") as socket:
            said = []
            for t in range(4):
                await socket.send(message(values[t : t + 1]))
                said.append(json.loads(await socket.recv()))
            assert socket.protocol.extensions == []
            assert state_status(server, "mine") == 200
        return said

    said = talk(go())
    found = np.array([one["outputs"][0]["data"] for one in said])
    np.testing.assert_allclose(found, serving.series_model().stream().push(values), atol=1e-6)
    assert [one["parameters"] for one in said][-1] == {"sequence_id": "mine", "sequence_step": 4}
    for _ in range(100):
        if state_status(server, "mine") == 400:
            return
    raise AssertionError("the stream outlived its connection")


def test_who_wants_to_resume_can(server):
    values = steps(4)

    async def go():
        async with open_socket(server, "/v1/models/series/stream?id=again&resume=1") as socket:
            await socket.send(message(values[:2], parameters={"sequence_start": True}))
            await socket.recv()
        async with open_socket(server, "/v1/models/series/stream?id=again&resume=1") as socket:
            await socket.send(message(values[2:]))
            return json.loads(await socket.recv())

    found = np.array(talk(go())["outputs"][0]["data"]).reshape(2, 2)
    np.testing.assert_allclose(found, serving.series_model().stream().push(values)[2:], atol=1e-6)


@pytest.mark.parametrize(
    "bad",
    [
        "nonsense",
        "[]",
        b"",
        b"\x05\0\0\0{}",
        b"\xff\xff\xff\xff{}",
        message(np.zeros((1, 5), "f4")),
        message(steps(1), sequences={"ids": [1]}),
        message(steps(1), parameters={"sequence_step": 9}),
        json.dumps({"inputs": [], "more": 1}),
    ],
    ids=repr,
)
def test_what_is_refused_changes_nothing_and_the_next_is_welcome(server, bad):
    values = steps(2)

    async def go():
        async with open_socket(server, "/v1/models/series/stream") as socket:
            await socket.send(message(values[:1]))
            await socket.recv()
            await socket.send(bad)
            refused = json.loads(await socket.recv())
            await socket.send(message(values[1:]))
            return refused, json.loads(await socket.recv())

    refused, said = talk(go())
    assert refused["status"] in (400, 409)
    assert refused["error"]
    expected = serving.series_model().stream().push(values)[1]
    np.testing.assert_allclose(said["outputs"][0]["data"], expected, atol=1e-6)


def test_one_frame_carries_steps_of_many_streams(server):
    values, ids = steps(3, 20, 1), [f"many-{n}" for n in range(20)]

    async def go():
        said = []
        async with open_socket(server, "/v1/models/series/streams") as socket:
            for t in range(3):
                places = {"ids": ids, "start": t == 0, "end": t == 2, "steps": [t + 1] * 20}
                await socket.send(frame(values[t], sequences=places))
                head, found = unframed(await socket.recv())
                assert head["sequences"] == {"ids": ids, "steps": [t + 1] * 20}
                assert head["errors"] == []
                said.append(found)
        return np.concatenate(said, axis=1)

    found = talk(go())
    for n in range(20):
        np.testing.assert_allclose(found[n], serving.series_model().stream().push(values[:, n, 0]), atol=1e-6)


def test_those_that_are_refused_are_told_apart(server):
    async def go():
        async with open_socket(server, "/v1/models/series/streams") as socket:
            await socket.send(
                frame(steps(3, 1), sequences={"ids": ["p", "q", "r"], "start": [True, False, True]})
            )
            first = unframed(await socket.recv())
            await socket.send(frame(steps(2, 1), sequences={"ids": ["p", "p"], "start": True}))
            twice = json.loads(await socket.recv())
            await socket.send(frame(steps(3, 1), sequences={"ids": ["p", "q"], "start": True}))
            rows = json.loads(await socket.recv())
            await socket.send(frame(steps(1, 1), sequences={"ids": ["q"]}))
            none = json.loads(await socket.recv())
            return first, twice, rows, none

    (head, found), twice, rows, none = talk(go())
    assert head["sequences"]["ids"] == ["p", "r"]
    assert found.shape == (2, 1, 2)
    assert [(one["id"], one["status"]) for one in head["errors"]] == [("q", 400)]
    assert "twice" in twice["error"]
    assert "2 rows" in rows["error"]
    assert none["errors"][0]["id"] == "q"


def test_a_message_that_is_too_large_closes_the_connection(server):
    async def go():
        async with open_socket(server, "/v1/models/series/stream", max_size=None) as socket:
            await socket.send("x" * (2**20 + 1))
            await socket.recv()

    with pytest.raises(websockets.ConnectionClosed) as caught:
        talk(go())
    assert caught.value.rcvd.code == 1009


def test_pages_of_other_sites_open_no_socket(server):
    async def go(**options):
        async with open_socket(server, "/v1/models/series/stream", **options) as socket:
            await socket.send(message(steps(1)))
            return json.loads(await socket.recv())

    with pytest.raises(websockets.InvalidStatus) as caught:
        talk(go(origin="http://evil.example"))
    assert caught.value.response.status_code == 403
    assert "outputs" in talk(go(origin=server.url))


def test_a_model_that_is_not_there_is_said(server):
    async def go():
        async with open_socket(server, "/v1/models/nothing/stream") as socket:
            return json.loads(await socket.recv())

    assert talk(go())["status"] == 404


def test_a_client_has_so_many_connections_and_no_more(server):
    async def go():
        held = [await open_socket(server, "/v1/models/series/stream") for _ in range(64)]
        try:
            async with open_socket(server, "/v1/models/series/stream") as socket:
                await socket.recv()
        finally:
            for socket in held:
                await socket.close()

    with pytest.raises(websockets.ConnectionClosed) as caught:
        talk(go())
    assert caught.value.rcvd.code == 1013
