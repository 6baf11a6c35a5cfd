"""Sounds for tests: tones and files of them."""

from pathlib import Path

import numpy as np

from ostinato.read.recordings import Samples

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
