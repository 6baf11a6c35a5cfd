"""Models that tell a label, labels or a number: whole and as streams, with gaps, times and descriptors."""

import io
import json

import numpy as np
import pytest

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")

import told_models
from ostinato.errors import DataError
from ostinato.serve.faces import face_of
from ostinato.serve.streams.asks import Ask
from ostinato.serve.tensors import BYTES, Tensor, floats, numbers, texts
from serving import population
from told_models import CLIP, DECAYING, PATIENT, PLAIN, SOUND, model

SERIES = [
    pytest.param(kind, read, per_step, id=f"{kind}, {name}{', a step' * per_step}")
    for name, read in (("plain", PLAIN), ("patient", PATIENT), ("decay", DECAYING))
    for kind, per_step in (("classify", False), ("labels", False), ("regress", False), ("regress", True))
]


def inputs_of(read, values, times, static, first=True):
    """Return a chunk of a sequence as a request holds it."""
    found = {"steps": floats("steps", np.nan_to_num(values) if read is PLAIN else values)}
    if read.unit is not None:
        found["times"] = numbers("times", times)
    if read.static is not None and first:
        found["static"] = floats("static", static)
    return found


def whole(loaded, read, values, times, static):
    """Return what the runtime predicts."""
    values = np.nan_to_num(values) if read is PLAIN else values
    clocks = None if read.unit is None else [times]
    return loaded.predict([values], times=clocks, static=None if read.static is None else static[None])


def rows(answer):
    """Return an answer of the runtime as rows of numbers."""
    return answer.probabilities if hasattr(answer, "probabilities") else np.concatenate(answer.values)


@pytest.mark.parametrize(("kind", "read", "per_step"), SERIES)
def test_whole_sequences_get_the_runtimes_answer(kind, read, per_step):
    loaded, (values, times, static) = model(kind, read, per_step=per_step), told_models.steps()
    face = face_of(loaded)
    said = face.predict(inputs_of(read, values, times, static))
    np.testing.assert_allclose(said[0].array, rows(whole(loaded, read, values, times, static)), atol=1e-5)
    for form, tensor in zip(face.outputs, said, strict=True):
        assert (form.name, form.datatype, len(form.shape)) == (*tensor[:2], tensor.array.ndim)


@pytest.mark.parametrize(("kind", "read", "per_step"), SERIES)
def test_json_gets_the_same(kind, read, per_step):
    loaded, (values, times, static) = model(kind, read, per_step=per_step), told_models.steps()
    named = {"sequences": [values.tolist()], "times": [times.tolist()], "static": [static.tolist()]}
    if read is PLAIN:
        named["sequences"] = np.nan_to_num(values)[None].tolist()
    wanted = [form.name for form in face_of(loaded).inputs]
    body = {name: one for name, one in named.items() if name in (*wanted, "sequences")}
    body = json.loads(json.dumps(body).replace("NaN", "null"))
    (said,) = face_of(loaded).plain(body)
    found = said.get("probabilities") or said.get("values") or said["value"]
    found = [*found.values()] if isinstance(found, dict) else found
    expected = rows(whole(loaded, read, values, times, static)).reshape(np.shape(found))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("kind", "read", "per_step"), SERIES)
def test_a_stream_says_what_the_prefix_gets_though_it_moves(kind, read, per_step):
    loaded, (values, times, static) = model(kind, read, per_step=per_step), told_models.steps()
    servers, said = [population(loaded), population(loaded)], []
    for number, part in enumerate((slice(0, 4), slice(4, 5), slice(5, 9))):
        here, there = servers[number % 2], servers[(number - 1) % 2]
        if number:
            here.restore(Ask("me", 1, {}, start=True, number=number), there.state("me", 1, None)[0])
        inputs = inputs_of(read, values[part], times[part], static, first=not number)
        (reply,) = here.advance([Ask("me", 1, inputs, start=not number, end=number == 2, number=number + 1)])
        said.append(reply.outputs[0].array)
    for step, found in enumerate(np.concatenate(said), start=1):
        expected = rows(whole(loaded, read, values[:step], times[:step], static))[-1]
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_streams_of_several_lengths_are_described_and_taken_on_together():
    loaded, streams = model("classify", PATIENT), population(model("classify", PATIENT))
    asks = []
    for number, count in enumerate((3, 5, 3)):
        values, times, static = told_models.steps(count, seed=number)
        asks.append(Ask("me", number, inputs_of(PATIENT, values, times, static), start=True))
    for number, reply in enumerate(streams.advance(asks)):
        values, times, static = told_models.steps((3, 5, 3)[number], seed=number)
        expected = whole(loaded, PATIENT, values, times, static).probabilities[0]
        np.testing.assert_allclose(reply.outputs[0].array[-1], expected, atol=1e-5)


def test_a_stream_is_described_once_and_goes_on_after_a_refusal():
    loaded, (values, times, static) = model("classify", PATIENT), told_models.steps()
    streams = population(loaded)
    first = inputs_of(PATIENT, values[:4], times[:4], static)
    streams.advance([Ask("me", 1, first, start=True)])
    again = inputs_of(PATIENT, values[4:], times[4:], static)
    (refused,) = streams.advance([Ask("me", 1, again)])
    assert "first request" in str(refused)
    late = again | {"times": numbers("times", times[4:] - 100)}
    del late["static"]
    (refused,) = streams.advance([Ask("me", 1, late)])
    assert "is before" in str(refused)
    (reply,) = streams.advance([Ask("me", 1, inputs_of(PATIENT, values[4:], times[4:], static, first=False))])
    expected = whole(loaded, PATIENT, values, times, static).probabilities[0]
    np.testing.assert_allclose(reply.outputs[0].array[-1], expected, atol=1e-5)


