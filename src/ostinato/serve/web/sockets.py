"""WebSockets: a stream a connection, for browsers and microphones; or many streams over one."""

import asyncio
import contextlib
import secrets
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from ostinato.errors import ServeError
from ostinato.serve.limits import ClientLimits
from ostinato.serve.protocol import frames, response
from ostinato.serve.protocol.frames import Frame
from ostinato.serve.protocol.sequence import checked_id
from ostinato.serve.protocol.strict_json import dumps
from ostinato.serve.served import Served
from ostinato.serve.service import Service
from ostinato.serve.streams.asks import Ask, Id, Reply, Said
from ostinato.serve.web.gate import aside

RESTART, TRY_LATER, GOING_AWAY = 1012, 1013, 1001
"""What a connection is closed with: the server stops; there are too many; nothing more is to come."""


class Sockets:
    """The open connections: how many there are, and whose.

    Args:
        limits: how many there may be.
    """

    def __init__(self, limits: ClientLimits) -> None:
        self._limits = limits
        self._open: set[WebSocket] = set()
        self._of_client: Counter[str] = Counter()

    def __len__(self) -> int:
        """Return how many connections are open."""
        return len(self._open)

    async def serve(self, socket: WebSocket, talk: Callable[[WebSocket], Awaitable[None]]) -> None:
        """Accept a connection and let ``talk`` use it, unless there are too many."""
        client = socket.scope["state"]["client"]
        await socket.accept()
        if (
            len(self._open) >= self._limits.sockets
            or self._of_client[client] >= self._limits.sockets_per_client
        ):
            await socket.close(TRY_LATER, "too many connections")
            return
        self._open.add(socket)
        self._of_client[client] += 1
        try:
            await talk(socket)
        except WebSocketDisconnect:
            return
        finally:
            self._open.discard(socket)
            self._of_client[client] -= 1

    async def close(self) -> None:
        """Tell all that the server stops."""
        for socket in [*self._open]:
            if socket.application_state is WebSocketState.CONNECTED:
                with contextlib.suppress(RuntimeError):  # it was closed from the other side meanwhile
                    await socket.close(RESTART, "the server stops")


async def stream(socket: WebSocket) -> None:
    """One stream: it begins with the first message and ends with the connection, but for ``resume``."""
    service: Service = socket.app.state.service
    await socket.app.state.sockets.serve(socket, lambda one: _One(one, service).talk())


async def streams(socket: WebSocket) -> None:
    """Many streams: each message takes those on that it names."""
    service: Service = socket.app.state.service
    await socket.app.state.sockets.serve(socket, lambda one: _Many(one, service).talk())


class _Talk(ABC):
    """What both kinds have in common: a message, an answer to it, and so on.

    Args:
        socket: the connection.
        service: what answers.
    """

    def __init__(self, socket: WebSocket, service: Service) -> None:
        self.socket, self.service = socket, service
        self.client: str = socket.scope["state"]["client"]
        self.name: str = socket.path_params["model"]

    async def talk(self) -> None:
        """Answer message after message; a refused one changes nothing, and the next is as welcome."""
        try:
            served = self.service.model(self.name)
        except ServeError as error:
            await self._send(_refused(error))
            await self.socket.close(GOING_AWAY)
            return
        while True:
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            given: str | bytes = message["bytes"] if text is None else text
            try:
                await self._send(await self.answer(served, given))
            except ServeError as error:
                await self._send(_refused(error))

    @abstractmethod
    async def answer(self, served: Served, given: str | bytes) -> str | bytes:
        """Return the answer to a message.

        Raises:
            ServeError: it is refused.
        """

    async def _frame(self, given: str | bytes) -> Frame:
        return await aside(len(given), frames.parse, given, self.service.limits.body)

    async def _send(self, message: str | bytes) -> None:
        """Send a message; who does not read it in time is not waited for."""
        async with asyncio.timeout(self.service.limits.body.body_seconds):
            if isinstance(message, str):
                await self.socket.send_text(message)
            else:
                await self.socket.send_bytes(message)


class _One(_Talk):
    """A connection that is one stream."""

    def __init__(self, socket: WebSocket, service: Service) -> None:
        super().__init__(socket, service)
        self._id: Id | None = None
        self._resumes = self._begun = False

    async def talk(self) -> None:
        """Answer message after message, and end the stream at the end."""
        given = self.socket.query_params
        try:
            self._id = checked_id(given.get("id", secrets.token_hex(16)))
        except ServeError as error:
            await self._send(_refused(error))
            await self.socket.close(GOING_AWAY)
            return
        self._resumes = self._begun = "resume" in given
        try:
            await super().talk()
        finally:
            if self._begun and not self._resumes:
                with contextlib.suppress(ServeError):  # it has ended already
                    await self.service.end(self.client, self.name, self._id, None)

    async def answer(self, served: Served, given: str | bytes) -> str | bytes:
        """Take the stream on."""
        frame = await self._frame(given)
        if frame.places is not None:
            raise ServeError(400, "this connection is one stream; open /streams for many.")
        parameters = {**frame.request.parameters}
        parameters["sequence_id"] = self._id
        parameters.setdefault("sequence_start", not self._begun)
        request = frame.request._replace(parameters=parameters)
        answer = await self.service.infer(self.client, self.name, None, request)
        self._begun = True
        if parameters.get("sequence_end"):
            self._begun = False
        return frames.framed(
            response.build(request, answer.outputs, self.name, answer.version, answer.parameters)
        )


class _Many(_Talk):
    """A connection over which many streams go on."""

    async def answer(self, served: Served, given: str | bytes) -> str | bytes:
        """Take the streams on that a message names."""
        frame = await self._frame(given)
        if frame.places is None:
            raise ServeError(400, "the message names no streams; expected 'sequences' with their ids.")
        face = served.version.face
        response.check(frame.request, face.inputs, face.outputs, self.name)
        asks = [
            Ask(self.client, place.id, inputs, place.start, place.end, place.number)
            for place, inputs in zip(frame.places, frames.rows(frame, len(frame.places)), strict=True)
        ]
        return self._together(frame, asks, await self.service.advance(served, asks))

    def _together(self, frame: Frame, asks: Sequence[Ask], replies: Sequence[Reply]) -> str | bytes:
        """Return the answers of those that went on, and why the others did not."""
        said = [(ask, reply) for ask, reply in zip(asks, replies, strict=True) if isinstance(reply, Said)]
        refused = [
            {"id": ask.id, "status": reply.status, "error": str(reply)}
            for ask, reply in zip(asks, replies, strict=True)
            if isinstance(reply, ServeError)
        ]
        told: dict[str, Any] = {
            "sequences": {"ids": [ask.id for ask, _ in said], "steps": [one.number for _, one in said]},
            "errors": refused,
        }
        if not said:
            return dumps({"model_name": self.name} | told).decode()
        outputs = frames.stacked([one.outputs for _, one in said])
        return frames.framed(
            response.build(frame.request, outputs, self.name, said[0][1].version, None, told)
        )


def _refused(error: ServeError) -> str:
    return dumps({"error": str(error), "status": error.status}).decode()
