"""Batches of clips, and the changes that clips undergo in training."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import videos
from ostinato.data.clips import Augmentation, ClipExamples
from ostinato.preprocess.pack import unpacked
from ostinato.preprocess.video import VideoPreprocessor, scale_frames

CLIP = np.random.default_rng(0).integers(0, 256, (3, 8, 6, 3)).astype(np.uint8)
NOTHING = Augmentation(0.0, False, 0.0)


def change(augmentation, seed=0):
    return augmentation.apply(CLIP, np.random.default_rng(seed))


def test_nothing_changes_nothing():
    np.testing.assert_array_equal(change(NOTHING), CLIP)


@given(seed=st.integers(0, 999))
def test_a_shift_moves_all_frames_alike_and_repeats_the_border(seed):
    moved = change(Augmentation(0.5, False, 0.0), seed)
    rows, columns = (
        np.clip(np.arange(side) + move, 0, side - 1)
        for side, move in zip((8, 6), shift_of(moved), strict=True)
    )
    np.testing.assert_array_equal(moved, CLIP[:, rows[:, None], columns])


def shift_of(moved):
    """Return the shift under which most of the pixels agree."""
    shifts = [(down, right) for down in range(-4, 5) for right in range(-3, 4)]

    def agreement(shift):
        rows = np.clip(np.arange(8) + shift[0], 0, 7)
        columns = np.clip(np.arange(6) + shift[1], 0, 5)
        return (moved == CLIP[:, rows[:, None], columns]).mean()

    return max(shifts, key=agreement)


def test_a_flip_mirrors_about_half_of_the_clips():
    flips = [
        np.array_equal(change(Augmentation(0.0, True, 0.0), seed), CLIP[:, :, ::-1]) for seed in range(60)
    ]
    assert 15 < sum(flips) < 45
    whole = [np.array_equal(change(Augmentation(0.0, True, 0.0), seed), CLIP) for seed in range(60)]
    assert [not flipped for flipped in flips] == whole


@given(seed=st.integers(0, 999))
def test_brightness_adds_the_same_to_all_values_within_their_range(seed):
    lighter = change(Augmentation(0.0, False, 0.2), seed).astype(int)
    inside = (lighter > 0) & (lighter < 255)
    added = np.unique((lighter - CLIP)[inside])
    assert len(added) <= 1
    assert abs(int(added[0]) if len(added) else 0) <= 51


@pytest.mark.parametrize("change", [None, NOTHING])
def test_a_batch_holds_each_clip_scaled(change):
    data = videos.clips()
    video = VideoPreprocessor.fit(data).spec
    examples = ClipExamples(data.values, video)
    order = np.argsort(-examples.lengths, kind="stable")[:5]
    batch = examples.batch(order, change, np.random.default_rng(0))
    found = unpacked(batch.data.numpy(), batch.batch_sizes.numpy())
    for index, rows in zip(order, found, strict=True):
        np.testing.assert_array_equal(rows, scale_frames(video, data.values[index].frames()))


def test_batches_come_in_order():
    data = videos.clips()
    examples = ClipExamples(data.values, VideoPreprocessor.fit(data).spec)
    order = [np.array([index]) for index in range(len(examples))]
    sizes = [len(batch.data) for batch in examples.batches(order)]
    assert sizes == examples.lengths.tolist()