def test_a_threshold_holds_for_streams_too():
    values = np.nan_to_num(told_models.steps()[0])
    for threshold in (0.01, 0.99):
        loaded = model("classify", PLAIN, threshold=threshold)
        (reply,) = population(loaded).advance([Ask("me", 1, {"steps": floats("steps", values)}, start=True)])
        assert reply.outputs[1].array[-1].decode() == loaded.predict([values]).best()[0]


@pytest.mark.parametrize("change", [{"times": numbers("times", np.arange(3.0))}, {"static": None}])
def test_times_and_descriptors_that_do_not_fit_are_refused(change):
    values, times, static = told_models.steps()
    inputs = inputs_of(PATIENT, values, times, static) | change
    inputs = {name: one for name, one in inputs.items() if one is not None}
    with pytest.raises(DataError, match=r"times|descriptors"):
        face_of(model("classify", PATIENT)).predict(inputs)


@pytest.mark.parametrize("kind", ["classify", "labels", "regress"])
def test_texts_get_the_runtimes_answer(kind):
    loaded, given = model(kind, None), ["a dog", "two dogs and a cat"]
    face = face_of(loaded)
    said = face.predict({"text": texts("text", given)})
    np.testing.assert_allclose(said[0].array, rows(loaded.predict(given)), atol=1e-5)
    assert len(face.plain({"texts": given})) == 2
    assert (face.why_not_stream() is None) == (kind == "classify")


def video_inputs(frames):
    return {"frames": Tensor("frames", "UINT8", frames)}


@pytest.mark.parametrize("per_step", [False, True])
def test_clips_are_watched_whole_and_frame_by_frame(per_step):
    loaded, frames = model("classify", CLIP, per_step=per_step), told_models.frames()
    face, streams = face_of(loaded), population(loaded)
    expected = loaded.predict([frames]).probabilities
    for given in (frames, frames[..., None]):
        said = face.predict(video_inputs(given))
        np.testing.assert_allclose(said[0].array, expected, atol=1e-5)
    found = []
    for number, part in enumerate((frames[:3], frames[3:])):
        (reply,) = streams.advance([Ask("me", 1, video_inputs(part), start=not number, end=number == 1)])
        found.append(reply.outputs[0].array)
    np.testing.assert_allclose(np.concatenate(found)[-len(expected) :], expected, atol=1e-5)
    (worded,) = face.plain({"clips": [frames.tolist()]})
    rows = worded["frames"] if per_step else [worded]
    np.testing.assert_allclose([[*row["probabilities"].values()] for row in rows], expected, atol=1e-5)


def test_a_file_of_video_is_decoded(tmp_path):
    pytest.importorskip("av", reason="video needs ostinato[video]")
    import videos

    loaded = model("classify", CLIP)
    data = videos.write(tmp_path / "clip.mp4", told_models.frames(6, height=48, width=64)).read_bytes()
    from ostinato.read.decode import decode
    from ostinato.read.limits import Limits

    expected = loaded.predict([decode(tmp_path / "clip.mp4", CLIP, Limits())]).probabilities
    files = np.empty(2, object)
    files[:] = [data, data]
    said = face_of(loaded).predict({"video": Tensor("video", BYTES, files)})
    np.testing.assert_allclose(said[0].array, np.repeat(expected, 2, axis=0), atol=1e-5)
    (worded,) = face_of(loaded).file(data)
    np.testing.assert_allclose([*worded["probabilities"].values()], expected[0], atol=1e-5)
    with pytest.raises(DataError, match="the video") as caught:
        face_of(loaded).file(b"no video at all")
    assert "tmp" not in str(caught.value)


@pytest.mark.parametrize("clips", [[[[1]]], [[[[1], [256]]]], [[[[1], [2, 3]]]], [[["a"]]], [[]]])
def test_clips_of_json_that_are_none_are_refused(clips):
    with pytest.raises(DataError):
        face_of(model("classify", CLIP)).plain({"clips": clips})


def test_a_file_of_sound_is_heard():
    soundfile = pytest.importorskip("soundfile", reason="sound needs ostinato[audio]")
    pytest.importorskip("kaldi_native_fbank", reason="sound needs ostinato[audio]")
    loaded, samples = model("classify", SOUND), np.random.default_rng(0).uniform(-1, 1, 900).astype("f4")
    file = io.BytesIO()
    soundfile.write(file, samples, 4_000, format="WAV", subtype="FLOAT")
    expected = loaded.predict([samples]).probabilities
    found = np.empty(1, object)
    found[0] = file.getvalue()
    face = face_of(loaded)
    for inputs in ({"samples": floats("samples", samples)}, {"sound": Tensor("sound", BYTES, found)}):
        np.testing.assert_allclose(face.predict(inputs)[0].array, expected, atol=1e-5)
    for (worded,) in (face.file(file.getvalue()), face.plain({"recordings": [samples.tolist()]})):
        np.testing.assert_allclose([*worded["probabilities"].values()], expected[0], atol=1e-5)
    for inputs in ({}, {"samples": floats("samples", samples), "sound": Tensor("sound", BYTES, found)}):
        with pytest.raises(DataError, match="expected one of them"):
            face.predict(inputs)
    with pytest.raises(DataError, match="whole recordings"):
        face.given({"sound": Tensor("sound", BYTES, found)})


def test_models_of_other_data_take_no_files():
    with pytest.raises(DataError, match="no JSON object"):
        face_of(model("classify", PLAIN)).file(b"x")
