"""What a server can do, whatever brings the requests: infer, go on with streams, move them, load anew."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ostinato.errors import DataError, ServeError
from ostinato.runtime import Model
from ostinato.serve.faces import Inputs, Outputs
from ostinato.serve.limits import Limits
from ostinato.serve.protocol import response
from ostinato.serve.protocol.request import Request
from ostinato.serve.protocol.sequence import Place, place_of
from ostinato.serve.served import Served, first_version
from ostinato.serve.streams import refusals
from ostinato.serve.streams.asks import Ask, Id, Reply, Said
from ostinato.serve.streams.store import Store
from ostinato.serve.streams.versions import Version


class Answer(NamedTuple):
    """What a request is answered.

    Args:
        outputs: all that the model says.
        version: of the model.
        parameters: what else is said.
    """

    outputs: Outputs
    version: str
    parameters: Mapping[str, Any]


class Service:
    """The models by name, and whether they are there for new requests.

    Args:
        models: directories, or models in memory, by name.
        limits: how much they take.
        opened: opens where streams are kept, once all models are loaded; closed with the service.

    Raises:
        ArgumentError: a name cannot stand in an address, a model cannot be served, or the store not be used.
        ModelFileError: a model cannot be loaded.
    """

    def __init__(
        self, models: Mapping[str, Path | Model], limits: Limits, opened: Callable[[], Store]
    ) -> None:
        self.limits = limits
        self.draining = False
        versions = [first_version(name, source, limits) for name, source in models.items()]
        self._store = store = opened()
        self.models = {one.name: Served(one, models[one.name], limits, store) for one in versions}

    def model(self, name: str) -> Served:
        """Return a model by name.

        Raises:
            ServeError: there is none of the name.
        """
        if (served := self.models.get(name)) is None:
            raise ServeError(404, "there is no model of this name; GET /v2/repository/index lists them all.")
        return served

    def why_not_ready(self) -> str | None:
        """Return why no new request should come, or None."""
        if self.draining:
            return "the server is stopping"
        return next((reason for one in self.models.values() if (reason := one.why_not_ready())), None)

    async def infer(self, client: str, model: str, version: str | None, request: Request) -> Answer:
        """Answer a request of the Open Inference Protocol, of a stream or of whole sequences.

        Raises:
            ServeError: it cannot be answered; no stream has changed.
        """
        served = self.model(model)
        wanted = served.at(version)
        response.check(request, wanted.face.inputs, wanted.face.outputs, model)
        place = place_of(request.parameters)
        if place is None:
            outputs = await served.whole(_predicted, wanted, request.inputs)
            return Answer(outputs, wanted.number, {})
        ask = Ask(client, place.id, request.inputs, place.start, place.end, place.number, version)
        (reply,) = await self.advance(served, [ask], _patience(request.parameters))
        said = spoken(reply)
        return Answer(said.outputs, said.version, {"sequence_id": place.id, "sequence_step": said.number})

    async def advance(
        self, served: Served, asks: Sequence[Ask], patience: float | None = None
    ) -> list[Reply]:
        """Take streams on; one that is refused is answered so, among the others."""
        future = asyncio.wrap_future(served.batcher.submit(asks))
        return await served.timely(future, patience)

    async def state(self, client: str, model: str, id: Id, version: str | None) -> tuple[bytes, int, str]:
        """Return a stream's state, the number of its last step, and its version."""
        served = self.model(model)

        def taken(population: Any) -> tuple[bytes, int, str]:
            state, session = population.state(client, id, version)
            return state, session.number, session.version.number

        return await served.timely(asyncio.wrap_future(served.batcher.call(taken)))

    async def restore(self, client: str, model: str, place: Place, version: str | None, state: bytes) -> Said:
        """Begin a stream with a state that was taken here or elsewhere."""
        served = self.model(model)
        ask = Ask(client, place.id, {}, True, False, place.number, version)
        work = served.batcher.call(lambda population: population.restore(ask, state))
        return await served.timely(asyncio.wrap_future(work))

    async def end(self, client: str, model: str, id: Id, version: str | None) -> None:
        """End a stream."""
        served = self.model(model)
        work = served.batcher.call(lambda population: population.end(client, id, version))
        await served.timely(asyncio.wrap_future(work))

    async def drain(self) -> None:
        """Take no new requests, and wait for those that run, but no longer than ``grace``."""
        self.draining = True
        end = asyncio.get_running_loop().time() + self.limits.clients.grace
        while any(one.waiting for one in self.models.values()):
            if asyncio.get_running_loop().time() > end:
                return
            await asyncio.sleep(0.02)

    def close(self) -> None:
        """Keep every stream, and stop.

        Raises:
            OSError, sqlite3.Error: the store cannot be written.
        """
        for served in self.models.values():
            served.close()
        self._store.close(clean=True)


def spoken(reply: Reply) -> Said:
    """Return what a stream said, or raise what it was refused with."""
    if isinstance(reply, ServeError):
        raise reply
    return reply


def _predicted(version: Version, inputs: Inputs) -> Outputs:
    try:
        return version.face.predict(inputs)
    except DataError as error:
        raise refusals.of(error) from error


def _patience(parameters: Mapping[str, Any]) -> float | None:
    """Return how many seconds a request will wait: ``timeout`` is in microseconds; 0: as long as it may."""
    value = parameters.get("timeout", 0)
    if type(value) is not int or value < 0:
        raise ServeError(400, f"timeout is {value!r}; expected microseconds, a whole number from 0.")
    return value / 1e6 or None
