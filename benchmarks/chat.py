"""Dialogue on Topical-Chat: trained on nine tenths of the dialogues about frequent topics.

Judged on the other tenth of them (every tenth dialogue by name), and on the dialogues about rare topics, of
which the training part says little.

    OSTINATO_DATA=… python -m benchmarks.chat [--epochs 5] [--threads 2] [--keep FOLDER]

Every run is a user's: ``ostinato train chat``, ``ostinato evaluate`` (perplexity of the answers with their
true history and with another answer's), and ``ostinato chat`` for a transcript. Writes
``benchmarks/chat.md``.
"""

import argparse
import json
import math
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.commands import OSTINATO, Spent, data, evaluated, machine, trained, workplace

HELD = 10
"""One dialogue of so many is held out."""
RECIPE = ("--dropout", "0.3")
SAID = (
    "hi , how are you ?",
    "do you like football ?",
    "who is your favorite player ?",
    "did you watch the game last night ?",
    "i also like music , do you ?",
    "it was nice talking to you !",
)
PAGE = Path(__file__).with_name("chat.md")


def main() -> None:
    """Train, evaluate, talk, and write the page."""
    options = parsed()
    folder = data("dialogue_topical_chat")
    with workplace(options.keep) as work:
        model, (train, held) = work / "chat", parted(folder / "valid_freq.json", work)
        sizes = ("--epochs", options.epochs, "--threads", options.threads)
        _, spent = trained("chat", train, "--out", model, *RECIPE, *sizes, "--resume")
        files = {"frequent topics, held out": held, "rare topics": folder / "valid_rare.json"}
        scores = {name: evaluated(model, file)["scores"] for name, file in files.items()}
        transcript = talked(model)
    PAGE.write_text(page(scores, spent, transcript, options))
    print(PAGE.read_text())


def parsed() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="keep the model in this folder")
    return parser.parse_args()


def parted(file: Path, work: Path) -> list[Path]:
    """Write nine tenths of the dialogues, and every tenth by name; return the files."""
    dialogues = json.loads(file.read_text())
    names = sorted(dialogues)
    held, paths = {*names[::HELD]}, [work / "train.json", work / "held.json"]
    for path, kept in zip(paths, ([name for name in names if name not in held], sorted(held)), strict=True):
        path.write_text(json.dumps({name: dialogues[name] for name in kept}))
    return paths


def row(name: str, scores: dict[str, Any]) -> str:
    """Return a row of the table; the error of the last figure is that of a share of so many answers."""
    share, count = scores["told_apart"], scores["answers"]
    error = math.sqrt(share * (1 - share) / count)
    return (
        f"| {name} | {count:,} | {scores['perplexity']:.2f} | {scores['perplexity_shuffled']:.2f} "
        f"| {scores['perplexity_shuffled'] / scores['perplexity'] - 1:.1%} | {share:.1%} ± {error:.1%} |"
    )


def talked(model: Path) -> list[tuple[str, str]]:
    """Return what was said to the model and what it answered."""
    process = subprocess.run(
        [OSTINATO, "chat", str(model), "--seed", "1"],
        input="\n".join(SAID) + "\n",
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [*zip(SAID, process.stdout.splitlines(), strict=True)]


def page(
    scores: dict[str, dict[str, Any]],
    spent: Spent,
    transcript: list[tuple[str, str]],
    options: argparse.Namespace,
) -> str:
    """Return the page as Markdown."""
    return "\n".join(
        [
            "# Topical-Chat: `python -m benchmarks.chat`",
            "",
            f"Trained on nine tenths of valid_freq; {machine(options.threads)}; {options.epochs} epochs at "
            f"most, {spent}; not the default: `{' '.join(RECIPE)}`.",
            "",
            "| dialogues | answers "
            "| perplexity with the true history | another's | higher by | likelier with its own |",
            "| --- | --- | --- | --- | --- | --- |",
            *(row(name, found) for name, found in scores.items()),
            "",
            "A talk with it (`ostinato chat MODEL --seed 1`):",
            "",
            *(f"> {said}\n>\n> **{answer}**\n" for said, answer in transcript),
        ]
    )


if __name__ == "__main__":
    main()
