"""A request's body: bounded in size, parts and time while it is read, and inflated within the same bounds."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ostinato.errors import ServeError
from ostinato.serve.limits import BodyLimits

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
MOST_MEMBERS = 16
"""Parts that a gzip body may be made of, each with a header of its own."""


class Incoming:
    """Reads a body, and goes on listening: whoever hangs up is heard, and what nobody wants is let go.

    Without a reader that never stops, a server that answers before it has read all of a body would wait for
    its own queue.

    Args:
        receive: the server's.
        limits: how much is read.
    """

    def __init__(self, receive: Receive, limits: BodyLimits) -> None:
        self.gone = asyncio.Event()
        self._receive, self._limits = receive, limits
        self._parts: list[bytes] = []
        self._size = 0
        self._whole: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._listener = asyncio.create_task(self._listen())

    async def body(self) -> bytes:
        """Return the whole body.

        Raises:
            ServeError: it is too large, comes in too many parts, takes too long, or the client has gone.
        """
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                return await self._whole
        except TimeoutError:
            raise ServeError(
                408, f"the body did not come within {self._limits.body_seconds:.0f} seconds; send it faster."
            ) from None

    def close(self) -> None:
        """Stop listening."""
        self._listener.cancel()
        if self._whole.done() and not self._whole.cancelled():
            self._whole.exception()  # whether or not anybody asked
        self._parts.clear()

    async def _listen(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.gone.set()
                self._end(ServeError(400, "the client has gone."))
                return
            self._take(message.get("body", b""))
            if not message.get("more_body", False):
                self._end(None)

    def _take(self, part: bytes) -> None:
        if self._whole.done():
            return
        self._size += len(part)
        self._parts.append(part)
        if self._size > self._limits.binary_body:
            self._end(ServeError(413, f"the body has more than {self._limits.binary_body} bytes."))
        elif len(self._parts) > self._limits.chunks:
            self._end(ServeError(413, f"the body comes in more than {self._limits.chunks} parts."))

    def _end(self, error: ServeError | None) -> None:
        if not self._whole.done():
            if error is None:
                self._whole.set_result(b"".join(self._parts))
            else:
                self._whole.set_exception(error)
        self._parts.clear()


def inflated(body: bytes, encoding: str, most: int) -> bytes:
    """Return a body as it was before ``Content-Encoding``.

    Raises:
        ServeError: the encoding is unknown, what is inflated is larger than ``most``, or damaged.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in WINDOWS:
        raise ServeError(415, "Content-Encoding is unknown; expected gzip or deflate, once.")
    parts: list[bytes] = []
    left = most
    for _ in range(MOST_MEMBERS):
        body, part = _member(body, WINDOWS[encoding], left)
        parts.append(part)
        left -= len(part)
        if not body:
            return b"".join(parts)
    raise ServeError(413, f"the compressed body has more than {MOST_MEMBERS} members.")


def _member(data: bytes, window: int, most: int) -> tuple[bytes, bytes]:
    """Return what stands behind one compressed member, and what it holds."""
    inflater = zlib.decompressobj(window)
    try:
        part = inflater.decompress(data, most + 1)
    except zlib.error as error:
        raise ServeError(400, f"the compressed body is damaged: {error}.") from None
    if len(part) > most:
        raise ServeError(413, f"the body has more than {most} bytes when it is inflated.")
    if not inflater.eof:
        raise ServeError(400, "the compressed body is cut off.")
    return inflater.unused_data, part
