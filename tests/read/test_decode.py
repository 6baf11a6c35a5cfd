"""Decoding: containers and folders of pictures in one form, and one sentence for what is no video."""

import subprocess
import sys

import numpy as np
import pytest

import videos
from ostinato.errors import DataError
from ostinato.read.decode import decode, pictures, rate_of, resized
from ostinato.read.limits import Limits
from ostinato.spec.video import FrameForm

STEPS = 12
COLOUR = FrameForm(height=16, width=16, channels=3, frame_rate=None)


def refused(path, form=COLOUR, limits=None):
    with pytest.raises(DataError) as caught:
        decode(path, form, limits or Limits())
    message = str(caught.value)
    assert message.startswith(f"{path}")
    assert "\n" not in message
    return message


def cut(path, part):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    return path


@pytest.mark.parametrize("ending", videos.CODECS)
def test_frames_are_those_that_were_written(tmp_path, ending):
    made = videos.frames(STEPS)
    path = videos.write(tmp_path / f"clip{ending}", made)
    found = decode(path, COLOUR, Limits())
    assert found.shape == made.shape
    assert found.dtype == np.uint8
    assert np.abs(found.astype(int) - made).mean() < 6
    assert rate_of(path) == 10


def test_frames_are_resized_and_made_grey(tmp_path):
    made = videos.frames(STEPS, height=48, width=64)
    path = videos.write(tmp_path / "clip.mp4", made)
    found = decode(path, FrameForm(height=6, width=10, channels=1, frame_rate=None), Limits())
    assert found.shape == (STEPS, 6, 10, 1)
    brightness = made[:, 0, 0] @ [0.299, 0.587, 0.114]
    assert np.corrcoef(found.mean(axis=(1, 2, 3)), brightness)[0, 1] > 0.98


def test_a_lower_rate_shows_fewer_of_them(tmp_path):
    path = videos.write(tmp_path / "clip.mp4", videos.frames(STEPS))
    every = decode(path, COLOUR, Limits())
    half = decode(path, COLOUR.model_copy(update={"frame_rate": 5.0}), Limits())
    np.testing.assert_array_equal(half, every[::2])


@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_a_folder_of_pictures_is_a_video_in_the_order_of_their_numbers(tmp_path, ending):
    made = videos.frames(11)
    for number, picture in enumerate(made):
        videos.write_picture(tmp_path / f"frame{number}{ending}", picture)
    found = decode(tmp_path, COLOUR, Limits())
    assert np.abs(found.astype(int) - made).mean() < (1 if ending == ".png" else 8)
    assert rate_of(tmp_path) is None


def test_a_folder_with_anything_else_is_none_of_pictures(tmp_path):
    videos.write_picture(tmp_path / "1.png", videos.frames(1)[0])
    assert len(pictures(tmp_path)) == 1
    (tmp_path / "notes.txt").touch()
    assert pictures(tmp_path) == []


def test_frames_of_the_form_itself_are_not_touched():
    made = videos.frames(3)
    np.testing.assert_array_equal(np.stack([*resized(made, COLOUR)]), made)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.mp4", b"", "the file is empty; expected a video."),
        ("text.mp4", b"no video at all\n" * 99, "is no video or picture, or is damaged or cut off"),
        ("list.mp4", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n", "is no video"),
        ("list.mp4", b"ffconcat version 1.0\nfile other.mp4\n", "is no video"),
    ],
)
def test_what_is_no_video_is_refused(tmp_path, name, content, said):
    videos.write(tmp_path / "other.mp4", videos.frames(3))
    path = tmp_path / name
    path.write_bytes(content)
    assert said in refused(path)


@pytest.mark.parametrize(("ending", "options"), [(".mp4", {}), (".mp4", {"movflags": "faststart"})])
def test_a_cut_off_mp4_is_refused(tmp_path, ending, options):
    noise = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 3)).astype(np.uint8)
    path = cut(videos.write(tmp_path / f"clip{ending}", noise, **options), 0.7)
    assert "cut off" in refused(path)


@pytest.mark.parametrize("ending", [".mkv", ".avi"])
def test_other_containers_that_are_cut_off_are_refused(tmp_path, ending):
    noise = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 3)).astype(np.uint8)
    path = cut(videos.write(tmp_path / f"clip{ending}", noise), 0.6)
    assert "cut off" in refused(path)


@pytest.mark.parametrize("ending", [".mp4", ".avi"])
def test_a_video_without_a_frame_is_refused(tmp_path, ending):
    path = videos.write(tmp_path / f"none{ending}", videos.frames(3)[:0])
    assert refused(path) == f"{path}: the video has no frame; remove it, or make it again."


def test_a_container_in_which_nothing_is_described_is_no_video(tmp_path):
    assert "is no video or picture" in refused(videos.write(tmp_path / "none.mkv", videos.frames(3)[:0]))


def test_sound_alone_is_refused(tmp_path):
    assert "holds no pictures, only sound" in refused(videos.write_sound(tmp_path / "sound.mp4"))


def test_too_many_frames_are_refused(tmp_path):
    path = videos.write(tmp_path / "clip.mp4", videos.frames(STEPS))
    assert "has more than 11 frames of 16 by 16" in refused(path, limits=Limits(steps=11))
    assert "has more than 2 frames" in refused(path, limits=Limits(frame_bytes=2 * COLOUR.size))


def test_a_missing_file_is_refused(tmp_path):
    assert "no such file" in refused(tmp_path / "none.mp4")


def test_a_broken_picture_is_named(tmp_path):
    videos.write_picture(tmp_path / "1.png", videos.frames(1)[0])
    (tmp_path / "2.png").write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"2.png: is no video or picture, or is damaged or cut off"):
        decode(tmp_path, COLOUR, Limits())


def test_without_pyav_one_learns_what_to_install(tmp_path):
    code = (
        "import sys; sys.modules['av'] = None\n"
        "from pathlib import Path; from ostinato.read.decode import rate_of\n"
        f"rate_of(Path({str(tmp_path / 'a.mp4')!r}))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "pip install 'ostinato[video]'" in found.stderr
