"""What 8-bit weights cost in accuracy, and what they save in time and memory.

    [OSTINATO_DATA=…] python -m benchmarks.quantization [--cells gru,lstm,rnn] [--quick]

Trains the classifier (one direction, seed 0, few epochs), loads it twice, on ``native`` and on ``int8``
kernels, and lets both answer the data's test part: made-up waves, and JapaneseVowels and TREC where
OSTINATO_DATA says where they are. Embeddings, convolutions, pools and heads stay float in both. Then stacks
of random weights: how far the outputs drift apart over long sequences, and the time of a single step.
"""

import argparse
import os
import sys
import tempfile
import timeit
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

import ostinato
from benchmarks.estimators import Data, synthetic
from benchmarks.kernels import machine
from ostinato import SequenceClassifier
from ostinato.read import read
from ostinato.runtime.stack import Stack
from ostinato.spec.flow import Flow
from ostinato.spec.network import Recurrent
from ostinato.spec.preprocessing import Columns

Array = NDArray[Any]
Cell = Literal["gru", "lstm", "rnn_tanh"]

CELLS: Final = "gru,lstm,rnn"
NAMED: Final[dict[str, Cell]] = {"gru": "gru", "lstm": "lstm", "rnn": "rnn_tanh"}
KERNELS: Final = ("native", "int8")
SIZES: Final = ((16, 16), (32, 64), (128, 128), (512, 512))
LONG: Final = 1000
"""Steps of the long sequences."""


@dataclass(frozen=True)
class Task:
    """Data to train on, to judge on, and the epochs that are enough for the comparison."""

    train: Data
    test: Data
    epochs: int


def waves() -> Task:
    """Return made-up waves: 256 to learn from, 1,024 to judge on."""
    sequences, labels = synthetic(256 + 1024)
    return Task((sequences[:256], labels[:256]), (sequences[256:], labels[256:]), epochs=15)


def vowels(folder: Path) -> Task:
    """Return JapaneseVowels: 270 utterances to learn from, 370 to judge on."""
    name = "JapaneseVowels"
    parts = [folder / "tsc_ucr_uea" / name / f"{name}_{part}.ts" for part in ("TRAIN", "TEST")]
    read_parts = [read(path, Columns(), labelled=True) for path in parts]
    train, test = ((list(part.values), list(part.labels or ())) for part in read_parts)
    return Task(train, test, epochs=20)


def questions(folder: Path) -> Task:
    """Return TREC's questions of six kinds: 5,452 to learn from, 500 to judge on."""
    train, test = (_lines(folder / "text_trec" / f"TREC.{part}.all") for part in ("train", "test"))
    return Task(train, test, epochs=4)


def _lines(path: Path) -> Data:
    pairs = [line.split(" ", 1) for line in path.read_text(encoding="latin-1").splitlines() if line.strip()]
    return [text for _, text in pairs], [label for label, _ in pairs]


def tasks() -> dict[str, Callable[[], Task]]:
    """Return what can be trained on here, by name."""
    found: dict[str, Callable[[], Task]] = {"made up": waves}
    if folder := os.environ.get("OSTINATO_DATA"):
        found |= {"JapaneseVowels": partial(vowels, Path(folder)), "TREC": partial(questions, Path(folder))}
    else:
        print("JapaneseVowels and TREC are left out: OSTINATO_DATA is not set.", file=sys.stderr)
    return found


def probabilities(task: Task, options: dict[str, Any]) -> tuple[list[Array], Array]:
    """Train once; return what both kernels answer on the test part, (N, C), and the right columns."""
    classifier = SequenceClassifier(seed=0, folds=0, patience=0, **options).fit(*task.train)
    with tempfile.TemporaryDirectory() as place:
        classifier.save(Path(place) / "model")
        models = [loaded(Path(place) / "model", kernels) for kernels in KERNELS]
        answers = [model.probabilities(task.test[0]) for model in models]
        return answers, np.array([models[0].labels.index(label) for label in task.test[1]])


