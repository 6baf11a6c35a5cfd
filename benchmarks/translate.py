"""Translation of Multi30k, English to German: BLEU on test 2016, lower-cased and tokenised (tokenize=none).

    OSTINATO_DATA=… python -m benchmarks.translate [--seeds 1] [--epochs 12] [--threads 2] [--keep FOLDER]

Every run is a user's: ``ostinato train translate`` on the training part with the validation part given,
``ostinato evaluate`` on test 2016, and ``ostinato predict`` for the examples. What is wanted is 32 BLEU
within 90 minutes on two cores. Writes ``benchmarks/translate.md``.
"""

import argparse
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.commands import data, evaluated, machine, ostinato, trained, workplace

WANTED, MINUTES = 32.0, 90
RECIPE = ("--vocabulary-size", "6000", "--dropout", "0.4", "--patience", "5")
"""What is not the default: a smaller vocabulary, for 29,000 short sentences."""

PAGE = Path(__file__).with_name("translate.md")
EXAMPLES = 8


def main() -> None:
    """Train, evaluate, and write the page."""
    options = parsed()
    with workplace(options.keep) as work:
        runs = [one_run(work, seed, options) for seed in range(options.seeds)]
        examples = said(work / "seed0")
    PAGE.write_text(page(runs, examples, options))
    print(PAGE.read_text())


def parsed() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="keep models and reports in this folder")
    return parser.parse_args()


def files(part: str) -> list[Path]:
    """Return the two files of a part."""
    folder = data("mt_multi30k_en_de") / "tok"
    return [folder / f"{part}.lc.norm.tok.{language}" for language in ("en", "de")]


def one_run(work: Path, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Train with one seed and return its scores, and what training took."""
    model = work / f"seed{seed}"
    valid = [word for path in files("val") for word in ("--valid", path)]
    sizes = ("--epochs", options.epochs, "--threads", options.threads, "--seed", seed)
    _, spent = trained("translate", *files("train"), *valid, "--out", model, *RECIPE, *sizes, "--resume")
    found = evaluated(model, *files("test_2016_flickr"), "--report", work / f"seed{seed}.html")
    scores: dict[str, Any] = found["scores"]
    return scores | {"spent": spent, "signature": found["signatures"]["bleu"]}


def said(model: Path) -> list[tuple[str, str, str]]:
    """Return a few sources with their translations and references."""
    sources, targets = files("test_2016_flickr")
    lines = ostinato("predict", model, sources).splitlines()
    rows = list(zip(sources.read_text().splitlines(), lines, targets.read_text().splitlines(), strict=True))
    return rows[:: max(1, len(rows) // EXAMPLES)][:EXAMPLES]


def page(
    runs: list[dict[str, Any]], examples: list[tuple[str, str, str]], options: argparse.Namespace
) -> str:
    """Return the page as Markdown."""
    rows = [
        f"| {seed} | {run['bleu']:.2f} | {run['chrf']:.2f} | {run['perplexity']:.2f} "
        f"| {run['spent'].seconds / 60:.0f} | {run['spent'].processor / 60:.0f} |"
        for seed, run in enumerate(runs)
    ]
    blocks = [f"- {source}\n  - {said}\n  - ({reference})" for source, said, reference in examples]
    return "\n".join(
        [
            "# Multi30k, English to German: `python -m benchmarks.translate`",
            "",
            f"Test 2016, 1,000 sentences, lower-cased and tokenised; BLEU {runs[0]['signature']}. Wanted: at "
            f"least {WANTED:g} within {MINUTES} minutes of training. {machine(options.threads)}; "
            f"{options.epochs} epochs at most; not the default: `{' '.join(RECIPE)}`.",
            "",
            "| seed | BLEU | chrF | perplexity | minutes of training | of the processor |",
            "| --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
            f"Mean BLEU: {mean(run['bleu'] for run in runs):.2f}.",
            "",
            "Examples, each with its translation and (the reference):",
            "",
            *blocks,
            "",
        ]
    )


if __name__ == "__main__":
    main()
