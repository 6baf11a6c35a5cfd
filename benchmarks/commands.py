"""Running ``ostinato`` as a user does, and saying on what machine."""

import json
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

OSTINATO = str(Path(sys.executable).with_name("ostinato"))


def ostinato(*arguments: object) -> str:
    """Run one command, its progress on our stderr, and return what it printed."""
    process = subprocess.run([OSTINATO, *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=True)
    return process.stdout


def trained(task: str, *arguments: object) -> float:
    """Train a model and return the seconds of the whole process."""
    began = time.monotonic()
    ostinato("train", task, *arguments)
    return time.monotonic() - began


def evaluated(*arguments: object) -> dict[str, Any]:
    """Evaluate a model and return what its JSON says."""
    found: dict[str, Any] = json.loads(ostinato("evaluate", *arguments, "--json"))
    return found


def machine(threads: int) -> str:
    """Return in words what the figures were made on."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy"))
    return f"{threads} threads, {platform.machine()}, Python {platform.python_version()}, {versions}"
