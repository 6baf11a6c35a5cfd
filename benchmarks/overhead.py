"""What training costs beside a bare torch loop with the same layers and the same batches.

    OSTINATO_DATA=… python -m benchmarks.overhead [--epochs 4] [--runs 5] [--threads 2]

The bare loop is what one writes by hand: torch.nn layers, pack_padded_sequence, AdamW, clipping, and
the validation loss and accuracy after each epoch. Ostinato's side is the whole of ``fit`` after start-up:
splitting, fitting the preprocessing, checkpoints, gradient flow, metrics, and writing the model and its
report. The two take turns in one process; the figure is the median of the ratios, pair by pair.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks import prepare
from ostinato.checks import given
from ostinato.data.sampler import batches
from ostinato.data.split import holdout
from ostinato.read import read
from ostinato.read.sequences import Sequences
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.options import SequenceData
from ostinato.spec.preprocessing import Columns
from ostinato.tasks.classify import CLASSIFY
from ostinato.train.fit import fit


class Plain(nn.Module):
    """The default network of ``classify`` as one would write it by hand, on padded batches."""

    def __init__(self, inputs: int, classes: int, options: ClassifyOptions, text: bool) -> None:
        super().__init__()
        shape = options.network
        hidden, layers = given("hidden_size", shape.hidden_size), given("layers", shape.layers)
        self.text, self.rate = text, given("dropout", shape.dropout)
        self.pool = given("pool", shape.pool)
        size = given("embedding_size", shape.embedding_size) if text else inputs
        if text:
            self.embedding = nn.Embedding(inputs, size)
        self.kernels = (8, 5) if shape.front == "conv" else ()
        self.convolutions = nn.ModuleList()
        self.norms = nn.ModuleList()
        for kernel in self.kernels:
            self.convolutions.append(nn.Conv1d(size, hidden, kernel))
            self.norms.append(nn.BatchNorm1d(hidden))
            size = hidden
        layer = {"gru": nn.GRU, "lstm": nn.LSTM, "rnn": nn.RNN}[shape.cell]
        self.recurrent = layer(
            size, hidden, layers, batch_first=True, dropout=self.rate if layers > 1 else 0.0
        )
        self.project, self.query = nn.Linear(hidden, 64), nn.Linear(64, 1, bias=False)
        self.head = nn.Linear(len(self.pool) * hidden, classes)

    def forward(self, input: Tensor, lengths: Tensor) -> Tensor:
        """Map a padded batch (B, T, …) and its lengths to scores (B, C)."""
        mask = torch.arange(input.shape[1]) < lengths[:, None]
        steps = self._drop(self.embedding(input)) if self.text else input
        for kernel, convolution, norm in zip(self.kernels, self.convolutions, self.norms, strict=True):
            padded = F.pad((steps * mask[..., None]).transpose(1, 2), (kernel - 1, 0))
            steps = F.relu(norm(convolution(padded))).transpose(1, 2)
        if self.kernels:
            steps = self._drop(steps)
        packed = pack_padded_sequence(steps, lengths, batch_first=True, enforce_sorted=True)
        states = pad_packed_sequence(self.recurrent(packed)[0], batch_first=True)[0]
        worth = self.query(torch.tanh(self.project(states))).masked_fill(~mask[..., None], -1e9)
        parts: dict[str, Callable[[], Tensor]] = {
            "attention": lambda: (worth.softmax(dim=1) * states).sum(dim=1),
            "max": lambda: states.masked_fill(~mask[..., None], -1e9).amax(dim=1),
            "mean": lambda: (states * mask[..., None]).sum(dim=1) / lengths[:, None],
        }
        scores: Tensor = self.head(self._drop(torch.cat([parts[kind]() for kind in self.pool], dim=1)))
        return scores

    def _drop(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.rate, self.training)


class Padded:
    """Sequences as a bare loop holds them: a list of tensors, padded batch by batch."""

    def __init__(self, arrays: list[np.ndarray], targets: list[int]) -> None:
        self.arrays = [torch.from_numpy(array) for array in arrays]
        self.lengths = np.array([len(array) for array in arrays])
        self.targets = torch.tensor(targets)

    def batch(self, indices: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """Return the padded batch, its lengths and its targets."""
        padded = nn.utils.rnn.pad_sequence([self.arrays[i] for i in indices], batch_first=True)
        return padded, torch.from_numpy(self.lengths[indices]), self.targets[indices]


def bare(sequences: Sequences, options: ClassifyOptions) -> float:
    """Train by a bare loop; return its seconds."""
    began = time.perf_counter()
    data, training = options.data, options.training
    fraction, size = given("valid_fraction", data.valid_fraction), given("batch_size", training.batch_size)
    parts = holdout(sequences.labels, len(sequences), fraction, training.seed)
    learnt, judged = (sequences.select(part) for part in parts)
    problem = CLASSIFY.problem(learnt, judged, options)
    text = sequences.kind == "text"
    classes = {label: i for i, label in enumerate(problem.labels)}
    train, valid = (
        Padded(problem.preprocessor.apply(chosen), [classes[label] for label in chosen.labels or ()])
        for chosen in (learnt, judged)
    )
    torch.manual_seed(training.seed)
    network = Plain(problem.network.input_size, len(classes), options, text)
    rate, decay = given("learning_rate", training.learning_rate), given("weight_decay", training.weight_decay)
    optimizer = torch.optim.AdamW(network.parameters(), rate, weight_decay=decay)
    for epoch in range(given("epochs", training.epochs)):
        network.train()
        for indices in batches(train.lengths, size, training.seed, epoch):
            input, lengths, targets = train.batch(indices)
            loss = F.cross_entropy(network(input, lengths), targets)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(network.parameters(), training.clip_norm)
            optimizer.step()
        validate(network, valid, size)
    return time.perf_counter() - began


def validate(network: Plain, valid: Padded, batch_size: int) -> tuple[float, float]:
    """Return loss and accuracy on the validation part."""
    network.eval()
    order = np.argsort(-valid.lengths, kind="stable")
    loss, right = 0.0, 0
    with torch.inference_mode():
        for start in range(0, len(order), batch_size):
            input, lengths, targets = valid.batch(order[start : start + batch_size])
            scores = network(input, lengths)
            loss += F.cross_entropy(scores, targets, reduction="sum").item()
            right += int((scores.argmax(dim=1) == targets).sum())
    return loss / len(order), right / len(order)


def ours(sequences: Sequences, options: ClassifyOptions) -> float:
    """Train by Ostinato, with all that it writes; return its seconds."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        fit(CLASSIFY, sequences, options, out=Path(folder) / "model")
        return time.perf_counter() - began


