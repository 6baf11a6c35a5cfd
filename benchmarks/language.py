"""What the defaults of ``ostinato train language`` reach: characters of Shakespeare, words of WikiText.

    OSTINATO_DATA=… python -m benchmarks.language [--only shakespeare,wikitext] [--seeds 1] [--threads 2]
                                                  [--keep FOLDER]

Shakespeare: the first 90 % of the text train, the last 10 % test. Once the end of the first part validates,
as by default, and once nothing does, so that all of it trains: the recipe was chosen by the former.

WikiText-2's small parts: test.txt trains, valid.txt tests, once with a plain network and once with the
regularised recipe; the vocabulary is that of the training part, so perplexities compare with each other and
not with the literature's.

Every run is a user's: ``ostinato train language``, then ``ostinato evaluate --dynamic 0.0003``, which scores
the test text by the model as it is and, in the last columns of scores, while it goes on learning.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

from benchmarks.commands import data, evaluated, machine, trained, workplace

PLAIN = [
    *("--level", "word", "--dropout", "0", "--input-dropout", "0", "--no-tie-weights"),
    *("--embedding-dropout", "0", "--weight-dropout", "0"),
]
REGULARISED = ["--level", "word"]


@dataclass(frozen=True)
class Run:
    """One figure: its name, its options, and what was asked for, by score."""

    name: str
    options: list[str]
    wanted: dict[str, float]


RUNS = {
    "shakespeare": [
        Run("tiny Shakespeare, characters", [], {"nats_per_character": 1.55}),
        Run("the same, trained on all of it", ["--valid-fraction", "0"], {"nats_per_character": 1.55}),
    ],
    "wikitext": [
        Run("WikiText-2 small, plain", PLAIN, {}),
        Run("WikiText-2 small, the defaults for words", REGULARISED, {}),
    ],
}
RATE = 3e-4
"""Of learning while the test text is scored; found on the end of Shakespeare's training part."""

SCORES = ("nats_per_token", "nats_per_character", "bits_per_character", "perplexity", "unknown_rate")
LEARNING = ("nats_per_character", "perplexity")


def texts(name: str, work: Path) -> tuple[Path, Path]:
    """Return the training and the test text of a data set."""
    if name == "wikitext":
        found = next(data("lm_wikitext2_valid_test").rglob("test.txt"))
        return found, found.with_name("valid.txt")
    text = (data("char_tinyshakespeare") / "input.txt").read_text()
    cut = round(0.9 * len(text))
    train, test = work / "train.txt", work / "test.txt"
    train.write_text(text[:cut])
    test.write_text(text[cut:])
    return train, test


def row(run: Run, train: Path, test: Path, model: Path, fixed: tuple[object, ...]) -> str:
    """Train and evaluate once, and return a row of the table."""
    _, spent = trained("language", train, "--out", model, *fixed, *run.options, "--resume")
    found = evaluated(model, test, "--dynamic", str(RATE))
    cells = [run.name, *(f"{found['scores'][score]:.4f}" for score in SCORES)]
    cells += [f"{found['learning'][score]:.4f}" for score in LEARNING]
    cells.append(", ".join(f"{score} {wanted}" for score, wanted in run.wanted.items()))
    return f"| {' | '.join(cells)} | {spent.seconds / 60:.1f} | {spent.processor / 60:.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join(RUNS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="where the models stay; else they are removed")
    options = parser.parse_args()
    print(f"{machine(options.threads)}\n")
    scores = [*SCORES, *(f"{score}, learning" for score in LEARNING)]
    print(f"| text | {' | '.join(scores)} | wanted | minutes | of the processor |")
    print("| --- " * (len(scores) + 4) + "|")
    with workplace(options.keep) as work:
        for name in options.only.split(","):
            train, test = texts(name, work)
            for number, run in enumerate(RUNS[name]):
                for seed in range(options.seeds):
                    fixed = ("--seed", seed, "--threads", options.threads)
                    print(row(run, train, test, work / f"{name}-{number}-{seed}", fixed), flush=True)


if __name__ == "__main__":
    main()
