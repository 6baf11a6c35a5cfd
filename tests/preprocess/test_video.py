"""Scaling of frames: fitted to all values, exact, and the same however clips are cut into data sets."""

import numpy as np
import pytest

import videos
from ostinato.errors import DataError
from ostinato.preprocess.video import VideoPreprocessor, fit_video, scale_frames
from ostinato.read.clips import clip_of
from ostinato.read.sequences import Sequences


def test_scaled_values_have_mean_0_and_spread_1():
    data = videos.clips()
    scaled = VideoPreprocessor.fit(data).apply(data)
    assert [rows.shape for rows in scaled] == [(len(clip), 144) for clip in data.values]
    rows = np.concatenate(scaled)
    assert rows.dtype == np.float32
    np.testing.assert_allclose([rows.mean(), rows.std()], [0, 1], atol=1e-4)


def test_each_colour_has_its_own_scaling_and_pixels_stay_where_they_are():
    form = videos.FORM.model_copy(update={"channels": 3})
    frames = np.random.default_rng(0).integers(0, 256, (4, 12, 12, 3)).astype(np.uint8)
    frames[..., 2] = 7
    clip = clip_of(frames, form)
    video = fit_video([clip])
    assert video.center[2] == 7
    assert video.spread[2] == 1
    expected = (frames - np.array(video.center)) / np.array(video.spread)
    np.testing.assert_allclose(scale_frames(video, frames).reshape(frames.shape), expected, atol=1e-5)


def test_the_order_of_clips_does_not_matter():
    clips = videos.clips().values
    assert fit_video(clips) == fit_video(clips[::-1])


def test_other_data_is_refused():
    data = videos.clips()
    preprocessor = VideoPreprocessor.fit(data)
    with pytest.raises(DataError, match="the data is text; this model reads video"):
        preprocessor.apply(Sequences("text", ["to be"], ["a"]))
    other = clip_of(videos.moving(3, True), videos.FORM.model_copy(update={"height": 6}), "small.mp4")
    with pytest.raises(DataError, match=r"small.mp4: has frames of shape \(6, 12, 1\); this model reads"):
        preprocessor.apply(Sequences("video", [other], ["a"]))
    with pytest.raises(DataError, match="none were given"):
        fit_video([])
