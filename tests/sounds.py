"""Sounds for tests: tones and files of them."""

from pathlib import Path
from typing import Any

import numpy as np

from ostinato.read.audio import audio_from_arrays
from ostinato.read.recordings import Samples
from ostinato.read.sequences import Sequences
from ostinato.spec.classify import ClassifyNetwork, ClassifyOptions, ClassifyTraining
from ostinato.spec.options import SequenceData

RATE = 8_000


def tone(pitch: float, seconds: float = 0.2, rate: int = RATE, loudness: float = 0.3) -> Samples:
    """Return a pure tone, (n,) float32."""
    time = np.arange(round(seconds * rate)) / rate
    return (loudness * np.sin(2 * np.pi * pitch * time)).astype(np.float32)


def write(path: Path, samples: Samples, rate: int = RATE, **form: str) -> Path:
    """Write a sound file, in the format that its name tells, and return its path."""
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, **form)
    return path


def tones(folder: Path, count: int = 12, seed: int = 0) -> Path:
    """Write a folder of two classes, ``low`` and ``high`` tones, and return it."""
    random = np.random.default_rng(seed)
    for label, pitch in (("low", 300.0), ("high", 1_200.0)):
        for number in range(count):
            samples = tone(pitch * random.uniform(0.9, 1.1), random.uniform(0.1, 0.2))
            write(folder / label / f"{number}.wav", samples)
    return folder


def recordings(count: int = 8, seed: int = 0) -> Sequences:
    """Return that many tones in some noise, low and high in turn, of different lengths."""
    random = np.random.default_rng(seed)
    values, labels = [], []
    for number in range(count):
        labels.append(("low", "high")[number % 2])
        pitch = (300.0, 1_200.0)[number % 2] * random.uniform(0.9, 1.1)
        clean = tone(pitch, random.uniform(0.06, 0.2))
        values.append(clean + 0.01 * random.standard_normal(len(clean)).astype(np.float32))
    return audio_from_arrays(values, labels, RATE)


def options(**training: Any) -> ClassifyOptions:
    """Return options of a small network that learns tones in seconds."""
    chosen = {
        "epochs": 12,
        "batch_size": 4,
        "threads": 1,
        "patience": 0,
        "learning_rate": 0.01,
        "schedule": "constant",
        **training,
    }
    return ClassifyOptions(
        data=SequenceData(folds=0, valid_fraction=0.0, mel_bands=12),
        network=ClassifyNetwork(hidden_size=8, dropout=0.0),
        training=ClassifyTraining(**chosen),
    )
