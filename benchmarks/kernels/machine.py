"""What a table must say of the machine that made it."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import torch

from ostinato.runtime import native

PACKAGES: Final = ("torch", "numpy", "onnxruntime", "jax")


def processor() -> str:
    """Return the processor's name and how many cores this process may use."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        named = []
    name = named[0] if named else platform.processor() or platform.machine()
    return f"{name}, {cores()} cores, {platform.system()} {platform.machine()}"


def versions() -> dict[str, str]:
    """Return the versions of all that takes part, or that it is not installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def native_level() -> str:
    """Return which instructions the native kernels use here, or that there are no such kernels."""
    module = native.module()
    return "no native kernels" if module is None else str(module.cpu())


def torch_level() -> str:
    """Return which instructions torch's own kernels use here."""
    return str(torch.backends.cpu.get_cpu_capability())


def cores() -> int:
    """Return how many cores the process may use, or, where the system does not say, how many there are."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
