"""What the defaults of ``ostinato train tag`` reach on public data, and in what time.

    OSTINATO_DATA=… python -m benchmarks.tag [--seeds 3] [--threads 1] [--only SNIPS,…] [--out FILE.md]

Every run is a user's: ``ostinato train tag`` on the training part, stopped by the validation part, with no
option but what to read, the seed and the threads; then ``ostinato evaluate`` on the test part. Seconds are
those of the whole training process on the processor, which other work on the machine does not prolong.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from benchmarks.commands import Spent, data, evaluated, machine, trained, workplace


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
    "UD English EWT": Benchmark(
        "tag_ud_english_ewt/en_ewt-ud-train.conllu",
        "tag_ud_english_ewt/en_ewt-ud-dev.conllu",
        "tag_ud_english_ewt/en_ewt-ud-test.conllu",
        {"accuracy": 0.935},
        "UPOS: Stanza with pretrained vectors about 95.4; a plain BiLSTM 94 to 95.5",
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
    """What one training came to.

    Args:
        valid, test: scores of the kept epoch on the validation part, and of the test part.
        spent: what the training took.
        epochs: how many it had.
    """

    valid: dict[str, Any]
    test: dict[str, Any]
    spent: Spent
    epochs: int


def run(benchmark: Benchmark, model: Path, seed: int, threads: int) -> Run:
    """Train once and judge the model on the test part."""
    train, valid, test = (data(path) for path in (benchmark.train, benchmark.valid, benchmark.test))
    fixed = ("--seed", seed, "--threads", threads, *benchmark.options)
    found, spent = trained("tag", train, "--valid", valid, "--out", model, *fixed)
    log = model.with_name(f"{model.name}.run") / "metrics.csv"
    return Run(found["scores"], evaluated(model, test), spent, len(log.read_text().splitlines()) - 1)


def rows(name: str, runs: list[Run]) -> Iterator[str]:
    """Yield one row a score, over the seeds, and what a training took."""
    for score, wanted in BENCHMARKS[name].scores.items():
        tests = [one.test[score] for one in runs]
        cells = (
            name,
            score,
            "" if wanted is None else f"{wanted:.3f}",
            f"{mean(tests):.4f}",
            f"{stdev(tests):.4f}" if len(tests) > 1 else "",
            ", ".join(f"{value:.4f}" for value in tests),
            f"{mean(one.valid[score] for one in runs):.4f}",
            ", ".join(str(one.epochs) for one in runs),
            f"{mean(one.spent.processor for one in runs):.0f}",
        )
        yield f"| {' | '.join(cells)} |"


def page(found: dict[str, list[Run]], threads: int) -> str:
    """Return the results as Markdown."""
    lines = [
        "# Tagging",
        "",
        "Written by `python -m benchmarks.tag`: what the defaults of `ostinato train tag` reach on the test",
        "parts, without pretrained vectors. None was chosen by a test part.",
        "",
        f"{machine(threads)}.",
        "Seconds are those of the processor, the mean of the trainings.",
        "",
        "| data | score | wanted | test, mean | std | each seed | validation, mean | epochs | seconds |",
        "| --- " * 9 + "|",
        *(row for name, runs in found.items() for row in rows(name, runs)),
        "",
        "Published:",
        "",
        *(f"- {name}: {BENCHMARKS[name].published}" for name in found),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=1, help="so many trainings of each, seeds 0, 1 …")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default=",".join(BENCHMARKS))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    names = options.only.split(",")
    if not BENCHMARKS.keys() >= set(names):
        parser.error(f"--only is {options.only!r}; expected names among {', '.join(BENCHMARKS)}")
    found = {}
    with workplace(None) as work:
        for name in names:
            models = [(seed, work / f"{name}-{seed}") for seed in range(options.seeds)]
            found[name] = [run(BENCHMARKS[name], model, seed, options.threads) for seed, model in models]
    text = page(found, options.threads)
    print(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
