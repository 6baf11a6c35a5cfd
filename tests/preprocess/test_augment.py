"""Recordings varied for training."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato.preprocess.augment import masked, varied
from ostinato.spec.audio_options import Augmentation
from sounds import RATE, tone

pytest.importorskip("soxr", reason="changing the speed needs ostinato[audio]")

NONE = Augmentation(speed_change=0.0, noise_share=0.0, loudness_change=0.0, time_mask=0.0, band_mask=0.0)


def only(**given: float) -> Augmentation:
    return NONE.model_copy(update=given)


def drawn(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def pitch(samples: np.ndarray) -> float:
    return float(np.abs(np.fft.rfft(samples * np.hanning(len(samples)))).argmax() * RATE / len(samples))


def test_nothing_changes_where_nothing_is_asked_for():
    samples, frames = tone(440), np.ones((9, 4), np.float32)
    np.testing.assert_array_equal(varied(samples, NONE, drawn(0)), samples)
    np.testing.assert_array_equal(masked(frames, NONE, drawn(0)), frames)


@pytest.mark.parametrize("seed", range(5))
def test_speed_moves_length_and_pitch_alike(seed):
    made = varied(tone(440, 1.0), only(speed_change=0.2), drawn(seed))
    speed = RATE / len(made)
    assert 0.8 <= speed <= 1.2
    assert speed != 1.0
    assert pitch(made) == pytest.approx(440 * speed, abs=2.0)


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_softer_by_ten_to_forty_decibels(seed):
    made = varied(tone(440, 1.0), only(noise_share=1.0), drawn(seed))
    noise = made - tone(440, 1.0)
    below = 10 * np.log10(np.square(tone(440, 1.0)).mean() / np.square(noise).mean())
    assert 9.5 <= below <= 40.5


def test_so_many_get_noise_as_is_asked_for():
    options = only(noise_share=0.3)
    noisy = sum(bool((varied(tone(440), options, drawn(seed)) != tone(440)).any()) for seed in range(300))
    assert 60 <= noisy <= 120


@pytest.mark.parametrize("seed", range(5))
def test_loudness_is_one_factor(seed):
    made = varied(tone(440), only(loudness_change=6.0), drawn(seed))
    factor = made[1:] / tone(440)[1:]
    np.testing.assert_allclose(factor, factor[0], rtol=1e-5)
    assert 0.5 <= factor[0] <= 2.0


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_masks_hide_no_more_than_is_asked_for(steps, seed):
    frames = np.ones((steps, 20), np.float32)
    made = masked(frames, Augmentation(time_mask=0.3, band_mask=0.25, masks=2), drawn(seed))
    assert (made == 0).all(axis=1).sum() <= 0.3 * steps
    assert (made == 0).all(axis=0).sum() <= 0.25 * 20
    assert frames.all()


@pytest.mark.parametrize("seed", range(20))
def test_enough_samples_for_a_frame_are_left(seed):
    assert len(varied(tone(440, 0.026), only(speed_change=0.5), drawn(seed), least=200)) >= 200
