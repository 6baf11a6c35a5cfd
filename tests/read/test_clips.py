"""Clips: kept or decoded anew, they are the same; a file that changes is found out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import videos
from ostinato.errors import DataError
from ostinato.read.clips import clip_of, clips_of
from ostinato.read.limits import Limits


@pytest.fixture
def paths(tmp_path):
    return [
        videos.write(tmp_path / f"{number}.mp4", videos.moving(4 + number, True, seed=number))
        for number in range(4)
    ]


def test_what_is_kept_and_what_is_decoded_anew_are_the_same(paths):
    kept, anew = (clips_of(paths, videos.FORM, memory=memory) for memory in (2**20, 0))
    assert [clip.kept is None for clip in kept + anew] == [False] * 4 + [True] * 4
    for one, other in zip(kept, anew, strict=True):
        np.testing.assert_array_equal(one.frames(), other.frames())
        assert (len(one), one.sha256, one.name) == (len(other), other.sha256, other.name)


def test_no_more_than_the_memory_is_kept(paths):
    room = videos.FORM.size * 9
    clips = clips_of(paths, videos.FORM, memory=room)
    assert 0 < sum(0 if clip.kept is None else clip.kept.nbytes for clip in clips) <= room


def test_a_file_that_changes_is_found_out(paths):
    clip = clips_of(paths[:1], videos.FORM, memory=0)[0]
    videos.write(paths[0], videos.moving(4, False, seed=9))
    with pytest.raises(DataError, match=r"0.mp4: changed while it was in use"):
        clip.frames()


def test_the_first_that_cannot_be_read_is_named(paths):
    paths[1].write_bytes(b"")
    paths[3].write_bytes(b"")
    with pytest.raises(DataError, match=r"1.mp4: the file is empty"):
        clips_of(paths, videos.FORM)


@given(steps=st.integers(1, 5), channels=st.sampled_from([1, 3]), seed=st.integers(0, 99))
def test_sums_are_those_of_all_values(steps, channels, seed):
    random = np.random.default_rng(seed)
    frames = random.integers(0, 256, (steps, 12, 12, channels)).astype(np.uint8)
    form = videos.FORM.model_copy(update={"channels": channels})
    clip = clip_of(frames, form)
    wide = clip.frames().astype(np.int64).reshape(-1, channels)
    np.testing.assert_array_equal(clip.sums, wide.sum(axis=0))
    np.testing.assert_array_equal(clip.squares, (wide**2).sum(axis=0))


def test_frames_in_memory_are_resized():
    clip = clip_of(videos.frames(3, height=20, width=30), videos.FORM)
    assert clip.frames().shape == (3, 12, 12, 1)


@pytest.mark.parametrize(
    "frames", [np.zeros((2, 4, 4), np.float32), np.zeros((2, 4), np.uint8), np.zeros((0, 4, 4), np.uint8)]
)
def test_what_is_no_clip_is_refused(frames):
    with pytest.raises(DataError, match=r"expected frames \(T, height, width\)"):
        clip_of(frames, videos.FORM)


def test_too_long_a_clip_is_refused():
    with pytest.raises(DataError, match="has more than 2 frames"):
        clip_of(videos.moving(3, True), videos.FORM, limits=Limits(steps=2))
