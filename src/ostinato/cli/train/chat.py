"""Train a dialogue model."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ostinato.cli.train.common import (
    Json,
    Out,
    Overwrite,
    Place,
    Recipe,
    Resume,
    TensorBoard,
    assembled,
    fitted,
    quoted,
    show,
    suggest,
)
from ostinato.spec.chat import ChatOptions


def chat(
    dialogues: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIALOGUES…",
            help="dialogues: .json .yml .jsonl, or text with a turn a line and blank lines",
        ),
    ],
    out: Out,
    valid: Annotated[Path | None, typer.Option(help="dialogues to validate on", metavar="FILE")] = None,
    recipe: Recipe = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    tensorboard: TensorBoard = None,
    json: Json = False,
    *,
    given: dict[str, Any],
) -> None:
    """Train a dialogue model on DIALOGUES: what is said next, told from the turns before.

    What has no default below is chosen from the data; `ostinato inspect MODEL` shows what was chosen.
    """
    options = assembled(ChatOptions, given, recipe, valid)

    from ostinato.read.dialogue_files import read_dialogues
    from ostinato.tasks.chat import CHAT

    read = read_dialogues(dialogues)
    place = Place(out, resume, overwrite, tensorboard)
    trained = fitted(CHAT, read, options, None if valid is None else read_dialogues(valid), place)
    turns = sum(map(len, read.dialogues))
    show(
        trained, out, f"{' and '.join(map(str, dialogues))}: {len(read):,} dialogues of {turns:,} turns", json
    )
    suggest(f"ostinato chat {quoted(out)}", f"ostinato evaluate {quoted(out)} DIALOGUES")
