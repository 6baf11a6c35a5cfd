"""The wording of argument errors, in one place.

Every function returns the value that it checked, so that a constructor reads as a list of facts.
"""

import importlib
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any, TypeVar

from ostinato.errors import ArgumentError, MissingExtraError

T = TypeVar("T")


def given(name: str, value: T | None) -> T:
    """Return value, which may no longer be open, such as an option that the task has resolved."""
    if value is None:
        raise ArgumentError(f"{name} is None; expected a value here: let the task resolve the options first.")
    return value


def positive(name: str, value: Any) -> int:
    """Return value, a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ArgumentError(f"{name} is {value!r}; expected a whole number of at least 1.")
    return value


def fraction(name: str, value: Any) -> float:
    """Return value, a number from 0 up to but not including 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise ArgumentError(f"{name} is {value!r}; expected a number of at least 0 and below 1.")
    return float(value)


def choice(name: str, value: Any, allowed: Iterable[str]) -> str:
    """Return value, one of the allowed words."""
    allowed = list(allowed)
    if value not in allowed:
        raise ArgumentError(f"{name} is {value!r}; choose one of {', '.join(allowed)}.")
    return str(value)


def shape(name: str, array: Any, expected: Sequence[int | str]) -> None:
    """Check an array's shape against sizes and shape letters, such as ``("T", "B", 12)``."""
    actual = tuple(array.shape)
    fits = len(actual) == len(expected) and all(
        isinstance(want, str) or want == have for want, have in zip(expected, actual, strict=True)
    )
    if not fits:
        wanted = ", ".join(str(size) for size in expected)
        raise ArgumentError(f"{name} has shape {actual}; expected ({wanted}).")


def extra(module: str, name: str, purpose: str) -> ModuleType:
    """Import a library of an optional part, or say how to install it.

    Args:
        module: the module to import, such as ``"pyarrow.csv"``.
        name: the extra that brings it, such as ``"tables"``.
        purpose: what needs it, such as ``"reading CSV files"``.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"{purpose} needs {module.partition('.')[0]}, which is not installed; "
            f"run: pip install 'ostinato[{name}]'"
        ) from error


def shown(value: Any, limit: int = 60) -> str:
    """Return a value as it may stand in a message: quoted, escaped, at most ``limit`` characters."""
    text = ascii(value) if not isinstance(value, str) else repr(value)
    text = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
