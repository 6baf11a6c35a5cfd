"""Running ``ostinato`` as a user does, and saying on what machine and in what time."""

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

OSTINATO = str(Path(sys.executable).with_name("ostinato"))


class Spent(NamedTuple):
    """What a whole process took, start-up included.

    Args:
        seconds: on the clock, which other work on the machine prolongs.
        processor: of the processors, all threads together.
    """

    seconds: float
    processor: float

    def __str__(self) -> str:
        return f"{self.seconds / 60:.0f} minutes on the clock, {self.processor / 60:.0f} of the processor"


def ostinato(*arguments: object) -> str:
    """Run one command, its progress on our stderr, and return what it printed."""
    process = subprocess.run([OSTINATO, *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=True)
    return process.stdout


def trained(task: str, *arguments: object) -> tuple[dict[str, Any], Spent]:
    """Train a model; return what its JSON says, and what the process took."""
    began, before = time.monotonic(), _processor()
    found: dict[str, Any] = json.loads(ostinato("train", task, *arguments, "--json"))
    return found, Spent(time.monotonic() - began, _processor() - before)


def evaluated(*arguments: object) -> dict[str, Any]:
    """Evaluate a model and return what its JSON says."""
    found: dict[str, Any] = json.loads(ostinato("evaluate", *arguments, "--json"))
    return found


def machine(threads: int | None = None) -> str:
    """Return in words what the figures were made on."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("ostinato", "torch", "numpy"))
    used = "" if threads is None else f", {threads} threads"
    system = f"Python {platform.python_version()}, {platform.machine()}"
    return f"{versions}, {system}, {os.cpu_count()} processors{used}"


def data(folder: str) -> Path:
    """Return a folder of the data, or end with a sentence that says where it is looked for."""
    if "OSTINATO_DATA" not in os.environ:
        raise SystemExit(f"set OSTINATO_DATA to the folder that holds {folder}.")
    return Path(os.environ["OSTINATO_DATA"]) / folder


@contextmanager
def workplace(keep: Path | None) -> Iterator[Path]:
    """Return the folder in which models stay, made if it is not there, or one that is removed again."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _processor() -> float:
    """Return the seconds of the processors that all finished children have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
