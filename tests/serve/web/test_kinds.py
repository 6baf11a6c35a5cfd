"""Every kind of model behind a running server: Triton's client, curl's routes and WebSockets say the same."""

import asyncio
import io
import json

import numpy as np
import pytest

pytest.importorskip("tritonclient.http", reason="this needs tritonclient")
pytest.importorskip("websockets", reason="this needs websockets")
pytest.importorskip("soundfile", reason="sound needs ostinato[audio]")
pytest.importorskip("av", reason="video needs ostinato[video]")

import soundfile
import tritonclient.http as triton
import websockets

import forecasters
import told_models
import videos
from ostinato.read.decode import decode
from ostinato.read.limits import Limits

SAMPLES = np.random.default_rng(0).uniform(-1, 1, 900).astype("f4")
FROM = "2024-01-01"
START = {"name": "start", "datatype": "BYTES", "shape": [1], "data": [FROM]}


def inferred(server, model, inputs, **options):
    """Return what Triton's client gets, by name."""
    tensors = []
    for name, (datatype, values) in inputs.items():
        tensor = triton.InferInput(name, [*values.shape], datatype)
        tensor.set_data_from_numpy(values, binary_data=True)
        tensors.append(tensor)
    client = triton.InferenceServerClient(server.address)
    answer = client.infer(model, tensors, **options)
    found = {one["name"]: answer.as_numpy(one["name"]) for one in answer.get_response()["outputs"]}
    client.close()
    return found


def posted(server, path, body):
    """Return the answers to JSON, or to a file's bytes."""
    data = body if isinstance(body, bytes) else json.dumps(body).replace("NaN", "null").encode()
    status, _, said = server.get(path, data=data)
    assert status == 200, said
    return json.loads(said)["answers"]


def test_series_are_foretold(kinds):
    server, models = kinds
    rows = forecasters.panel(1, 40).values[0]
    panel = models["series"].panel([rows], [forecasters.START], [()])
    expected = models["series"].predict(panel).forecasts.point
    inputs = {"history": ("FP64", rows[None]), "start": ("BYTES", np.array([FROM.encode()], object))}
    np.testing.assert_allclose(inferred(server, "series", inputs)["forecast"], expected, atol=1e-5)
    stamps = [f"{np.datetime64(FROM) + np.timedelta64(hour, 'h')}:00:00" for hour in range(40)]
    table = {"id": ["s0"] * 40, "time": stamps, "y0": rows[:, 0].tolist()}
    for route in ("forecast", "predict"):
        (said,) = posted(server, f"/v1/models/series/{route}", {"history": table})
        np.testing.assert_allclose(said["forecast"]["y0"], expected[0, :, 0], atol=1e-5)
        assert said["time"][0] == "2024-01-02 16:00:00"
    status, _, said = server.get("/v1/models/wear/forecast", data=b"{}")
    assert status == 400
    assert "/forecast takes forecast models" in json.loads(said)["error"]


def test_a_series_is_followed_over_a_sequence_and_over_a_socket(kinds):
    server, models = kinds
    rows = forecasters.panel(1, 40).values[0]
    stream = models["series"].follow(models["series"].panel([rows[:30]], [forecasters.START], [()]))
    first = {"history": ("FP64", rows[None, :30]), "start": ("BYTES", np.array([FROM.encode()], object))}
    said = inferred(server, "series", first, sequence_id=5, sequence_start=True)
    np.testing.assert_allclose(said["forecast"], stream.forecast().point, atol=1e-5)

    async def followed():
        async with websockets.connect(f"ws://{server.address}/v1/models/series/stream") as socket:
            found = []
            for cut in (slice(0, 30), *(slice(step, step + 1) for step in range(30, 34))):
                tensor = {"name": "history", "datatype": "FP64", "shape": [1, cut.stop - cut.start, 1]}
                tensors = [tensor | {"data": rows[cut, 0].tolist()}, *([] if cut.start else [START])]
                await socket.send(json.dumps({"inputs": tensors, "outputs": [{"name": "forecast"}]}))
                found.append(json.loads(await socket.recv()))
            return found

    begun, *moved = asyncio.run(followed())
    assert "outputs" in begun, begun
    for step, said in zip(range(30, 34), moved, strict=True):
        stream.update(rows[step : step + 1])
        expected = stream.forecast().point.reshape(-1)
        np.testing.assert_allclose(said["outputs"][0]["data"], expected, atol=1e-5)
        step_of = {"history": ("FP64", rows[None, step : step + 1])}
        over = inferred(server, "series", step_of, sequence_id=5)
        np.testing.assert_allclose(over["forecast"].reshape(-1), expected, atol=1e-5)


def test_many_series_go_on_in_one_frame(kinds):
    server, models = kinds
    rows = np.stack(forecasters.panel(2, 30).values)
    stamps = [FROM, FROM]

    async def together():
        async with websockets.connect(f"ws://{server.address}/v1/models/series/streams") as socket:
            inputs = [
                {"name": "history", "datatype": "FP64", "shape": [2, 30, 1], "data": rows.ravel().tolist()},
                {"name": "start", "datatype": "BYTES", "shape": [2], "data": stamps},
            ]
            await socket.send(json.dumps({"sequences": {"ids": [1, 2], "start": True}, "inputs": inputs}))
            return json.loads(await socket.recv())

    said = asyncio.run(together())
    assert not said["errors"]
    found = next(one for one in said["outputs"] if one["name"] == "forecast")
    panel = models["series"].panel([*rows], [forecasters.START] * 2, [(), ()])
    expected = models["series"].predict(panel).forecasts.point
    np.testing.assert_allclose(found["data"], expected.reshape(-1), atol=1e-5)


