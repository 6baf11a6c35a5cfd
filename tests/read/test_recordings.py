"""Sound files: every format gives its samples, and what is not all there is refused."""

import io
from pathlib import Path

import numpy as np
import pytest

from ostinato.errors import DataError
from ostinato.read.limits import Limits
from ostinato.read.recordings import Recording, read_recording, resampled
from sounds import RATE, tone, write

soundfile = pytest.importorskip("soundfile", reason="sound needs ostinato[audio]")
pytest.importorskip("soxr", reason="sound needs ostinato[audio]")

FORMATS = [
    ("tone.wav", "PCM_16", 1e-4),
    ("tone.wav", "FLOAT", 0.0),
    ("tone.flac", "PCM_16", 1e-4),
    ("tone.ogg", "VORBIS", 0.05),
    ("tone.opus", "OPUS", 0.05),
    ("tone.mp3", "MPEG_LAYER_III", 0.08),
]


def written(folder: Path, name: str, subtype: str) -> Path:
    if name.endswith(".opus"):
        return write(folder / name, tone(440, 1.0), format="OGG", subtype=subtype)
    return write(folder / name, tone(440, 1.0), subtype=subtype)


@pytest.mark.parametrize(("name", "subtype", "tolerance"), FORMATS)
def test_every_format_gives_the_samples(tmp_path, name, subtype, tolerance):
    recording = read_recording(written(tmp_path, name, subtype))
    assert recording.sample_rate == RATE
    assert recording.samples.dtype == np.float32
    np.testing.assert_allclose(recording.samples[400:7600], tone(440, 1.0)[400:7600], atol=tolerance)


@pytest.mark.parametrize(("name", "subtype", "_"), FORMATS)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.97])
def test_a_file_that_was_cut_off_is_refused(tmp_path, name, subtype, _, part):
    path = written(tmp_path, name, subtype)
    data = path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(DataError, match="cut off"):
        read_recording(path)


@pytest.mark.parametrize(("name", "subtype"), [("tone.ogg", "VORBIS"), ("tone.opus", "OPUS")])
def test_an_ogg_file_that_was_cut_off_between_two_pages_is_refused(tmp_path, name, subtype):
    path = written(tmp_path, name, subtype)
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"OggS")])
    with pytest.raises(DataError, match="its last page is missing"):
        read_recording(path)


@pytest.mark.parametrize("form", ["WAV", "FLAC", "OGG"])
def test_any_beginning_of_a_file_is_refused(tmp_path, form):
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(440, 0.05), RATE, format=form)
    data, path = buffer.getvalue(), tmp_path / "cut"
    for length in [*range(1, 60), *range(60, len(data), 37)]:
        path.write_bytes(data[:length])
        with pytest.raises(DataError, match=r"cut off|no sound file"):
            read_recording(path)


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"", "is empty"), (b"id,label\n1,a\n" * 9, "no sound file"), (bytes(1000), "no sound file")],
)
def test_what_is_no_sound_is_refused(tmp_path, data, why):
    (tmp_path / "no.wav").write_bytes(data)
    with pytest.raises(DataError, match=f"no.wav: {'is ' * (why[0] != 'i')}{why}"):
        read_recording(tmp_path / "no.wav")


def test_a_file_without_a_sample_is_refused(tmp_path):
    path = write(tmp_path / "none.wav", tone(440, 0.0))
    with pytest.raises(DataError, match=r"none\.wav: holds no sound"):
        read_recording(path)


def test_another_format_is_named(tmp_path):
    path = write(tmp_path / "one.aiff", tone(440))
    with pytest.raises(DataError, match="format AIFF; known are WAV, FLAC, Ogg, MP3"):
        read_recording(path)


def test_samples_that_are_no_numbers_are_refused(tmp_path):
    samples = tone(440)
    samples[7] = np.nan
    path = write(tmp_path / "nan.wav", samples, subtype="FLOAT")
    with pytest.raises(DataError, match="sample 8: is nan"):
        read_recording(path)


def test_limits_hold_before_anything_is_decoded(tmp_path):
    path = write(tmp_path / "long.flac", tone(440, 2.5))
    with pytest.raises(DataError, match="longer than the limit of 2 seconds"):
        read_recording(path, Limits(seconds=2))
    size = path.stat().st_size
    with pytest.raises(DataError, match="unpacks to more than the limit"):
        read_recording(path, Limits(bytes=size + 1))


def test_channels_become_their_mean(tmp_path):
    both = np.stack([tone(440), 3 * tone(440)], axis=1) / 4
    recording = read_recording(write(tmp_path / "both.wav", both, subtype="FLOAT"))
    np.testing.assert_allclose(recording.samples, tone(440) / 2, atol=1e-6)


def test_resampling_keeps_the_tone():
    fine = Recording(tone(440, 1.0, rate=44_100), 44_100)
    found = resampled(fine, RATE)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[200:7800], tone(440, 1.0)[200:7800], atol=1e-3)
