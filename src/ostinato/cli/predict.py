"""Answer for every sequence of a file."""

from pathlib import Path
from typing import Annotated

import typer

ENDINGS = (".csv", ".jsonl", ".parquet")


def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="model directory")],
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="sequences, in the columns that the model was trained on")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help=f"write a file here ({', '.join(ENDINGS)}); else CSV on stdout", metavar="FILE"),
    ] = None,
) -> None:
    """Print the label and the class probabilities of every sequence in DATA."""
    from ostinato.answers import write
    from ostinato.cli.output import result, say
    from ostinato.runtime import verbs

    if out is not None:
        _check_out(out, data)
    ids, answer = verbs.predict(model, data)
    if out is None:
        result(write.to_csv(ids, answer))
        return
    write.write(out, ids, answer)
    say(f"{len(ids)} predictions written to {out}")


def _check_out(out: Path, data: Path) -> None:
    """Refuse, before any work, a file that cannot be written or must not be."""
    from ostinato.cli.options import UsageError

    if out.suffix.lower() not in ENDINGS:
        raise UsageError(f"--out is {str(out)!r}; expected a name that ends in one of {', '.join(ENDINGS)}.")
    if out.exists() and data.exists() and out.samefile(data):
        raise UsageError(f"--out is DATA itself, {str(data)!r}, which would be lost; name another file.")
