"""The thread that owns a model's streams: it gathers what many clients ask, and answers together."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeVar

from ostinato.errors import ServeError
from ostinato.serve.limits import StreamLimits
from ostinato.serve.streams.asks import Ask, Reply
from ostinato.serve.streams.population import Population
from ostinato.serve.streams.session import Name

T = TypeVar("T")

LARGEST = 4096
"""Steps that are taken together at most."""

PAUSE = 0.25
"""Seconds after which the thread looks after streams that nobody uses, if nothing is asked."""


class Item(NamedTuple):
    """What one request asks of different streams, or of the population as a whole.

    Args:
        asks: of streams; none: ``work`` is to be done.
        names: whose streams they are.
        work: what is done between two batches.
        answer: where the replies, or what ``work`` returns, go.
    """

    asks: Sequence[Ask]
    names: frozenset[Name]
    work: Callable[[Population], Any] | None
    answer: Future[Any]


class Batcher:
    """Takes a model's streams on, many requests together; those of one stream in the order they came.

    Args:
        population: the streams, which nobody else touches from now on.
        limits: how long to wait for others, and how many may wait.
    """

    def __init__(self, population: Population, limits: StreamLimits) -> None:
        self._population, self._limits = population, limits
        self._queue: SimpleQueue[Item | None] = SimpleQueue()
        self._waiting: deque[Item] = deque()
        self._lock = threading.Lock()
        self._of_stream: Counter[Name] = Counter()
        self._items = 0
        self._busy_since: float | None = None
        self._crowded = False
        self._thread = threading.Thread(target=self._run, name="streams", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        """Return how many requests wait or are being answered."""
        return self._items

    def stuck(self) -> float:
        """Return for how many seconds the thread has been at the same batch; infinite if it is dead."""
        if not self._thread.is_alive():
            return float("inf")
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

    def submit(self, asks: Sequence[Ask]) -> Future[list[Reply]]:
        """Return where the replies to one request will be; who cancels it in time is not computed for.

        Raises:
            ServeError: too many requests wait, for the model or for one of the streams.
        """
        names = frozenset((ask.client, ask.id) for ask in asks)
        if len(names) < len(asks):
            raise ServeError(400, "a stream is named twice; one request takes each stream on once.")
        answer: Future[list[Reply]] = Future()
        with self._lock:
            if self._items >= self._limits.queue:
                raise ServeError(503, "too many requests wait for this model; try again later.", 1)
            if any(self._of_stream[name] > self._limits.waiting for name in names):
                raise ServeError(429, "too many requests wait for this stream; wait for their answers.", 1)
            self._items += 1
            self._of_stream.update(names)
        self._queue.put(Item(asks, names, None, answer))
        return answer

    def call(self, work: Callable[[Population], T]) -> Future[T]:
        """Return where the result of something that is done with all streams, between batches, will be."""
        answer: Future[T] = Future()
        self._queue.put(Item((), frozenset(), work, answer))
        return answer

    def close(self) -> None:
        """Answer what waits, keep every stream's state, and end the thread.

        Raises:
            OSError, sqlite3.Error: the store cannot be written.
        """
        saved = self.call(Population.close)
        self._queue.put(None)
        self._thread.join()
        saved.result()

    def _run(self) -> None:
        """Answer until ``close``."""
        goes_on = True
        while goes_on or self._waiting:
            goes_on = self._gather() and goes_on
            self._busy_since = time.monotonic()
            self._answer(self._batch())
            self._population.tick()
            self._busy_since = None

    def _gather(self) -> bool:
        """Let what is asked come in: something, and then a moment for others; False: it ends.

        Who was alone the last time does not wait: others who come meanwhile are the next batch.
        """
        at_once = self._waiting or self._population.keeper.late()
        end = time.monotonic() if at_once else None
        while len(self._waiting) < LARGEST:
            try:
                wait = PAUSE if end is None else end - time.monotonic()
                item = self._queue.get(timeout=wait) if wait > 0 else self._queue.get_nowait()
            except Empty:
                return True
            if item is None:
                return False
            self._waiting.append(item)
            if end is None:
                end = time.monotonic() + (self._limits.batch_wait if self._crowded else 0.0)
        return True

    def _batch(self) -> list[Item]:
        """Take out what can be done now: one request a stream, in their order, and work by itself."""
        taken: list[Item] = []
        left: deque[Item] = deque()
        seen: set[Name] = set()
        count = 0
        while self._waiting and count < LARGEST:
            item = self._waiting.popleft()
            if item.work is not None and not taken and not left:
                return [item]
            if item.work is not None:
                self._waiting.appendleft(item)
                break
            (left if seen & item.names else taken).append(item)
            count += len(item.asks)
            seen |= item.names
        self._waiting.extendleft(reversed(left))
        self._crowded = len(taken) > 1
        return taken

    def _answer(self, items: Sequence[Item]) -> None:
        if items and items[0].work is not None:
            self._do(items[0])
            return
        wanted = [item for item in items if item.answer.set_running_or_notify_cancel()]
        replies = iter(self._population.advance([ask for item in wanted for ask in item.asks]))
        self._left(items)
        for item in wanted:
            item.answer.set_result([next(replies) for _ in item.asks])

    def _left(self, items: Sequence[Item]) -> None:
        """Note that requests wait no more."""
        with self._lock:
            self._items -= len(items)
            for item in items:
                self._of_stream.subtract(item.names)
            self._of_stream += Counter()  # drops those of which none waits

    def _do(self, item: Item) -> None:
        """Do what is between batches; whoever asked for it gets its error."""
        if not item.answer.set_running_or_notify_cancel() or item.work is None:
            return
        try:
            item.answer.set_result(item.work(self._population))
        except Exception as error:  # noqa: BLE001 - it is the caller's, and raised there
            item.answer.set_exception(error)
