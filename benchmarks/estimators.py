"""How much sooner the classifier is trained with one backend of the recurrent layers than with another.

    python -m benchmarks.estimators [--backends aten,native] [--runs 3] [--epochs 5 | --defaults]

The whole of ``SequenceClassifier.fit``: preprocessing, every batch and every validation. The backends take
turns in one process. The data are made up, and JapaneseVowels (the demo's) where OSTINATO_DATA says where it
is. ``--defaults`` trains as long as the defaults want, cross-validation included, instead of a few epochs:
that is what a user, or ``make demo``, waits for.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
import torch

from benchmarks.kernels import machine
from ostinato import SequenceClassifier, nn
from ostinato.errors import OstinatoError
from ostinato.read import read
from ostinato.spec.preprocessing import Columns

Data = tuple[list[Any], list[str]]
"""Sequences (T, I) and their labels."""

BACKENDS: Final = "aten,native"
CELLS: Final = ("gru", "lstm", "rnn")


def synthetic(sequences: int = 256, channels: int = 6, classes: int = 4) -> Data:
    """Return noisy waves of 20 to 80 steps; the class is the frequency."""
    generator = np.random.default_rng(0)
    labels = generator.integers(classes, size=sequences)
    made = []
    for label, steps in zip(labels, generator.integers(20, 81, size=sequences), strict=True):
        phase = generator.uniform(0, 2 * np.pi, channels)
        wave = np.sin(0.15 * (1 + label) * np.arange(steps)[:, None] + phase)
        made.append((wave + generator.normal(0, 0.3, wave.shape)).astype(np.float32))
    return made, [str(label) for label in labels]


def vowels(folder: Path) -> Data:
    """Return the training part of JapaneseVowels."""
    name = "JapaneseVowels"
    known = read(folder / "tsc_ucr_uea" / name / f"{name}_TRAIN.ts", Columns(), labelled=True)
    return list(known.values), list(known.labels or ())


def why_not(backend: str) -> str | None:
    """Return in the library's own words why a backend cannot run here, or None if it can."""
    try:
        nn.GRU(1, 1)(torch.ones(1, 1, 1), backend=backend)
    except OstinatoError as error:
        return str(error)
    return None


def seconds(backend: str, data: Data, options: dict[str, Any]) -> float:
    """Train once and return how long it took."""
    classifier = SequenceClassifier(**options)
    with nn.backend(backend):
        began = time.perf_counter()
        classifier.fit(*data)
        return time.perf_counter() - began


def measure(data: Data, backends: list[str], options: dict[str, Any], runs: int) -> list[list[float]]:
    """Return ``runs`` turns, each with every backend's seconds, after one run of each to warm up."""
    for backend in backends:
        seconds(backend, data, {**options, "epochs": 1, "folds": 0})
    return [[seconds(backend, data, options) for backend in backends] for _ in range(runs)]


def sets() -> dict[str, Callable[[], Data]]:
    """Return what can be trained on here, by name."""
    found: dict[str, Callable[[], Data]] = {"made up": synthetic}
    if folder := os.environ.get("OSTINATO_DATA"):
        found["JapaneseVowels"] = partial(vowels, Path(folder))
    else:
        print("JapaneseVowels is left out: OSTINATO_DATA is not set.", file=sys.stderr)
    return found


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backends", default=BACKENDS, help="the first is what the others are held against")
    parser.add_argument("--cells", default=",".join(CELLS))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, help="else the defaults' own choice")
    parser.add_argument("--defaults", action="store_true", help="train as long as the defaults want")
    asked = parser.parse_args(arguments)
    backends = asked.backends.split(",")
    for reason in filter(None, map(why_not, backends)):
        if asked.backends != BACKENDS:
            parser.error(reason)
        print(f"Nothing to compare: {reason}")
        return
    options = {"threads": asked.threads}
    if not asked.defaults:
        options |= {"epochs": asked.epochs, "patience": 0, "folds": 0}
    length = "the defaults' epochs" if asked.defaults else f"{asked.epochs} epochs"
    setting = f"threads: {asked.threads or 'the defaults'}; {length}; {asked.runs} turns"
    print(f"{machine.processor()}; torch {torch.__version__}; {setting}\n")
    print(f"| data | cell | {', s | '.join(backends)}, s | times faster | lowest | highest |")
    print(f"| --- | --- | {'--- | ' * len(backends)}--- | --- | --- |")
    for name, make in sets().items():
        data = make()
        for cell in asked.cells.split(","):
            turns = measure(data, backends, {**options, "cell": cell}, asked.runs)
            print(f"| {name} | {cell} | {line(turns)} |", flush=True)


def line(turns: list[list[float]]) -> str:
    """Return the cells of one row: each backend's median seconds, and first over last, turn by turn."""
    ratios = [turn[0] / turn[-1] for turn in turns]
    middles = [f"{median(times):.2f}" for times in zip(*turns, strict=True)]
    return " | ".join([*middles, f"{median(ratios):.2f}", f"{min(ratios):.2f}", f"{max(ratios):.2f}"])


if __name__ == "__main__":
    main()
