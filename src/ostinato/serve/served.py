"""One model that is being served, under a name that does not change when it is loaded anew."""

import asyncio
import os
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from ostinato.errors import ArgumentError, ServeError
from ostinato.runtime import Model, load
from ostinato.runtime.threads import processors
from ostinato.serve.limits import Limits
from ostinato.serve.statistics import Statistics
from ostinato.serve.streams.batcher import Batcher
from ostinato.serve.streams.population import Population
from ostinato.serve.streams.store import Store
from ostinato.serve.streams.versions import Version

T = TypeVar("T")

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class Served:
    """A model directory, loaded, with its streams and with threads for whole sequences.

    Args:
        version: the first that is served, from ``first_version``.
        source: its directory; or a model in memory, which cannot be loaded anew.
        limits: how much it takes.
        store: where its streams are kept.
    """

    def __init__(self, version: Version, source: Path | Model, limits: Limits, store: Store) -> None:
        self.name = name = version.name
        self.version, self.source, self._limits = version, source, limits
        self.statistics = Statistics(name)
        self.population = Population(self.version, limits.streams, store)
        self.batcher = Batcher(self.population, limits.streams)
        self._workers = ThreadPoolExecutor(processors(), thread_name_prefix=f"{name}-whole")
        self._waiting, self._counting = 0, threading.Lock()
        self._reloading = threading.Lock()

    @property
    def waiting(self) -> int:
        """Return how many requests wait or are being answered."""
        return self._waiting + len(self.batcher)

    def why_not_ready(self) -> str | None:
        """Return why it cannot answer, or None."""
        if self.batcher.stuck() > self._limits.body.deadline:
            return f"model '{self.name}' has not answered for {self._limits.body.deadline:.0f} seconds"
        return None

    def reload(self) -> str:
        """Load the directory anew and return the new version; streams of the old one go on with it.

        Raises:
            ServeError: the model was never in a directory.
            ModelFileError: it cannot be loaded; the old version is served as before.
        """
        with self._reloading:
            if not isinstance(self.source, Path):
                raise ServeError(501, f"model '{self.name}' is in memory alone, and cannot be loaded anew.")
            number = str(int(self.version.number) + 1)
            version = Version(self.name, number, load(self.source), self._limits.streams.streams)
            self.batcher.call(lambda population: population.use(version)).result()
            self.version = version
            self.statistics.version = version.number
            return version.number

    def at(self, number: str | None) -> Version:
        """Return a version that is served; None: the newest.

        Raises:
            ServeError: it is not served, or not any more.
        """
        versions = self.population.versions
        if number is None:
            return self.version
        if number not in versions:
            raise ServeError(
                404, f"model '{self.name}' has no version {number}; served: {', '.join(versions)}."
            )
        return versions[number]

    async def whole(self, work: Callable[..., T], *arguments: Any) -> T:
        """Return what ``work`` returns, which runs beside other requests and is bounded in number and time.

        Raises:
            ServeError: too many wait, or it took too long.
        """
        with self._counting:
            if self._waiting >= self._limits.streams.queue:
                raise ServeError(503, "too many requests wait for this model; try again later.", 1)
            self._waiting += 1
        future = self._workers.submit(work, *arguments)
        future.add_done_callback(lambda _: self._leave())
        return await self.timely(asyncio.wrap_future(future))

    async def timely(self, answer: "asyncio.Future[T]", seconds: float | None = None) -> T:
        """Return an answer, or say that it takes too long; one that nobody waits for is not computed."""
        try:
            async with asyncio.timeout(min(seconds or 1e9, self._limits.body.deadline)):
                return await answer
        except TimeoutError:
            raise ServeError(503, "the answer took too long; try again later.", 1) from None

    def close(self) -> None:
        """Answer what waits, and keep the streams."""
        self._workers.shutdown(wait=True, cancel_futures=True)
        self.batcher.close()

    def _leave(self) -> None:
        with self._counting:
            self._waiting -= 1


def first_version(name: str, source: Path | Model, limits: Limits) -> Version:
    """Return a model, loaded, as its clients see it.

    Args:
        name: what clients call it.
        source: its directory; or a model in memory.
        limits: how much it takes.

    Raises:
        ArgumentError: the name is none that can stand in an address, or the model cannot be served.
        ModelFileError: it cannot be loaded.
    """
    if not NAME.fullmatch(name):
        raise ArgumentError(
            f"the model's name is {name!r}; expected up to 128 letters, digits and . _ -: "
            "name it as in NAME=DIRECTORY."
        )
    model = load(source) if isinstance(source, Path) else source
    return Version(name, "1", model, limits.streams.streams)


def named(given: str) -> tuple[str, Path]:
    """Return a model's name and directory, from ``NAME=DIRECTORY`` or from the directory alone.

    Example:
        >>> named("digits=models/v7")[0], named("models/digits")[0]
        ('digits', 'digits')
    """
    name, sign, path = given.partition("=")
    if sign and NAME.fullmatch(name):
        return name, Path(path)
    return Path(os.path.abspath(given)).name, Path(given)


def all_named(given: list[str]) -> Mapping[str, Path]:
    """Return directories by name.

    Raises:
        ArgumentError: two have the same name.
    """
    found: dict[str, Path] = {}
    for name, path in map(named, given):
        if name in found:
            raise ArgumentError(f"two models are called {name!r}; name one of them: NAME=DIRECTORY.")
        found[name] = path
    return found
