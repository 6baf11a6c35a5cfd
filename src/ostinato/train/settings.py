"""torch's process-wide settings while a model is trained; they are as before afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import numpy as np
import torch
from torch.utils import deterministic

from ostinato.errors import ArgumentError


@contextmanager
def settings(threads: int | None, device: Literal["cpu", "cuda"]) -> Iterator[int]:
    """Set threads, deterministic algorithms and a random generator of our own; yield the threads in use.

    On the processor the same seed, data, threads, machine and versions give the same weights bit for bit.
    On a GPU torch's deterministic algorithms stay off (they need an environment variable that must be set
    before the process starts), so weights there agree closely, not bit for bit. The generator is the
    process's own: trainings side by side belong in processes, not in threads.

    Raises:
        ArgumentError: device is ``"cuda"`` and torch finds none.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise ArgumentError("device is 'cuda', but torch finds no GPU here; pass device 'cpu'.")
    before = torch.get_num_threads()
    with torch.random.fork_rng(devices=None if device == "cuda" else []), _deterministic(device == "cpu"):
        try:
            if threads is not None:
                torch.set_num_threads(threads)
            yield torch.get_num_threads()
        finally:
            torch.set_num_threads(before)


def words(*key: int, count: int) -> list[int]:
    """Return ``count`` 32-bit numbers that depend on the key alone: seeds of whatever is random.

    Example:
        >>> words(0, 1, count=3) == words(0, 1, count=3), words(0, 1, count=1) == words(1, 0, count=1)
        (True, False)
    """
    sequence = np.random.SeedSequence(key[0], spawn_key=key[1:])
    return [int(word) for word in sequence.generate_state(count)]


def reseed(word: int, device: Literal["cpu", "cuda"]) -> None:
    """Restart torch's generators at a number from ``words``.

    ``torch.manual_seed`` does the same in a hundred times the time, too much for every step.
    """
    torch.default_generator.manual_seed(word)
    if device == "cuda":
        torch.cuda.manual_seed(word)


@contextmanager
def _deterministic(wanted: bool) -> Iterator[None]:
    """Have torch take deterministic algorithms only; fresh memory is not filled, since that costs time.

    ``torch.use_deterministic_algorithms`` does the same, but loads torch's compiler first: two seconds.
    """
    if not wanted:
        yield
        return
    mode = torch.get_deterministic_debug_mode()
    fill = deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    try:
        torch.set_deterministic_debug_mode("error")
        deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        yield
    finally:
        torch.set_deterministic_debug_mode(mode)
        deterministic.fill_uninitialized_memory = fill  # type: ignore[attr-defined]
