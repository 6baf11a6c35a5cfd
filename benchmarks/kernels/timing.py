"""Timing in turns: every side runs a block of calls, one after another, again and again, in one process."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

BLOCK_SECONDS = 0.003
MOST_CALLS = 100


def nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Side:
    """What is timed.

    Args:
        call: once.
        forget: run after each call, outside of the time: it drops gradients.
    """

    call: Callable[[], object]
    forget: Callable[[], None] = nothing

    def seconds(self, calls: int) -> float:
        """Return the seconds of one call, the mean over a block of calls."""
        spent = 0.0
        for _ in range(calls):
            began = time.perf_counter()
            self.call()
            spent += time.perf_counter() - began
            self.forget()
        return spent / calls


@dataclass(frozen=True)
class Pace:
    """How long to measure.

    Args:
        seconds: for each side of a row, about.
        rounds: the row is cut into so many, and the machine's rates are sampled before each.
        steps: seconds for each contender in single steps.
    """

    seconds: float
    rounds: int
    steps: float


FULL = Pace(seconds=0.3, rounds=3, steps=1.0)
QUICK = Pace(seconds=0.01, rounds=2, steps=0.02)

Turn = Mapping[str, float]
"""Seconds of one call by side, from blocks that followed each other."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Collect garbage first and not meanwhile."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def calls_a_block(sides: Mapping[str, Side]) -> int:
    """Warm all sides up; return how many calls make the fastest side's block long enough for the clock."""
    for side in sides.values():
        side.seconds(2)
    fastest = min(side.seconds(1) for side in sides.values())
    return max(1, min(MOST_CALLS, round(BLOCK_SECONDS / fastest)))


def take_turns(
    sides: Mapping[str, Side], calls: int, seconds: float, least: int = 1, rest: float = 0.0
) -> list[Turn]:
    """Return turns, each with a block of every side.

    Each side takes its first call of all after an untimed one, for what ran before has filled the caches.

    Args:
        sides: by name, in the order in which they take turns.
        calls: in a block.
        seconds: to go on for, on the average of the sides.
        least: turns at least.
        rest: seconds of sleep before each block, where sides have threads of their own that spin for a while.
    """
    turns: list[Turn] = []
    spent = 0.0
    with undisturbed():
        while len(turns) < least or spent < seconds * len(sides):
            turn = {}
            for name, side in sides.items():
                if rest or not turns:
                    _settle(side, rest)
                turn[name] = side.seconds(calls)
            spent += calls * sum(turn.values())
            turns.append(turn)
    return turns


def _settle(side: Side, rest: float) -> None:
    time.sleep(rest)
    side.seconds(1)


def middle(turns: list[Turn], name: str) -> float:
    """Return the median seconds of one side."""
    return median(turn[name] for turn in turns)


def ratios(turns: list[Turn], slow: str, fast: str) -> list[float]:
    """Return how many times longer one side takes than another, turn by turn."""
    return [turn[slow] / turn[fast] for turn in turns]
