"""How a run shows its way: not at all, as a bar, or as plain lines where there is no terminal."""

import sys
import time
from contextlib import suppress
from typing import Any, Protocol, TextIO

from ostinato import checks
from ostinato.spec.record import Epoch

REFRESH = 0.1
"""Seconds between two updates of the bar: a step must not wait for the terminal."""

LINES = 2.0
"""Seconds between two plain lines at least: a log of hundreds of short epochs is read by nobody."""

LONG = 20.0
"""Seconds after which a long epoch's loss so far is written as a plain line."""


class Progress(Protocol):
    """What training tells while it runs."""

    def begin(self, stage: str, metric: str, size: int, done: int, unit: str = "sequences") -> None:
        """Begin a stage that trains on so many units of data in all its epochs, of which some are done."""

    def step(self, loss: float, size: int) -> None:
        """Tell the epoch's mean loss so far and how many units of data the step had."""

    def epoch(self, row: Epoch) -> None:
        """Tell that an epoch is over."""

    def say(self, sentence: str) -> None:
        """Tell something once."""

    def end(self) -> None:
        """Tell that training is over, finished or not."""


class Silent:
    """Shows nothing."""

    def begin(self, stage: str, metric: str, size: int, done: int, unit: str = "sequences") -> None:
        """Do nothing."""

    def step(self, loss: float, size: int) -> None:
        """Do nothing."""

    def epoch(self, row: Epoch) -> None:
        """Do nothing."""

    def say(self, sentence: str) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""


class Lines:
    """Plain lines: one an epoch, but at most one in ``LINES`` seconds, and the last of every stage.

    Args:
        file: where to write; None: stderr.
    """

    def __init__(self, file: TextIO | None = None) -> None:
        self._file = file or sys.stderr
        self._pace = Pace()
        self._stage = self._metric = ""
        self._shown = time.monotonic() - LINES
        self._held: str | None = None

    def begin(self, stage: str, metric: str, size: int, done: int, unit: str = "sequences") -> None:
        """Begin a stage; its name stands in every line."""
        self._flush()
        self._stage, self._metric, self._pace = stage, metric, Pace(size, done, unit)

    def step(self, loss: float, size: int) -> None:
        """Count; of a long epoch write a line now and then."""
        self._pace.add(size)
        if time.monotonic() - self._shown >= LONG:
            self._flush()
            self._print(f"{self._stage}: loss {loss:.3f}, {self._pace}")
            self._shown = time.monotonic()

    def epoch(self, row: Epoch) -> None:
        """Write a line, or hold it back if the last is fresh."""
        self._held = f"{row.stage}, epoch {row.epoch}: {facts(row, self._metric)}, {self._pace}"
        if time.monotonic() - self._shown >= LINES:
            self._flush()

    def say(self, sentence: str) -> None:
        """Write it as a line."""
        self._flush()
        self._print(sentence)

    def end(self) -> None:
        """Write the line that was held back, if any."""
        self._flush()

    def _flush(self) -> None:
        if self._held is not None:
            self._print(self._held)
            self._held, self._shown = None, time.monotonic()

    def _print(self, line: str) -> None:
        with suppress(OSError):  # nobody reads it any more: the training goes on
            print(line, file=self._file, flush=True)


class Bar:
    """A bar with loss, metric, sequences per second and time left, by rich.

    Early stopping may end a stage sooner than the time left says.

    Args:
        console: rich's console to draw on; None: stderr.
    """

    def __init__(self, console: Any = None) -> None:
        rich = checks.extra("rich.progress", "train", "the progress bar")
        self._console = console or checks.extra("rich.console", "train", "the progress bar").Console(
            stderr=True
        )
        columns = [
            rich.TextColumn("{task.description}"),
            rich.BarColumn(),
            rich.TextColumn("{task.fields[facts]}"),
        ]
        self._bar = rich.Progress(*columns, console=self._console, transient=False, refresh_per_second=5)
        self._pace = Pace()
        self._metric = self._facts = ""
        self._task: Any = None
        self._drawn = 0.0

    def begin(self, stage: str, metric: str, size: int, done: int, unit: str = "sequences") -> None:
        """Begin a new line."""
        self._metric, self._facts, self._pace = metric, "", Pace(size, done, unit)
        self._bar.start()
        self._task = self._bar.add_task(stage, total=size, completed=done, facts="")

    def step(self, loss: float, size: int) -> None:
        """Move on; the terminal hears of it at most every ``REFRESH`` seconds."""
        self._pace.add(size)
        if (now := time.monotonic()) - self._drawn >= REFRESH:
            self._drawn = now
            self._draw(self._facts or f"loss {loss:.3f}")

    def epoch(self, row: Epoch) -> None:
        """Show the epoch's numbers until the next ones."""
        self._facts = f"epoch {row.epoch}: {facts(row, self._metric)}"
        self._draw(self._facts)

    def say(self, sentence: str) -> None:
        """Write it above the bar."""
        self._console.print(sentence, markup=False, highlight=False)

    def end(self) -> None:
        """Leave the bar as it is."""
        self._bar.stop()

    def _draw(self, text: str) -> None:
        if self._task is not None:
            self._bar.update(self._task, completed=self._pace.done, facts=f"{text}, {self._pace}")


class Pace:
    """How fast a stage goes, and how long it will take.

    Args:
        total: units of data in all epochs of the stage.
        done: those of them that are done.
        unit: what they are called.
    """

    def __init__(self, total: int = 0, done: int = 0, unit: str = "sequences") -> None:
        self.done = done
        self._total, self._start, self._unit = total, done, unit
        self._began = time.monotonic()

    def add(self, size: int) -> None:
        """Count a step's units of data."""
        self.done += size

    def __str__(self) -> str:
        rate = (self.done - self._start) / max(time.monotonic() - self._began, 1e-6)
        left = (self._total - self.done) / rate if rate else 0.0
        return f"{rate:,.0f} {self._unit}/s, {duration(left)} left"


def standard() -> Progress:
    """Return a bar if stderr is a terminal, else plain lines."""
    return Bar() if sys.stderr.isatty() else Lines()


def facts(row: Epoch, metric: str) -> str:
    """Return an epoch's numbers in words.

    Example:
        >>> row = Epoch(stage="train", epoch=1, train_loss=0.5, valid_loss=0.6, valid_metric=0.75,
        ...     learning_rate=0.1, gradient_norm=1.0, seconds=2.0, sequences_per_second=100.0)
        >>> facts(row, "accuracy")
        'loss 0.500, validation loss 0.600, accuracy 0.750'
    """
    parts = [f"loss {row.train_loss:.3f}"]
    if row.valid_loss is not None:
        parts.append(f"validation loss {row.valid_loss:.3f}")
    if row.valid_metric is not None and metric != "loss":
        parts.append(f"{metric} {row.valid_metric:.3f}")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Return a time in words.

    Example:
        >>> duration(9.2), duration(75), duration(7300)
        ('9 s', '1 min 15 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
