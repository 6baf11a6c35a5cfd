"""Answer a stream of lines while it comes."""

import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from ostinato.errors import DataError, Interrupted, StreamError

if TYPE_CHECKING:
    from ostinato.runtime.loading import AnyModel
    from ostinato.runtime.streams.lines import Lines, Said

CHUNK = 65_536
"""Bytes that are read at once at most."""

LONGEST = 2**24
"""Bytes of a line at most."""

SAVED_EVERY = 5.0
"""Seconds after which a state is written anew, so that a killed process loses no more than that."""


def stream(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="model directory")],
    state: Annotated[
        Path | None,
        typer.Option(help="go on from this file, if it is there, and keep the state in it", metavar="FILE"),
    ] = None,
    every: Annotated[
        int | None, typer.Option(help="answer after every N lines, not only where the answer changes", min=1)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="print a JSON object a line")] = False,
) -> None:
    """Hear lines from the standard input, and print what MODEL says of all so far, as it changes.

    A line is a step of numbers (commas between them, or JSON), a line of text, a word, or a frame, as MODEL
    reads them; of numbers, words and frames a blank line ends the sequence. Ctrl-C ends it, and nothing that
    was heard is lost: --state FILE goes on tomorrow where it stopped.
    """
    from ostinato import runtime
    from ostinato.answers.files import checked_place

    loaded = runtime.load(model)
    if state is not None:
        checked_place(state)
    lines = _opened(loaded, state)
    with _keeping(lines, state) as keep:
        _run(lines, every, json, keep)


def _opened(model: "AnyModel", place: Path | None) -> "Lines":
    """Return the stream of lines, from the state in a file if there is one."""
    from ostinato.runtime.streams.lines import lines_of

    kept = _kept(place)
    try:
        return lines_of(model, kept)
    except StreamError as error:
        if kept is None:
            raise
        raise StreamError(f"{place}: {error}") from error


def _kept(place: Path | None) -> bytes | None:
    """Return the state that a file holds, if there is one."""
    from ostinato.errors import ArgumentError

    try:
        return None if place is None or not place.exists() else place.read_bytes()
    except OSError as error:
        raise ArgumentError(f"cannot read {place}: {error.strerror}; name another state.") from error


class _Keeper:
    """Writes the state now and then, and at the end."""

    def __init__(self, lines: "Lines", place: Path | None) -> None:
        self._lines, self.place, self._last = lines, place, monotonic()
        self._moved = False

    def now_and_then(self, moved: bool) -> None:
        """Write the state if it has changed, which is said now or was before, and was written long ago."""
        self._moved |= moved
        if self._moved and monotonic() - self._last > SAVED_EVERY:
            self.now()

    def now(self) -> None:
        """Write the state."""
        from ostinato.answers.files import write_file

        if self.place is not None:
            write_file(self.place, self._lines.stream.state())
        self._last, self._moved = monotonic(), False


@contextmanager
def _keeping(lines: "Lines", place: Path | None) -> Iterator[_Keeper]:
    """Keep the state however the block ends: at the input's end, by a signal, or by a line that is none."""
    keeper = _Keeper(lines, place)
    try:
        yield keeper
    finally:
        keeper.now()


def _run(lines: "Lines", every: int | None, json: bool, keeper: _Keeper) -> None:
    """Hear all lines there are; where a state is kept, the sequence goes on after the input's end."""
    shown: object = None
    number, signals = 0, _Signals()
    for number, line in enumerate(_lines(signals, keeper), start=1):
        try:
            said = lines.hear(line)
        except DataError as error:
            raise DataError(f"standard input, line {number}: {error}") from error
        if said is not None and (number % every == 0 if every else said.key != shown):
            shown = said.key
            _show(lines, said, json)
        keeper.now_and_then(moved=True)
    if signals.number is not None:
        kept = f"; the state is in {keeper.place}" if keeper.place is not None else ""
        raise Interrupted(signals.number, f"Interrupted after step {lines.stream.steps}{kept}.")
    last = lines.end() if keeper.place is None and number else None
    if last is not None and (every or last.key != shown):
        _show(lines, last, json)


def _show(lines: "Lines", said: "Said", as_json: bool) -> None:
    import json

    from ostinato.answers.plain import plain
    from ostinato.cli.output import result

    step = lines.stream.steps
    if as_json:
        result(json.dumps({"step": step} | said.data, ensure_ascii=False, allow_nan=False) + "\n")
    else:
        result(f"{step}\t{plain(said.text)}\n")


class _Signals:
    """Notes SIGINT and SIGTERM, and wakes who waits for input: a line that has come is heard first."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.wakes, writes = os.pipe()
        os.set_blocking(writes, False)
        signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.number = number


def _lines(signals: _Signals, keeper: _Keeper) -> Iterator[str]:
    """Yield the lines of the standard input, as they come, until it ends or a signal comes."""
    number = 0
    for ended in _chunks(signals):
        for line in filter(None, ended):
            number += 1
            yield _decoded(line, number)
            if signals.number is not None:
                return
        keeper.now_and_then(moved=False)


def _chunks(signals: _Signals) -> Iterator[list[bytes]]:
    """Yield the lines that have come together, none after a while; the last one may have no line end."""
    source, rest = sys.stdin.fileno(), b""
    while True:
        ready, _, _ = select.select([source, signals.wakes], [], [], SAVED_EVERY)
        if signals.number is not None:
            return
        if not ready:
            yield []
            continue
        chunk = os.read(source, CHUNK)
        if not chunk:
            yield [rest]
            return
        *ended, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST:
            raise DataError(
                f"standard input: a line has more than {LONGEST} bytes; put line ends between steps."
            )
        yield [line + b"\n" for line in ended]


def _decoded(line: bytes, number: int) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"standard input, line {number}: byte {error.start + 1} is {line[error.start]:#04x}, which is no "
            "UTF-8; convert the text to UTF-8."
        ) from error
