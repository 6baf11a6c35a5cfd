"""What every request passes before a route sees it: hosts, origins, tokens, rates, sizes and times."""

import asyncio
import logging
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from ostinato.errors import ServeError
from ostinato.serve.limits import Limits
from ostinato.serve.service import Service
from ostinato.serve.web import replies
from ostinato.serve.web.auth import ANYONE, Buckets, Tokens
from ostinato.serve.web.body import Incoming, inflated
from ostinato.serve.web.metrics import Metrics

T = TypeVar("T")

OPEN = ("/v2/health/live", "/v2/health/ready")
"""What is answered to everybody."""

MOST_HEADERS, LONGEST_ADDRESS = 64, 8192
LARGE = 65_536
"""Bytes above which work is done beside the loop, so that nobody else waits for it."""

log = logging.getLogger("ostinato.serve")


@dataclass(frozen=True)
class Access:
    """Who may use the server.

    Args:
        tokens: what tells clients apart.
        hosts: names that the server may be called; empty: any.
    """

    tokens: Tokens
    hosts: frozenset[str] = frozenset()


class Gate:
    """Lets requests through to an application, each with its whole body, and answers for its errors.

    Args:
        app: what has the routes.
        service: what says whether requests may come.
        access: who may use it.
        metrics: where answers are counted.
    """

    def __init__(self, app: Starlette, service: Service, access: Access, metrics: Metrics) -> None:
        self.app = app
        self._app, self._service, self._access, self._metrics = app, service, access, metrics
        self._limits: Limits = service.limits
        rate = self._limits.clients.rate
        self._rates = None if rate is None else Buckets(rate, max(1.0, 2 * rate))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or open a WebSocket."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        incoming = Incoming(receive, self._limits.body)
        sent: dict[str, int] = {}

        async def noting(message: MutableMapping[str, Any]) -> None:
            sent.setdefault("status", message.get("status", 0))
            await send(message)

        try:
            self._admit(scope)
            body = await self._body(scope, incoming)
            await self._routed(scope, body, incoming, noting)
        except ServeError as error:
            await replies.refusal(error)(scope, receive, noting)
        except Exception:
            number, response = replies.bug()
            log.exception("a bug, %s", number)
            if "status" not in sent:
                await response(scope, receive, noting)
        finally:
            incoming.close()
            self._metrics.answered(scope, sent.get("status", 499), time.perf_counter() - started)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._admit(scope)
        except ServeError as error:
            await receive()
            await replies.refusal(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _admit(self, scope: Scope) -> None:
        """Refuse who may not come; note who does."""
        headers = Headers(scope=scope)
        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            raise ServeError(414, f"the address is longer than {LONGEST_ADDRESS} characters.")
        if len(scope["headers"]) > MOST_HEADERS:
            raise ServeError(431, f"the request has more than {MOST_HEADERS} headers.")
        self._check_host(headers)
        scope.setdefault("state", {})["client"] = ANYONE
        if scope["path"] in OPEN:
            return
        address = (scope.get("client") or ("", 0))[0]
        client = self._access.tokens.client(headers.get("authorization"), address)
        scope["state"]["client"] = client
        if self._service.draining:
            raise ServeError(503, "the server is stopping; ask another one.", 5)
        if self._rates is not None and (wait := self._rates.take(client)) > 0:
            raise ServeError(429, "you ask more often than you may; wait a little.", max(1, round(wait)))

    def _check_host(self, headers: Headers) -> None:
        """Refuse what a page of another site makes a browser send."""
        host = headers.get("host", "")
        if self._access.hosts and _name(f"//{host}") not in self._access.hosts:
            raise ServeError(403, "the Host header names another server; allow the name with --allow-host.")
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            raise ServeError(403, "the Origin header names another site; pages of others may not come here.")

    async def _body(self, scope: Scope, incoming: Incoming) -> bytes:
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._limits.body.binary_body:
            raise ServeError(
                413, f"the body has {length} bytes; at most {self._limits.body.binary_body} are read."
            )
        body = await incoming.body()
        encodings = headers.getlist("content-encoding")
        if not encodings:
            return body
        most = self._limits.body.binary_body
        return await aside(len(body), inflated, body, ",".join(encodings), most)

    async def _routed(self, scope: Scope, body: bytes, incoming: Incoming, send: Send) -> None:
        """Let the application answer, unless the client goes before it does."""
        scope["state"]["body"] = body

        async def hang_up() -> MutableMapping[str, Any]:
            await incoming.gone.wait()
            return {"type": "http.disconnect"}

        answer = asyncio.ensure_future(self._app(scope, hang_up, send))
        gone = asyncio.ensure_future(incoming.gone.wait())
        try:
            await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                answer.cancel()
                await asyncio.wait({answer})
            if not answer.cancelled():
                answer.result()
        finally:
            answer.cancel()
            gone.cancel()


async def aside(size: int, work: Callable[..., T], *arguments: Any) -> T:
    """Return what ``work`` returns: of something large from a thread, so that nobody else waits for it."""
    if size > LARGE:
        return await asyncio.to_thread(work, *arguments)
    return work(*arguments)


def _name(address: str) -> str:
    """Return the name in an address, without the port."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""
