"""Dialogue on Topical-Chat: trained on the frequent half of its validation part, judged on the rare half.

    OSTINATO_DATA=… python -m benchmarks.chat [--epochs 5] [--threads 2] [--keep FOLDER]

Every run is a user's: ``ostinato train chat``, ``ostinato evaluate`` (perplexity of the answers with their
true history and with another answer's), and ``ostinato chat`` for a transcript. Writes
``benchmarks/chat.md``.
"""

import argparse
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.commands import OSTINATO, Spent, data, evaluated, machine, trained, workplace

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
        model = work / "chat"
        sizes = ("--epochs", options.epochs, "--threads", options.threads)
        _, spent = trained("chat", folder / "valid_freq.json", "--out", model, *RECIPE, *sizes, "--resume")
        found = evaluated(model, folder / "valid_rare.json")
        transcript = talked(model)
    PAGE.write_text(page(found["scores"], spent, transcript, options))
    print(PAGE.read_text())


def parsed() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="keep the model in this folder")
    return parser.parse_args()


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
    scores: dict[str, Any], spent: Spent, transcript: list[tuple[str, str]], options: argparse.Namespace
) -> str:
    """Return the page as Markdown."""
    return "\n".join(
        [
            "# Topical-Chat: `python -m benchmarks.chat`",
            "",
            f"Trained on valid_freq, judged on the {scores['answers']:,} answers of valid_rare; "
            f"{machine(options.threads)}; {options.epochs} epochs at most, {spent}; not "
            f"the default: `{' '.join(RECIPE)}`.",
            "",
            "| history | perplexity of a token |",
            "| --- | --- |",
            f"| the true one | {scores['perplexity']:.2f} |",
            f"| another answer's | {scores['perplexity_shuffled']:.2f} |",
            "",
            "A talk with it (`ostinato chat MODEL --seed 1`):",
            "",
            *(f"> {said}\n>\n> **{answer}**\n" for said, answer in transcript),
        ]
    )


if __name__ == "__main__":
    main()
