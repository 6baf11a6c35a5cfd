"""The native module, or why there is none; kernels and runtime get it here and nowhere else."""

from functools import cache
from importlib import import_module
from types import ModuleType

from ostinato.errors import ArgumentError

NOT_BUILT = (
    "it was not built when Ostinato was installed, which takes GCC or Clang; install one of them, then "
    "Ostinato again with pip's --force-reinstall --no-cache-dir (in a checkout: make native)"
)


def module() -> ModuleType | None:
    """Return ``ostinato._native``, or None where it cannot be used; ``_native.pyi`` says what is in it.

    Raises:
        ArgumentError: the environment variable OSTINATO_CPU names no instruction set that can run here.
    """
    return _found()[0]


def why_not() -> str | None:
    """Return in words why the native module cannot be used, or None if it can.

    Raises:
        ArgumentError: the environment variable OSTINATO_CPU names no instruction set that can run here.
    """
    return _found()[1]


@cache
def _found() -> tuple[ModuleType | None, str | None]:
    """Return the module, and the reason where there is none."""
    try:
        found = import_module("ostinato._native")
    except ModuleNotFoundError:
        return None, NOT_BUILT
    except ImportError as error:
        return None, f"it cannot be loaded: {error}"
    try:
        found.cpu()
    except ValueError as error:
        raise ArgumentError(str(error)) from error
    return found, None
