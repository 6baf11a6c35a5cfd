"""Work that is done ahead by threads, a bounded part of it, and handed out in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

THREADS = min(4, os.cpu_count() or 1)
"""More would wait for each other: the work is decoding, and training computes beside it."""


def ahead(
    make: Callable[[Item], Result], items: Iterable[Item], most: int = 2 * THREADS, threads: int = THREADS
) -> Iterator[Result]:
    """Yield ``make(item)`` for every item, in their order, whichever is ready first.

    Where ``make`` is a function of its item alone, nothing of the outcome depends on timing. An error comes
    where its result would have come; nothing is yielded after it. An iterator that is dropped lets its
    threads end with what they are at.

    Args:
        make: must release the interpreter where it is to run beside others, as decoders do.
        items: taken one by one, as they are needed.
        most: results at most that wait to be taken: this bounds the memory.
        threads: how many work.

    Example:
        >>> list(ahead(lambda number: number**2, range(5), most=2))
        [0, 1, 4, 9, 16]
    """
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="ahead") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(make, item))
                if len(waiting) >= most:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
