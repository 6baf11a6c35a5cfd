"""Frames of recordings: Kaldi's, scaled, and the same whatever pieces the sound comes in."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato.errors import ArgumentError, DataError
from ostinato.preprocess.audio import (
    AudioPreprocessor,
    fit_audio,
    framed,
    log_mel,
    unscaled,
)
from ostinato.preprocess.prepare import from_spec
from ostinato.read.audio import audio_from_arrays
from ostinato.spec.audio import Audio
from ostinato.spec.audio_options import AudioOptions
from sounds import RATE, tone

pytest.importorskip("kaldi_native_fbank", reason="hearing needs ostinato[audio]")

SHAPES = [AudioOptions(), AudioOptions(frame_length=32.0, frame_shift=32.0, mel_bands=20)]
NOISE = np.random.default_rng(0).standard_normal(3_000).astype(np.float32)


def by_hand(audio: Audio, samples: np.ndarray) -> np.ndarray:
    """Return frames by the equations in Audio's docstring, in float64."""
    size = 1 << (audio.width - 1).bit_length()
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(audio.width) / (audio.width - 1))) ** 0.85
    mel = lambda hertz: 1127.0 * np.log1p(hertz / 700.0)  # noqa: E731
    points = mel(np.arange(size // 2) * audio.sample_rate / size)
    edges = np.linspace(mel(audio.low), mel(audio.high), audio.bands + 2)
    rise = (points - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - points) / (edges[2:] - edges[1:-1])[:, None]
    triangles = np.maximum(0.0, np.minimum(rise, fall))
    frames = []
    for t in range(audio.frames(len(samples))):
        frame = samples[audio.hop * t : audio.hop * t + audio.width].astype(np.float64)
        frame = frame - frame.mean()
        frame = frame - 0.97 * np.concatenate([frame[:1], frame[:-1]])
        power = np.abs(np.fft.rfft(window * frame, size)[:-1]) ** 2
        frames.append(np.log(np.maximum(triangles @ power, 2.0**-23)))
    return (np.stack(frames) - audio.center) / audio.spread


@pytest.mark.parametrize("options", SHAPES, ids=str)
@pytest.mark.parametrize(
    "samples", [NOISE, tone(440), np.zeros(900, np.float32)], ids=["noise", "tone", "none"]
)
def test_frames_are_those_of_the_equations(options, samples):
    audio = unscaled(RATE, options)
    np.testing.assert_allclose(log_mel(audio, samples), by_hand(audio, samples), atol=2e-3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 700), min_size=1, max_size=12), st.sampled_from(SHAPES))
def test_pieces_give_the_frames_of_the_whole_to_the_last_bit(pieces, options):
    audio = fit_audio([NOISE], RATE, options)
    samples = np.resize(NOISE, sum(pieces))
    held, said = np.empty(0, np.float32), []
    for piece in np.split(samples, np.cumsum(pieces)[:-1]):
        frames, held = framed(audio, held, piece)
        said.append(frames)
    heard = np.concatenate(said)
    assert len(heard) == audio.frames(len(samples))
    np.testing.assert_array_equal(held, samples[len(heard) * audio.hop :])
    assert len(held) < audio.width
    if len(heard):
        np.testing.assert_array_equal(heard, log_mel(audio, samples))


def test_bands_are_scaled_by_the_training_recordings():
    audio = fit_audio([NOISE[:2000], NOISE[2000:]], RATE, AudioOptions())
    frames = np.concatenate([log_mel(audio, NOISE[:2000]), log_mel(audio, NOISE[2000:])])
    np.testing.assert_allclose(frames.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(frames.std(axis=0), 1.0, atol=1e-5)


def test_silence_can_be_fitted():
    audio = fit_audio([np.zeros(800, np.float32)], RATE, AudioOptions())
    assert set(audio.spread) == {1.0}


def test_a_recording_shorter_than_a_frame_is_refused():
    data = audio_from_arrays([NOISE, NOISE[:199]], None, RATE)
    with pytest.raises(DataError, match=r"X\[1\]: has 199 samples, 24\.9 ms; expected one frame"):
        AudioPreprocessor.fit(data, AudioOptions())


def test_another_rate_is_refused():
    fitted = AudioPreprocessor.fit(audio_from_arrays([NOISE], None, RATE), AudioOptions())
    with pytest.raises(DataError, match="16000 samples a second; the model reads 8000"):
        fitted.apply(audio_from_arrays([NOISE], None, 2 * RATE))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (AudioOptions(high_frequency=4_001.0), "half of 8000 Hz"),
        (AudioOptions(low_frequency=4_000.0), "expected them to rise"),
        (AudioOptions(frame_shift=26.0), "no longer shift"),
        (AudioOptions(mel_bands=128), "too narrow"),
    ],
)
def test_impossible_frames_are_refused(options, why):
    with pytest.raises(ArgumentError, match=why):
        fit_audio([NOISE], RATE, options)


def test_what_was_fitted_is_restored_from_json():
    fitted = AudioPreprocessor.fit(audio_from_arrays([NOISE], None, RATE), AudioOptions())
    spec = Audio.model_validate_json(json.dumps(fitted.spec.model_dump(mode="json")))
    again = from_spec(spec, None)
    assert isinstance(again, AudioPreprocessor)
    data = audio_from_arrays([NOISE], None, RATE)
    np.testing.assert_array_equal(again.apply(data)[0], fitted.apply(data)[0])


def test_samples_whose_energy_overflows_are_refused():
    audio = unscaled(RATE, AudioOptions())
    with pytest.raises(DataError, match="energy overflows"):
        log_mel(audio, np.float32(1e30) * NOISE)