def loaded(path: Path, kernels: str) -> ostinato.Classifier:
    """Return the classifier, run by these kernels."""
    model = ostinato.load(path, kernels=kernels)
    if not isinstance(model, ostinato.Classifier):
        raise TypeError("a classifier was saved")
    return model


def answers_row(task: Task, options: dict[str, Any]) -> str:
    """Return accuracy and log loss of both, and how far their probabilities are apart."""
    (exact, rounded), right = probabilities(task, options)
    rows = np.arange(len(right))
    accuracy = [f"{(answer.argmax(axis=1) == right).mean():.4f}" for answer in (exact, rounded)]
    loss = [f"{-np.log(answer[rows, right]).mean():.4f}" for answer in (exact, rounded)]
    apart = np.abs(rounded - exact)
    changed = int((rounded.argmax(axis=1) != exact.argmax(axis=1)).sum())
    differences = [f"{apart.mean():.5f}", f"{apart.max():.4f}", f"{changed} of {len(right)}"]
    return " | ".join([*accuracy, *loss, *differences])


def stacks(cell: Cell, input_size: int, hidden_size: int) -> list[Stack]:
    """Return a stack of float weights and one of their bytes; the weights are random, as torch begins."""
    generator, limit = np.random.default_rng(0), hidden_size**-0.5
    shapes = Recurrent(cell=cell, hidden_size=hidden_size).tensors(Flow("steps", input_size))
    tensors = {
        name: generator.uniform(-limit, limit, shape).astype(np.float32) for name, shape in shapes.items()
    }
    return [Stack(cell, tensors, weights=weights) for weights in ("float", "int8")]


def drift(cell: Cell, input_size: int, hidden_size: int) -> list[float]:
    """Return the error of 8-bit weights by the size of the outputs, after 10, 100 and ``LONG`` steps."""
    x = np.random.default_rng(1).normal(size=(LONG, 1, input_size)).astype(np.float32)
    exact, rounded = (stack.push(x) for stack in stacks(cell, input_size, hidden_size))
    errors, outputs = (rounded - exact)[:, 0], exact[:, 0]
    return [
        float(np.linalg.norm(errors[end // 2 : end]) / np.linalg.norm(outputs[end // 2 : end]))
        for end in (10, 100, LONG)
    ]


def microseconds(stack: Stack) -> float:
    """Return the time of one ``step`` from Python, the median over blocks of calls."""
    calls = max(10, int(0.002 / timeit.timeit(stack.step, number=10) * 10))
    return median(timeit.repeat(stack.step, number=calls, repeat=25)) / calls * 1e6


def stack_row(cell: Cell, input_size: int, hidden_size: int) -> str:
    """Return drift, times and sizes of one shape."""
    pair = stacks(cell, input_size, hidden_size)
    errors = [f"{100 * error:.2f} %" for error in drift(cell, input_size, hidden_size)]
    times = [microseconds(stack) for stack in pair]
    sizes = [f"{stack.nbytes / 1024:.1f}" for stack in pair]
    return " | ".join([*errors, *(f"{time:.2f}" for time in times), f"{times[0] / times[1]:.2f}", *sizes])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", default=CELLS)
    parser.add_argument("--quick", action="store_true", help="one epoch each, to see that it runs")
    asked = parser.parse_args(arguments)
    cells = asked.cells.split(",")
    print(f"{machine.processor()}; native kernels: {machine.native_level()}\n")
    print("| data | cell | accuracy | int8 | log loss | int8 | mean of abs(dp) | largest | labels changed |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, make in tasks().items():
        task = make()
        for cell in cells:
            options = {"cell": cell, "epochs": 1 if asked.quick else task.epochs}
            print(f"| {name} | {cell} | {answers_row(task, options)} |", flush=True)
    print("\n| cell | I, H | error, 10 steps | 100 | 1000 | step, µs | int8 | times | KiB | int8 |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for cell in cells:
        for sizes in SIZES[:2] if asked.quick else SIZES:
            print(f"| {cell} | {sizes[0]}, {sizes[1]} | {stack_row(NAMED[cell], *sizes)} |", flush=True)


if __name__ == "__main__":
    main()
