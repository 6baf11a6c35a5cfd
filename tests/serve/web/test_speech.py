"""A transcriber hears a file, samples, and the microphone of a browser."""

import io
import json

import numpy as np
import pytest

pytest.importorskip("soundfile", reason="sound needs ostinato[audio]")
pytest.importorskip("tokenizers", reason="these models need ostinato[text]")
pytest.importorskip("miditok", reason="these models need ostinato[music]")

import soundfile

import serving
from browser import browsing
from streaming import listener

ROUTE = "/v1/models/listener/transcribe"
FAKE = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)


@pytest.fixture(scope="module")
def hearing(tmp_path_factory):
    """Return a server of a transcriber."""
    folder = tmp_path_factory.mktemp("speech")
    serving.saved(folder / "listener", listener())
    with serving.serving(folder / "listener", options=("--state-store", "none")) as running:
        yield running


def test_a_file_and_its_samples_say_the_same(hearing):
    samples = np.random.default_rng(0).normal(size=4000).clip(-3, 3).astype("f4") / 4
    expected = listener().transcribe([samples])[0].text
    file = io.BytesIO()
    soundfile.write(file, samples, 4000, format="WAV", subtype="FLOAT")
    for body in (file.getvalue(), json.dumps({"recordings": [samples.tolist()]}).encode()):
        status, _, said = hearing.get(ROUTE, data=body)
        assert status == 200, said
        assert json.loads(said)["answers"][0]["text"] == expected


@pytest.mark.parametrize(
    "body", [b"", b"no sound at all", b"RIFF\0\0\0\0WAVE", b'{"recordings": [[]]}', b'{"recordings": [1]}']
)
def test_what_is_no_sound_is_refused_without_a_word_about_files(hearing, body):
    status, _, said = hearing.get(ROUTE, data=body)
    assert status == 400
    assert "tmp" not in json.loads(said)["error"]


def test_the_microphone_is_heard(hearing, tmp_path):
    with browsing(tmp_path, *FAKE) as page:
        page.open(hearing.url)
        page.until("!!document.getElementById('go')")
        page.run("document.getElementById('go').click()")
        page.until("parseFloat(document.getElementById('count').textContent) >= 1.0")
        page.run("document.getElementById('stop').click()")
        assert page.run("document.getElementById('status').textContent") == ""
        assert not page.problems
