"""What the defaults of ``ostinato train language`` reach: characters of Shakespeare, words of WikiText.

    OSTINATO_DATA=… python -m benchmarks.language [--only shakespeare,wikitext] [--seeds 1] [--keep FOLDER]

Shakespeare: the first 90 % of the text train (the end of them validates), the last 10 % test. WikiText-2's
small parts: test.txt trains, valid.txt tests, once with a plain network and once with the regularised recipe;
the vocabulary is that of the training part, so perplexities compare with each other and not with the
literature's. Every run is a user's: ``ostinato train language``, then ``ostinato evaluate``; seconds are of
the whole training process, start-up included.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

OSTINATO = str(Path(sys.executable).with_name("ostinato"))

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
    "shakespeare": [Run("tiny Shakespeare, characters", [], {"nats_per_character": 1.55})],
    "wikitext": [
        Run("WikiText-2 small, plain", PLAIN, {}),
        Run("WikiText-2 small, the defaults for words", REGULARISED, {}),
    ],
}
SCORES = ("nats_per_token", "nats_per_character", "bits_per_character", "perplexity", "unknown_rate")


def texts(name: str, data: Path, work: Path) -> tuple[Path, Path]:
    """Return the training and the test text of a data set."""
    if name == "wikitext":
        folder = data / "lm_wikitext2_valid_test"
        found = next(folder.rglob("test.txt"))
        return found, found.with_name("valid.txt")
    text = (data / "char_tinyshakespeare" / "input.txt").read_text()
    cut = round(0.9 * len(text))
    train, test = work / "train.txt", work / "test.txt"
    train.write_text(text[:cut])
    test.write_text(text[cut:])
    return train, test


def measured(run: Run, train: Path, test: Path, model: Path, seed: int) -> dict[str, float]:
    """Train and evaluate once; return the scores, and the seconds of training."""
    begin = time.perf_counter()
    command = [OSTINATO, "train", "language", str(train), "--out", str(model), "--seed", str(seed)]
    subprocess.run([*command, *run.options], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - begin
    answer = subprocess.run(
        [OSTINATO, "evaluate", str(model), str(test), "--json"], check=True, capture_output=True
    )
    return {**json.loads(answer.stdout)["scores"], "seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join(RUNS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="where the models stay; else they are removed")
    options = parser.parse_args()
    if "OSTINATO_DATA" not in os.environ:
        raise SystemExit(
            "set OSTINATO_DATA to the folder that holds char_tinyshakespeare and lm_wikitext2_valid_test."
        )
    data = Path(os.environ["OSTINATO_DATA"])
    versions = ", ".join(f"{name} {version(name)}" for name in ("ostinato", "torch", "numpy"))
    print(f"{versions}, Python {platform.python_version()}, {os.cpu_count()} processors\n")
    print(f"| text | seed | {' | '.join(SCORES)} | wanted | seconds of training |")
    print("| --- " * (len(SCORES) + 4) + "|")
    with tempfile.TemporaryDirectory() as folder:
        work = options.keep or Path(folder)
        work.mkdir(exist_ok=True)
        for name in options.only.split(","):
            train, test = texts(name, data, work)
            for number, run in enumerate(RUNS[name]):
                for seed in range(options.seeds):
                    found = measured(run, train, test, work / f"{name}-{number}-{seed}", seed)
                    wanted = ", ".join(f"{key} {value}" for key, value in run.wanted.items())
                    cells = " | ".join(f"{found[score]:.4f}" for score in SCORES)
                    print(
                        f"| {run.name} | {seed} | {cells} | {wanted} | {found['seconds']:.0f} |", flush=True
                    )


if __name__ == "__main__":
    main()
