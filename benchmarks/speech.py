"""What the defaults of ``ostinato train transcribe`` reach on public recordings, and in what time.

    OSTINATO_DATA=… python -m benchmarks.speech [--only digits,an4] [--seed 0] [--threads 1] [--keep FOLDER]

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
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

import ostinato
from benchmarks.commands import Spent, data, evaluated, machine, trained, workplace
from ostinato.answers.transcribe import TranscribeScores
from ostinato.read.manifest import read_manifest

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
VOICES = ("jackson", "nicolas", "theo")
RATE = 8_000
LEARNING = (1, 2, 4)
"""AN4's learning curve: all voices of the training part, every second, every fourth."""
BLOCK_SECONDS = 0.05
DIGITS, AN4 = ("--epochs", "12"), ("--time-mask", "0.2")
"""Of the digits so many epochs that a training takes a few minutes of a processor; of AN4, which is small,
more is hidden. All else is by the defaults, which would train longer on the digits."""
AN4_EPOCHS = 150
"""Of all voices; of half of them twice as many, so that every point of the curve had as many steps."""

PARTS = {"train": (range(10, 50), 2_000), "valid": (range(5, 10), 150), "test": (range(5), 300)}
"""Of the digits: which recordings each part is made of, and how many strings."""


class Row(NamedTuple):
    """One figure: what was measured, its error rates, and what the training took."""

    what: str
    wer: float
    cer: float
    spent: Spent | None = None

    def __str__(self) -> str:
        return f"| {self.what} | {self.wer:.1%} | {self.cer:.1%} | {self.spent or ''} |"


def digit_strings(recordings: Path, folder: Path, seed: int) -> None:
    """Write strings of digits with their manifests, ``train.csv``, ``valid.csv`` and ``test.csv``."""
    for number, (part, (indices, count)) in enumerate(PARTS.items()):
        random = np.random.default_rng([seed, number])
        said = {}
        for place in range(count):
            voice = VOICES[int(random.integers(len(VOICES)))]
            digits = random.integers(0, 10, int(random.integers(3, 7)))
            files = [f"{digit}_{voice}_{random.choice(indices)}.wav" for digit in digits]
            samples = [soundfile.read(recordings / file)[0] for file in files]
            name = f"{part}-{place:04}.wav"
            soundfile.write(folder / name, np.concatenate(samples), RATE)
            said[name] = " ".join(WORDS[digit] for digit in digits)
        manifest(folder / f"{part}.csv", said)


def an4_voices(folder: Path) -> dict[str, dict[str, str]]:
    """Return what is said in each recording of each voice, by the recording's path."""
    etc = folder / "etc"
    files = (etc / "an4_train_subset.fileids").read_text().split()
    lines = (etc / "an4_train_subset.transcription").read_text().splitlines()
    voices: dict[str, dict[str, str]] = {}
    for file, line in zip(files, lines, strict=True):
        text = line.partition("<s>")[2].partition("</s>")[0].strip()
        voices.setdefault(file.split("/")[1], {})[str(folder / "wav" / f"{file}.wav")] = text
    return voices


def an4_parts(voices: dict[str, dict[str, str]], folder: Path) -> dict[str, Path]:
    """Write AN4's manifests and the texts of its training part; return their paths by name."""
    names = sorted(voices)
    test, valid = names[2::5], names[8:9]
    train = [name for name in names if name not in (*test, *valid)]
    parts = {"test": test, "valid": valid}
    parts |= {f"train {step}": train[::step] for step in LEARNING}
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


def digits(work: Path, options: list[str], seed: int) -> Iterator[Row]:
    """Measure strings of digits: the model that listens forwards alone, on recordings and on streams."""
    digit_strings(data("speech_fsdd") / "recordings", work, seed)
    fixed = [work / "train.csv", "--valid", work / "valid.csv", *DIGITS, *options]
    for what, flags in (("forwards alone", ["--live"]), ("both ways", [])):
        model = work / what.replace(" ", "-")
        _, spent = trained("transcribe", *fixed, *flags, "--out", model)
        yield _row(f"digits, {what}, whole recordings", evaluated(model, work / "test.csv"), spent)
        if flags:
            found = streamed(model, work / "test.csv")
            yield Row(f"digits, {what}, streams", found.wer, found.cer)


def streamed(path: Path, test: Path) -> TranscribeScores:
    """Return the scores of a model that hears each recording in blocks."""
    model = ostinato.load(path)
    if not isinstance(model, ostinato.Transcriber):
        raise TypeError(f"{path} is no transcriber")
    spoken = read_manifest(test, sample_rate=model.sample_rate, labelled=True)
    length, heard = int(BLOCK_SECONDS * model.sample_rate), []
    for samples in spoken.samples:
        stream = model.stream()
        parts = [stream.push(samples[first : first + length]) for first in range(0, len(samples), length)]
        heard.append("".join(one.text for one in [*parts, stream.finish()]))
    return TranscribeScores.of(spoken.texts or [], heard)


def an4(work: Path, options: list[str]) -> Iterator[Row]:
    """Measure AN4: the learning curve, and what a language model adds."""
    parts = an4_parts(an4_voices(data("speech_an4")), work)
    for step in reversed(LEARNING):
        part, model = parts[f"train {step}"], work / f"an4-{step}"
        fixed = ["--valid", parts["valid"], *AN4, "--epochs", AN4_EPOCHS * step, "--out", model, *options]
        _, spent = trained("transcribe", part, *fixed)
        recordings = f"{len(part.read_text().splitlines()) - 1} recordings"
        yield _row(f"AN4, {recordings}", evaluated(model, parts["test"]), spent)
    language = work / "language"
    texts = (parts["texts"], "--documents", "line", "--level", "char", "--out", language, *options)
    _, spent = trained("language", *texts)
    helped = evaluated(model, parts["test"], "--lm", language)
    yield _row(f"AN4, {recordings}, with a language model", helped, spent)


def _row(what: str, found: dict[str, float], spent: Spent) -> Row:
    return Row(what, found["wer"], found["cer"], spent)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="digits,an4")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="where recordings and models stay")
    options = parser.parse_args()
    fixed = ["--seed", str(options.seed), "--threads", str(options.threads)]
    print(machine(options.threads), "\n\n| what | WER | CER | training |\n| --- | --- | --- | --- |")
    with workplace(options.keep) as work:
        if "digits" in options.only:
            for row in digits(work, fixed, options.seed):
                print(row, flush=True)
        if "an4" in options.only:
            for row in an4(work, fixed):
                print(row, flush=True)


if __name__ == "__main__":
    main()
