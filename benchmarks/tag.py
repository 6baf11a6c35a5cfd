"""What the defaults of ``ostinato train tag`` reach on public data, and in what time.

    OSTINATO_DATA=… python -m benchmarks.tag [--seed 0] [--threads 1] [--only SNIPS,…] [--out FILE.md]

Every run is a user's: ``ostinato train tag`` on the training part, stopped by the validation part, with no
option but what to read, the seed and the threads; then ``ostinato evaluate`` on the test part. Seconds are
those of the whole training process: on the clock, which other work on the machine prolongs, and of the
processor.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.commands import Spent, data, evaluated, machine, trained


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
    """What one training came to: scores of the test part, and what the training took."""

    scores: dict[str, Any]
    spent: Spent
    epochs: int


def run(benchmark: Benchmark, work: Path, seed: int, threads: int) -> Run:
    """Train once and judge the model on the test part."""
    model = work / "model"
    train, valid, test = (data(path) for path in (benchmark.train, benchmark.valid, benchmark.test))
    fixed = ("--seed", seed, "--threads", threads, *benchmark.options)
    _, spent = trained("tag", train, "--valid", valid, "--out", model, *fixed)
    log = (work / "model.run" / "metrics.csv").read_text()
    return Run(evaluated(model, test), spent, len(log.splitlines()) - 1)


def page(runs: dict[str, Run], seed: int, threads: int) -> str:
    """Return the results as Markdown."""
    lines = [
        "# Tagging",
        "",
        "Written by `python -m benchmarks.tag`: what the defaults of `ostinato train tag` reach on the test",
        "parts, without pretrained vectors, in one training each. They were chosen on the validation parts.",
        "",
        f"{machine(threads)}; seed {seed}. Other work on the machine",
        "prolongs the seconds on the clock, not those of the processor.",
        "",
        "| data | score | wanted | reached | epochs | seconds of the processor | on the clock |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, found in runs.items():
        for score, wanted in BENCHMARKS[name].scores.items():
            goal = "" if wanted is None else f"{wanted:.3f}"
            lines.append(
                f"| {name} | {score} | {goal} | {found.scores[score]:.4f} | {found.epochs} "
                f"| {found.spent.processor:.0f} | {found.spent.seconds:.0f} |"
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
    runs = {}
    for name in BENCHMARKS:
        if name in options.only:
            with tempfile.TemporaryDirectory() as folder:
                runs[name] = run(BENCHMARKS[name], Path(folder), options.seed, options.threads)
    text = page(runs, options.seed, options.threads)
    print(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
