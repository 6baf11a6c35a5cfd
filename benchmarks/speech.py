"""What the defaults of ``ostinato train transcribe`` reach on public recordings, and in what time.

    OSTINATO_DATA=… python -m benchmarks.speech [--only digits,AN4] [--seed 0] [--threads 1] [--out FILE.md]

**Digits**: strings of three to six digits, each said by one voice, made by joining recordings of the Free
Spoken Digit Dataset as they are. Test strings are made of the recordings 0 to 4 of each voice and digit,
which is that set's own test part, validation strings of 5 to 9, training strings of the others. One model
listens both ways, one forwards alone; the second is judged on whole recordings and on streams of 50 ms a
block.

**AN4**: letters, numbers and names, spelt and said by fifteen voices. Every fifth is kept for the test, one
of the others for validation; the rest train, all of them, a half and a quarter, which is the learning curve.
A language model of characters is trained on the texts of the training part.
"""

import argparse
import csv
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
VOICES = ("jackson", "nicolas", "theo")
RATE = 8_000
LEARNING = (1, 2, 4)
"""AN4's learning curve: all voices of the training part, every second, every fourth."""

PARTS = {"train": (range(10, 50), 2_000), "valid": (range(5, 10), 150), "test": (range(5), 300)}
"""Of the digits: which recordings each part is made of, and how many strings."""


class Row(NamedTuple):
    """One figure: what was measured, how, and the seconds of the training that it needed."""

    what: str
    scores: dict[str, Any]
    seconds: float


def digit_strings(data: Path, folder: Path, seed: int) -> None:
    """Write strings of digits with their manifests, ``train.csv``, ``valid.csv`` and ``test.csv``."""
    for number, (part, (indices, count)) in enumerate(PARTS.items()):
        random = np.random.default_rng([seed, number])
        said = {}
        for place in range(count):
            voice = VOICES[int(random.integers(len(VOICES)))]
            digits = random.integers(0, 10, int(random.integers(3, 7)))
            files = [f"{digit}_{voice}_{random.choice(indices)}.wav" for digit in digits]
            samples = [soundfile.read(data / "speech_fsdd/recordings" / file)[0] for file in files]
            name = f"{part}-{place:04}.wav"
            soundfile.write(folder / name, np.concatenate(samples), RATE)
            said[name] = " ".join(WORDS[digit] for digit in digits)
        manifest(folder / f"{part}.csv", said)


def an4(data: Path) -> dict[str, dict[str, str]]:
    """Return what is said in each recording of each voice, by the recording's path."""
    etc = data / "speech_an4" / "etc"
    files = (etc / "an4_train_subset.fileids").read_text().split()
    lines = (etc / "an4_train_subset.transcription").read_text().splitlines()
    voices: dict[str, dict[str, str]] = {}
    for file, line in zip(files, lines, strict=True):
        text = line.partition("<s>")[2].partition("</s>")[0].strip()
        voices.setdefault(file.split("/")[1], {})[str(data / f"speech_an4/wav/{file}.wav")] = text
    return voices


def an4_parts(voices: dict[str, dict[str, str]], folder: Path) -> dict[str, Path]:
    """Write AN4's manifests and the texts of its training part; return their paths by name."""
    names = sorted(voices)
    test, valid = names[2::5], names[8:9]
    train = [name for name in names if name not in (*test, *valid)]
    parts = {"test": test, "valid": valid}
    parts |= {f"train {len(train[::step])}": train[::step] for step in LEARNING}
    made = {}
    for part, chosen in parts.items():
        said = {file: text for name in chosen for file, text in voices[name].items()}
        made[part] = manifest(folder / f"{part.replace(' ', '-')}.csv", said)
    made["texts"] = folder / "texts.txt"
    made["texts"].write_text("".join(f"{text}\n" for name in train for text in voices[name].values()))
    return made


def manifest(path: Path, said: dict[str, str]) -> Path:
    """Write a manifest and return its path."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("audio", "text"), *said.items()])
    return path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.parse_args()


if __name__ == "__main__":
    main()
