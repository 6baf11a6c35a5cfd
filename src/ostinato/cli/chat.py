"""Talk with a dialogue model."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ostinato.spec.base import Spec
from ostinato.spec.sampling import TalkSampling

RESET = "/reset"


class TalkOptions(Spec):
    """All options of ``ostinato chat`` that are no matter of the command line."""

    sampling: TalkSampling = TalkSampling()


def chat(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="a dialogue model's directory")],
    length: Annotated[int, typer.Option(help="tokens of an answer at most", min=1)] = 60,
    *,
    given: dict[str, Any],
) -> None:
    """Talk with MODEL, a line a turn; /reset begins a new dialogue, and the end of input (Ctrl-D) ends it.

    The last turns are kept and read, as many as the model was trained with. Lines may also come from a pipe:
    every one is answered by one line.
    """
    from ostinato import runtime
    from ostinato.answers.plain import plain
    from ostinato.cli.output import result
    from ostinato.errors import ArgumentError

    loaded = runtime.load(model)
    if not isinstance(loaded, runtime.Chatter):
        raise ArgumentError(f"{model} is a {loaded.spec.task} model; expected a chat model.")
    sampling = TalkSampling(**given)
    history: list[str] = []
    while (line := _line()) is not None:
        if line == RESET:
            history = []
        elif line:
            history.append(line)
            answer = loaded.answer(history, sampling, length, turn=len(history))
            result(plain(answer) + "\n")
            history += [answer] if answer else []


def _line() -> str | None:
    """Return what is said next, or None at the end of the input; a terminal is asked."""
    from ostinato.errors import DataError

    if sys.stdin.isatty():
        print("> ", end="", file=sys.stderr, flush=True)
    read = sys.stdin.buffer.readline()
    if not read:
        if sys.stdin.isatty():
            print(file=sys.stderr)
        return None
    try:
        return read.decode().strip()
    except UnicodeDecodeError as error:
        raise DataError(
            "standard input is no UTF-8; convert the text, or set the terminal's encoding."
        ) from error
