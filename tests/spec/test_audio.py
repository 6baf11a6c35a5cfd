"""Frames as data: how many a recording has, what bands are called, and what cannot be."""

import pytest
from pydantic import ValidationError

from ostinato.spec.audio import Audio

BANDS = {"bands": 4, "center": (0.0,) * 4, "spread": (1.0,) * 4}


def audio(**given):
    return Audio(**{"sample_rate": 8_000, "high": 4_000.0, **BANDS, **given})


@pytest.mark.parametrize(("samples", "frames"), [(0, 0), (199, 0), (200, 1), (279, 1), (280, 2), (8_000, 98)])
def test_frames_are_those_whose_samples_are_all_there(samples, frames):
    assert audio().frames(samples) == frames


def test_lengths_are_the_nearest_whole_samples():
    odd = audio(sample_rate=22_050, window=25.0, shift=10.0, high=8_000.0)
    assert (odd.width, odd.hop) == (551, 220)


def test_bands_are_called_by_their_middles_from_the_lowest():
    middles = [float(name.removesuffix(" Hz")) for name in audio().names()]
    assert middles == sorted(middles)
    assert 20 < middles[0] < middles[-1] < 4_000
    assert audio(low=300.0).names() != audio().names()


def test_the_network_is_given_one_number_a_band():
    assert (audio().flow().kind, audio().flow().size) == ("steps", 4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sample_rate": 999},
        {"dither": 0.1},
        {"shift": 25.2},
        {"window": 0.1, "shift": 0.1},
        {"high": 4_001.0},
        {"low": 4_000.0},
        {"center": (0.0,)},
        {"spread": (1.0, 1.0, 1.0, 0.0)},
        {"path": "x"},
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ValidationError):
        audio(**wrong)