@pytest.mark.parametrize("name", ["patients", "risks"])
def test_patients_come_with_gaps(kinds, name):
    server, models = kinds
    values, times, static = told_models.steps()
    expected = models[name].predict([values], times=[times], static=static[None]).probabilities
    inputs = {
        "steps": ("FP32", values[None]),
        "times": ("FP64", times[None]),
        "static": ("FP32", static[None]),
    }
    np.testing.assert_allclose(inferred(server, name, inputs)["probabilities"], expected, atol=1e-5)
    begun = inferred(server, name, inputs, sequence_id=1, sequence_start=True, sequence_end=True)
    np.testing.assert_allclose(begun["probabilities"][-1], expected[0], atol=1e-5)
    body = {"sequences": [values.tolist()], "times": [times.tolist()], "static": [static.tolist()]}
    (said,) = posted(server, f"/v1/models/{name}/predict", body)
    np.testing.assert_allclose([*said["probabilities"].values()], expected[0], atol=1e-5)


def test_numbers_are_told_step_by_step(kinds):
    server, models = kinds
    values = np.nan_to_num(told_models.steps()[0])
    expected = models["wear"].predict([values]).values[0]
    inputs = {"steps": ("FP32", values[None])}
    np.testing.assert_allclose(inferred(server, "wear", inputs)["value"], expected, atol=1e-5)
    begun = inferred(server, "wear", inputs, sequence_id=1, sequence_start=True, sequence_end=True)
    np.testing.assert_allclose(begun["value"], expected, atol=1e-5)
    (said,) = posted(server, "/v1/models/wear/predict", {"sequences": [values.tolist()]})
    np.testing.assert_allclose(said["values"], expected, atol=1e-5)
    values[0, 0] = np.nan
    status, _, said = server.get(
        "/v2/models/wear/infer",
        data=json.dumps(
            {
                "inputs": [
                    {"name": "steps", "datatype": "FP32", "shape": [1, 1, 3], "data": [None, 1, 2]},
                ]
            }
        ).encode(),
    )
    assert status == 400
    assert "NaN" in json.loads(said)["error"]


def test_sound_is_heard_as_samples_and_as_a_file(kinds):
    server, models = kinds
    expected = models["sound"].predict([SAMPLES]).probabilities
    file = io.BytesIO()
    soundfile.write(file, SAMPLES, 4_000, format="WAV", subtype="FLOAT")
    data = np.array([file.getvalue()], object)
    for inputs in ({"samples": ("FP32", SAMPLES)}, {"sound": ("BYTES", data)}):
        np.testing.assert_allclose(inferred(server, "sound", inputs)["probabilities"], expected, atol=1e-5)
    for body in (file.getvalue(), {"recordings": [SAMPLES.tolist()]}):
        (said,) = posted(server, "/v1/models/sound/predict", body)
        np.testing.assert_allclose([*said["probabilities"].values()], expected[0], atol=1e-5)
    begun = {"samples": ("FP32", SAMPLES[:50])}
    inferred(server, "sound", begun, sequence_id=1, sequence_start=True)
    last = inferred(server, "sound", {"samples": ("FP32", SAMPLES[50:])}, sequence_id=1)
    np.testing.assert_allclose(last["probabilities"][-1], expected[0], atol=1e-5)
    status, _, said = server.get("/v1/models/sound/transcribe", data=file.getvalue())
    assert status == 400
    assert "/transcribe takes transcription models" in json.loads(said)["error"]


def test_video_is_watched_as_frames_and_as_a_file(kinds, tmp_path):
    server, models = kinds
    frames = told_models.frames()
    expected = models["video"].predict([frames]).probabilities
    inputs = {"frames": ("UINT8", frames[..., None])}
    np.testing.assert_allclose(inferred(server, "video", inputs)["probabilities"], expected, atol=1e-5)
    begun = inferred(server, "video", inputs, sequence_id=1, sequence_start=True, sequence_end=True)
    np.testing.assert_allclose(begun["probabilities"][-1], expected[0], atol=1e-5)
    path = videos.write(tmp_path / "clip.mp4", told_models.frames(6, height=48, width=64))
    decoded = models["video"].predict([decode(path, told_models.CLIP, Limits())]).probabilities
    file = {"video": ("BYTES", np.array([path.read_bytes()], object))}
    np.testing.assert_allclose(inferred(server, "video", file)["probabilities"], decoded, atol=1e-5)
    (said,) = posted(server, "/v1/models/video/predict", path.read_bytes())
    np.testing.assert_allclose([*said["probabilities"].values()], decoded[0], atol=1e-5)


def test_what_they_take_and_may_take_is_told(kinds):
    server, models = kinds
    for name in models:
        status, _, said = server.get(f"/v2/models/{name}")
        assert status == 200
        described = json.loads(said)
        config = json.loads(server.get(f"/v2/models/{name}/config")[2])
        assert [one["name"] for one in described["inputs"]] == [one["name"] for one in config["input"]]
        assert ("sequence_batching" in config) == (name != "stars")
    optional = [one["name"] for one in json.loads(server.get("/v2/models/sound/config")[2])["input"]]
    assert optional == ["samples", "sound"]
    listed = json.loads(server.get("/v1/models")[2])["models"]
    assert [one["name"] for one in listed if not one["streams"]] == ["stars"]
