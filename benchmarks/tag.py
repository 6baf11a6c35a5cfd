"""What the defaults of ``ostinato train tag`` reach on public data, and in what time.

    OSTINATO_DATA=… python -m benchmarks.tag [--seed 0] [--threads 1] [--only SNIPS,…] [--out FILE.md]

Every run is a user's: ``ostinato train tag`` on the training part, stopped by the validation part, with no
option but what to read, the seed and the threads; then ``ostinato evaluate`` on the test part. Seconds are
those of the whole training process: on the clock, which other work on the machine prolongs, and of the
processor.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

OSTINATO = str(Path(sys.executable).with_name("ostinato"))


@dataclass(frozen=True)
class Benchmark:
    """One data set.

    Args:
        train, valid, test: below the data's folder.
        scores: the score, by its name in ``evaluate --json``, and what is wanted of it; None: nothing.
        published: what others report, with the source.
        options: what to read, where the defaults do not find it.
    """

    train: str
    valid: str
    test: str
    scores: dict[str, float | None]
    published: str
    options: tuple[str, ...] = ()


BENCHMARKS = {
    "SNIPS": Benchmark(
        "tag_snips/train",
        "tag_snips/valid",
        "tag_snips/test",
        {"label_accuracy": 0.975, "f1": 0.92, "exact": None},
        "slot-gated BiLSTM (Goo et al. 2018): intent 97.0, slot F1 88.8, whole sentences 75.5",
    ),
    "UD English EWT, UPOS": Benchmark(
        "tag_ud_english_ewt/en_ewt-ud-train.conllu",
        "tag_ud_english_ewt/en_ewt-ud-dev.conllu",
        "tag_ud_english_ewt/en_ewt-ud-test.conllu",
        {"accuracy": 0.935},
        "Stanza with pretrained vectors: about 95.4; a plain BiLSTM 94 to 95.5",
    ),
    "WNUT-17": Benchmark(
        "tag_wnut17_ner/wnut17train.conll",
        "tag_wnut17_ner/emerging.dev.conll",
        "tag_wnut17_ner/emerging.test.annotated",
        {"f1": None},
        "best of the shared task (UH-RiTUAL, pretrained vectors and gazetteers): entity F1 41.86",
    ),
}


@dataclass(frozen=True)
class Run:
    """What one training came to: scores of the test part, and the seconds that it took."""

    scores: dict[str, Any]
    clock: float
    processor: float
    epochs: int


def run(benchmark: Benchmark, data: Path, work: Path, seed: int, threads: int) -> Run:
    """Train once and judge the model on the test part."""
    model = work / "model"
    paths = [str(data / benchmark.train), "--valid", str(data / benchmark.valid), "--out", str(model)]
    fixed = ["--seed", str(seed), "--threads", str(threads), *benchmark.options]
    begin, before = time.perf_counter(), _processor()
    _ostinato("train", "tag", *paths, *fixed)
    clock, processor = time.perf_counter() - begin, _processor() - before
    found = json.loads(_ostinato("evaluate", str(model), str(data / benchmark.test), "--json"))
    log = (work / "model.run" / "metrics.csv").read_text()
    return Run(found, clock, processor, len(log.splitlines()) - 1)


def page(runs: dict[str, Run], seed: int, threads: int) -> str:
    """Return the results as Markdown."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("ostinato", "torch", "numpy"))
    lines = [
        "# Tagging",
        "",
        "Written by `python -m benchmarks.tag`: what the defaults of `ostinato train tag` reach on the test",
        "parts, without pretrained vectors, in one training each. They were chosen on the validation parts.",
        "",
        f"{versions}, Python {platform.python_version()}; seed {seed}, {threads} threads on {os.cpu_count()}",
        "processors with other work on them, which the seconds on the clock show.",
        "",
        "| data | score | wanted | reached | epochs | seconds of the processor | on the clock |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, found in runs.items():
        for score, wanted in BENCHMARKS[name].scores.items():
            goal = "" if wanted is None else f"{wanted:.3f}"
            lines.append(
                f"| {name} | {score} | {goal} | {found.scores[score]:.4f} | {found.epochs} "
                f"| {found.processor:.0f} | {found.clock:.0f} |"
            )
    lines += ["", "Published:", ""]
    lines += [f"- {name}: {BENCHMARKS[name].published}" for name in runs]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default=",".join(BENCHMARKS))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if "OSTINATO_DATA" not in os.environ:
        raise SystemExit("set OSTINATO_DATA to the folder that holds tag_snips, tag_ud_english_ewt, …")
    runs = {}
    for name in BENCHMARKS:
        if name in options.only:
            with tempfile.TemporaryDirectory() as folder:
                data = Path(os.environ["OSTINATO_DATA"])
                runs[name] = run(BENCHMARKS[name], data, Path(folder), options.seed, options.threads)
    text = page(runs, options.seed, options.threads)
    print(text)
    if options.out:
        options.out.write_text(text)


def _ostinato(*arguments: str) -> str:
    done = subprocess.run([OSTINATO, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def _processor() -> float:
    """Return the seconds of the processor that all finished children have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
