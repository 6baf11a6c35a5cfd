"""The program stops in order, is killed, starts again, loads a model anew: no stream gets wrong numbers."""

import asyncio
import json
import signal
import threading
import time

import numpy as np
import pytest

import serving
from serving import serving as running
from serving import steps

INFER = "/v2/models/series/infer"


def push(server, values, **parameters):
    tensor = {"name": "steps", "shape": [*values.shape], "datatype": "FP32", "data": values.ravel().tolist()}
    body = json.dumps({"inputs": [tensor], "parameters": parameters}).encode()
    status, _, said = server.get(INFER, data=body)
    said = json.loads(said)
    return status, said["error"] if "error" in said else np.array(said["outputs"][0]["data"]).reshape(-1, 2)


@pytest.fixture
def model(tmp_path):
    return serving.saved(tmp_path / "series", serving.series_model())


def test_stopped_and_started_again_streams_go_on(model, tmp_path):
    values = steps(6)
    expected = serving.series_model().stream().push(values)
    with running(model, cwd=tmp_path) as server:
        assert push(server, values[:2], sequence_id=7, sequence_start=True)[0] == 200
        assert server.stop() == 0
    with running(model, cwd=tmp_path) as server:
        status, said = push(server, values[2:4], sequence_id=7)
        np.testing.assert_allclose(said, expected[2:4], atol=1e-6)
        _, headers, state = server.get("/v1/models/series/streams/7/state")
        assert headers["Ostinato-Step"] == "2"
    with running(model, options=("--state-store", "none")) as server:
        status, _, said = server.get("/v1/models/series/streams/moved/state?step=2", data=state, method="PUT")
        assert (status, json.loads(said)["sequence_step"]) == (200, 2)
        np.testing.assert_allclose(push(server, values[4:], sequence_id="moved")[1], expected[4:], atol=1e-6)


def test_killed_and_started_again_a_client_is_told_its_last_step(model, tmp_path):
    values = steps(6)
    expected = serving.series_model().stream().push(values)
    with running(model, cwd=tmp_path, options=("--sync", "0.2")) as server:
        push(server, values[:1], sequence_id=7, sequence_start=True, sequence_step=1)
        push(server, values[1:2], sequence_id=7, sequence_step=2)
        time.sleep(3)
        server.stop(signal.SIGKILL)
    with running(model, cwd=tmp_path) as server:
        status, said = push(server, values[2:3], sequence_id=7)
        assert status == 409
        assert "last committed step of sequence 7 is 2" in said
        status, said = push(server, values[4:5], sequence_id=7, sequence_step=5)
        assert status == 409
        np.testing.assert_allclose(
            push(server, values[1:2], sequence_id=7, sequence_step=2)[1], expected[1:2], atol=1e-6
        )
        np.testing.assert_allclose(
            push(server, values[2:3], sequence_id=7, sequence_step=3)[1], expected[2:3], atol=1e-6
        )


def test_a_model_is_loaded_anew_and_a_broken_one_is_not(model, tmp_path):
    values = steps(3)
    with running(model, cwd=tmp_path) as server:
        push(server, values[:1], sequence_id=1, sequence_start=True)
        new = serving.series_model(scale=0.5)
        serving.saved(model, new)
        server.process.send_signal(signal.SIGHUP)
        assert "now version 2" in server.lines.get(timeout=60)
        _, said = push(server, values[1:], sequence_id=1)
        np.testing.assert_allclose(said, serving.series_model().stream().push(values)[1:], atol=1e-6)
        np.testing.assert_allclose(
            push(server, values, sequence_id=2, sequence_start=True)[1], new.stream().push(values), atol=1e-6
        )
        (model / "manifest.json").write_text("{}")
        server.process.send_signal(signal.SIGHUP)
        assert "is served as before" in server.lines.get(timeout=60)
        assert push(server, values, sequence_id=2)[0] == 200


def test_what_runs_when_the_server_is_told_to_stop_is_finished(model, tmp_path):
    answers = []
    with running(model, cwd=tmp_path) as server:

        def ask(number):
            answers.append(
                push(server, np.zeros((1, 40_000, 3), "f4"), sequence_id=number, sequence_start=True)[0]
            )

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(1, 4)]
        for thread in threads:
            thread.start()
        while b'ostinato_waiting{model="series"} 0.0' in server.get("/metrics")[2]:
            time.sleep(0.01)
        server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join(timeout=60)
        assert server.process.wait(timeout=60) == 0
    assert answers
    assert set(answers) <= {200, 503}
    assert 200 in answers


def test_sockets_are_told_that_the_server_stops(model, tmp_path):
    websockets = pytest.importorskip("websockets", reason="this needs websockets")
    with running(model, cwd=tmp_path) as server:

        async def go():
            async with websockets.connect(f"ws://{server.address}/v1/models/series/stream") as socket:
                server.process.send_signal(signal.SIGTERM)
                await socket.recv()

        with pytest.raises(websockets.ConnectionClosed) as caught:
            asyncio.run(asyncio.wait_for(go(), 60))
        assert caught.value.rcvd.code == 1012
        assert server.process.wait(timeout=60) == 0