def trec(data: Path, work: Path) -> Sequences:
    """Return TREC's training part."""
    prepare.lines(data / "text_trec/TREC.train.all", work / "trec.csv", "latin-1")
    return read(work / "trec.csv", Columns(label="label", text="text"), labelled=True)


def mnist(data: Path, work: Path) -> Sequences:
    """Return MNIST's training part, row by row."""
    folder = data / "seq_mnist"
    prepare.idx(
        folder / "train-images-idx3-ubyte", folder / "train-labels-idx1-ubyte", work / "mnist.parquet"
    )
    return read(work / "mnist.parquet", Columns(label="label"), labelled=True)


DATA: dict[str, Callable[[Path, Path], Sequences]] = {"TREC": trec, "MNIST rows": mnist}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    setting = f"{options.threads} threads, {options.epochs} epochs, {options.runs} pairs"
    print(f"torch {version('torch')}, {setting}\n")
    print("| data | bare loop, s | ostinato, s | ratio, median | lowest | highest |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, make in DATA.items():
        with tempfile.TemporaryDirectory() as folder:
            sequences = make(Path(os.environ["OSTINATO_DATA"]), Path(folder))
        measure(name, sequences, options.epochs, options.runs, options.threads)


def measure(name: str, sequences: Sequences, epochs: int, runs: int, threads: int) -> None:
    """Time both sides in turn and print one row."""
    asked = ClassifyOptions(data=SequenceData(valid_fraction=0.15))
    training = asked.training.model_copy(update={"epochs": epochs, "patience": 0, "threads": threads})
    resolved = CLASSIFY.resolve(sequences, asked.model_copy(update={"training": training}))
    bare(sequences, resolved), ours(sequences, resolved)
    pairs = [(bare(sequences, resolved), ours(sequences, resolved)) for _ in range(runs)]
    ratios = [mine / plain for plain, mine in pairs]
    plain, mine = (median(times) for times in zip(*pairs, strict=True))
    spread = f"{median(ratios):.3f} | {min(ratios):.3f} | {max(ratios):.3f}"
    print(f"| {name} | {plain:.2f} | {mine:.2f} | {spread} |", flush=True)


if __name__ == "__main__":
    main()
