"""Utterances for tests: every letter is a tone, and a space is a rest; and what learns them in seconds."""

import numpy as np

from ostinato.read.sequences import Sequences
from ostinato.read.utterances import Utterances
from ostinato.spec.transcribe import TranscribeData, TranscribeNetwork, TranscribeOptions, TranscribeTraining

RATE = 4_000
TONES = {"a": 300.0, "b": 700.0, "c": 1_200.0}
LETTER, GAP = 320, 80
"""Samples of a tone, and of the silence behind it."""

FRAMES = {"mel_bands": 16, "frame_length": 20.0}
SMALL = {"hidden_size": 16, "layers": 1, "dropout": 0.0, "channels": 12, "kernel_size": 3, "stride": 2}
PLAIN = {"speed_change": 0.0, "noise_share": 0.0, "loudness_change": 0.0, "time_mask": 0.0, "band_mask": 0.0}
QUICK = {"epochs": 40, "batch_size": 8, "learning_rate": 0.02, "threads": 1}


def sound(text, random):
    """Return a text as samples."""
    parts = [np.zeros(GAP)]
    for letter in text:
        time = np.arange(LETTER) / RATE
        tone = np.sin(2 * np.pi * TONES[letter] * time) * 0.5 if letter in TONES else np.zeros(LETTER)
        parts += [tone, np.zeros(GAP)]
    samples = np.concatenate(parts)
    return (samples + random.normal(size=len(samples)) * 1e-3).astype(np.float32)


def words(count, seed=0):
    """Return so many texts of one or two words."""
    random = np.random.default_rng(seed)
    return [
        " ".join(
            "".join(random.choice([*TONES], int(random.integers(1, 4)))) for _ in range(random.integers(1, 3))
        )
        for _ in range(count)
    ]


def utterances(count=24, seed=0):
    """Return recordings as a reader returns them."""
    random = np.random.default_rng([seed, 1])
    texts = words(count, seed)
    names = [f"u{number}" for number in range(count)]
    places = [f"memory, {name}" for name in names]
    sounds = Sequences(
        "audio", [sound(text, random) for text in texts], names, places=places, sample_rate=RATE
    )
    return Utterances("memory", sounds, texts)


def options(*, data=None, network=None, **training):
    """Return options of a small transcriber."""
    return TranscribeOptions(
        data=TranscribeData(**(FRAMES | {"valid_fraction": 0.0} | (data or {}))),
        network=TranscribeNetwork(**(SMALL | (network or {}))),
        training=TranscribeTraining(**(PLAIN | QUICK | training)),
    )
