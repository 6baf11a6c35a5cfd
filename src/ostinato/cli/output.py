"""Where the command line writes: results to stdout, all else to stderr."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from ostinato.answers.plain import plain
from ostinato.answers.rows import ENDINGS
from ostinato.cli.options import UsageError
from ostinato.errors import OstinatoError

PIPE_CLOSED = 141
"""The exit code of a program whose reader has gone, as ``head`` does: 128 + SIGPIPE."""


def say(message: str) -> None:
    """Write one line to stderr, unwrapped, with nothing in it that could steer a terminal."""
    print(plain(message), file=sys.stderr, flush=True)


def result(text: str) -> None:
    """Write a result to stdout, in UTF-8 whatever the terminal's encoding is.

    Raises:
        OstinatoError: stdout cannot be written, such as a full disk behind it.
    """
    try:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _leave_quietly()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OstinatoError(
            f"stdout cannot be written: {error.strerror}; send the result elsewhere."
        ) from error


def result_json(value: Any) -> None:
    """Write a result to stdout as one JSON object."""
    result(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def check_table(out: Path) -> None:
    """Refuse a file to be written whose name does not say which kind of table it is to be."""
    if out.suffix.lower() not in ENDINGS:
        raise UsageError(f"--out is {str(out)!r}; expected a name that ends in one of {', '.join(ENDINGS)}.")


def score_lines(scores: Mapping[str, float]) -> list[str]:
    """Return one line a score, ready to print.

    Example:
        >>> score_lines({"accuracy": 0.98765, "sequences": 12.0})
        ['  accuracy            0.9877', '  sequences           12']
    """
    return [f"  {name:<20}{value:.{0 if name == 'sequences' else 4}f}" for name, value in scores.items()]


def _leave_quietly() -> NoReturn:
    """Leave without a word, and without Python's own complaint when it flushes stdout at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(PIPE_CLOSED)
