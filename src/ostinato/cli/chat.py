"""Talk with a dialogue model."""

import sys
from pathlib import Path
from typing import Annotated

import typer

RESET = "/reset"


def chat(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="a dialogue model's directory")],
    length: Annotated[int, typer.Option(help="tokens of an answer at most", min=1)] = 60,
    temperature: Annotated[
        float, typer.Option(help="below 1: more likely tokens; 0: the likeliest alone", min=0.0)
    ] = 0.7,
    top_k: Annotated[
        int | None, typer.Option(help="draw among so many likeliest tokens; else all", min=1)
    ] = None,
    top_p: Annotated[
        float, typer.Option(help="draw among the likeliest that share this probability", min=0.0, max=1.0)
    ] = 0.9,
    repetition_penalty: Annotated[
        float, typer.Option(help="above 1: tokens that the answer has already become less likely", min=1.0)
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="the same seed gives the same answers", min=0)] = 0,
) -> None:
    """Talk with MODEL, a line a turn; /reset begins a new dialogue, and the end of input (Ctrl-D) ends it.

    The last turns are kept and read, as many as the model was trained with. Lines may also come from a pipe:
    every one is answered by one line.
    """
    from ostinato import runtime
    from ostinato.answers.plain import plain
    from ostinato.cli.output import result
    from ostinato.decode.sample import Sampling
    from ostinato.errors import ArgumentError

    loaded = runtime.load(model)
    if not isinstance(loaded, runtime.Chatter):
        raise ArgumentError(f"{model} is a {loaded.spec.task} model; expected a chat model.")
    sampling = Sampling(
        temperature=temperature, top_k=top_k, top_p=top_p, repetition_penalty=repetition_penalty, seed=seed
    )
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
