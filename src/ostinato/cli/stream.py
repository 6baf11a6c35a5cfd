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
    from ostinato.runtime.streams.pipe import Pipe, Said

CHUNK = 65_536
"""Bytes that are read at once at most."""

SAVED_EVERY = 5.0
"""Seconds after which a state is written anew, so that a killed process loses no more than that."""


def stream(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="model directory")],
    state: Annotated[
        Path | None,
        typer.Option(help="go on from this file, if it is there, and keep the state in it", metavar="FILE"),
    ] = None,
    every: Annotated[
        int | None,
        typer.Option(
            help="answer after every N lines (of sound: tenths of a second), not only where it changes", min=1
        ),
    ] = None,
    rate: Annotated[
        int | None, typer.Option(help="sound: samples a second (default: the model's)", min=1_000)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="print a JSON object a line")] = False,
) -> None:
    """Hear lines from the standard input, and print what MODEL says of all so far, as it changes.

    A line is a step of numbers (commas between them, or JSON), a line of text, a word, or a frame, as MODEL
    reads them; of numbers, words and frames a blank line ends the sequence. A classifier of sound hears raw
    16-bit samples of one channel, as arecord -t raw writes them. Ctrl-C ends it, and nothing that was heard
    is lost: --state FILE goes on tomorrow where it stopped.
    """
    from ostinato import runtime
    from ostinato.answers.files import checked_place

    loaded = runtime.load(model)
    if state is not None:
        checked_place(state)
    pipe = _opened(loaded, state, rate)
    with _keeping(pipe, state) as keep:
        _run(pipe, every, json, keep)


def _opened(model: "AnyModel", place: Path | None, rate: int | None) -> "Pipe":
    """Return the stream of lines, from the state in a file if there is one."""
    from ostinato.errors import ArgumentError
    from ostinato.runtime.streams.lines import pipe_of

    if place is not None and rate is not None:
        raise ArgumentError(
            "what resampling holds back is in no state; leave --rate out and give sound at the model's own "
            "rate, or leave --state out."
        )
    kept = _kept(place)
    try:
        return pipe_of(model, kept, rate)
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

    def __init__(self, pipe: "Pipe", place: Path | None) -> None:
        self._pipe, self.place, self._last = pipe, place, monotonic()
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
            write_file(self.place, self._pipe.stream.state())
        self._last, self._moved = monotonic(), False


@contextmanager
def _keeping(pipe: "Pipe", place: Path | None) -> Iterator[_Keeper]:
    """Keep the state however the block ends: at the input's end, by a signal, or by a line that is none."""
    keeper = _Keeper(pipe, place)
    try:
        yield keeper
    finally:
        keeper.now()


def _run(pipe: "Pipe", every: int | None, json: bool, keeper: _Keeper) -> None:
    """Hear all lines there are; where a state is kept, the sequence goes on after the input's end."""
    shown: object = None
    number, signals = 0, _Signals()
    for number, piece in enumerate(_pieces(pipe, signals, keeper), start=1):
        try:
            said = pipe.read(piece)
        except DataError as error:
            raise DataError(f"standard input, {pipe.unit} {number}: {error}") from error
        if said is not None and (number % every == 0 if every else said.key != shown):
            shown = said.key
            _show(pipe, said, json)
        keeper.now_and_then(moved=True)
    if signals.number is not None:
        kept = f"; the state is in {keeper.place}" if keeper.place is not None else ""
        raise Interrupted(signals.number, f"Interrupted after step {pipe.stream.steps}{kept}.")
    last = pipe.end() if keeper.place is None and number else None
    if last is not None and (every or last.key != shown):
        _show(pipe, last, json)


def _show(pipe: "Pipe", said: "Said", as_json: bool) -> None:
    import json

    from ostinato.answers.plain import plain
    from ostinato.cli.output import result

    step = pipe.stream.steps
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


def _pieces(pipe: "Pipe", signals: _Signals, keeper: _Keeper) -> Iterator[bytes]:
    """Yield what the standard input brings, line by line as they come, until it ends or a signal comes."""
    for ended in _chunks(pipe, signals):
        for piece in filter(None, ended):
            yield piece
            if signals.number is not None:
                return
        keeper.now_and_then(moved=False)


def _chunks(pipe: "Pipe", signals: _Signals) -> Iterator[list[bytes]]:
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
        try:
            ended, rest = pipe.cut(rest + chunk)
        except DataError as error:
            raise DataError(f"standard input: {error}") from error
        yield ended
