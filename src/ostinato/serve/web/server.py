"""The process: a socket, Hypercorn on it, signals, and an orderly end."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config
from hypercorn.protocol import ws_stream

from ostinato.errors import ArgumentError, OstinatoError
from ostinato.serve.limits import Limits
from ostinato.serve.service import Service
from ostinato.serve.web.app import application
from ostinato.serve.web.gate import Access

log = logging.getLogger("ostinato.serve")

UNREAD = 30_000
"""Milliseconds after which the kernel drops a connection whose client takes nothing of what is sent."""

PROBE = {"TCP_KEEPIDLE": 20, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 2}
"""When the kernel asks whether a client that says nothing is still there, in seconds, and how often."""


def run(service: Service, access: Access, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP loads all models anew.

    Args:
        service: what answers; it is closed at the end.
        access: who may use it.
        host, port: where; port 0: any that is free.
        announce: is told the address once requests may come.

    Raises:
        ArgumentError: the address cannot be used.
    """
    listener = _listening(host, port)
    with _without_compression(), _frozen():
        asyncio.run(_serve(service, access, listener, announce))


def is_local(host: str) -> bool:
    """Return whether only this machine reaches a host's address.

    Example:
        >>> is_local("127.0.0.1"), is_local("0.0.0.0")
        (True, False)
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


async def _serve(
    service: Service, access: Access, listener: socket.socket, announce: Callable[[str], None]
) -> None:
    app = application(service, access)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: loop.run_in_executor(None, _reload, service))

    async def stopped() -> None:
        await stop.wait()
        await service.drain()
        await app.app.state.sockets.close()

    announce(_address(listener))
    try:
        await hypercorn_serve(app, _config(service.limits, listener), shutdown_trigger=stopped)  # type: ignore[arg-type]
    except asyncio.CancelledError:
        log.warning("some connections did not end in time, and were cut")
    finally:
        await asyncio.to_thread(service.close)


def _config(limits: Limits, listener: socket.socket) -> Config:
    """Return Hypercorn's settings: it limits headers in size and time; the gate does the rest.

    A read timeout would cut clients that wait for a long answer, and WebSockets that rest.
    """
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]  # Hypercorn closes it
    config.keep_alive_timeout = limits.body.header_seconds
    config.keep_alive_max_requests = sys.maxsize
    config.h11_max_incomplete_size = 16 * 1024
    config.websocket_max_message_size = limits.body.message
    config.max_app_queue_size = 10
    config.graceful_timeout = 1.0
    config.shutdown_timeout = limits.clients.grace
    config.include_server_header = False
    config.accesslog = None
    config.errorlog = log
    config.backlog = 1024
    return config


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that takes connections; the kernel drops those whose clients stop reading."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if sys.platform == "linux":
            for name, value in PROBE.items():
                listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise ArgumentError(
            f"{host}:{port} cannot be listened at: {error.strerror}; choose another port."
        ) from error
    return listener


def _address(listener: socket.socket) -> str:
    host, port, *_ = listener.getsockname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _reload(service: Service) -> None:
    for served in service.models.values():
        try:
            log.warning("model '%s' is now version %s", served.name, served.reload())
        except OstinatoError as error:
            log.error("model '%s' is served as before: %s", served.name, error)


AGREES = "server_extensions_handshake"
"""What Hypercorn calls to agree with a client on extensions."""


@contextlib.contextmanager
def _without_compression() -> Iterator[None]:
    """Let no WebSocket agree on compression: a message of 60 KB could grow to 60 MB before it is measured.

    Hypercorn has no setting for it, and always offers it.
    """
    names: dict[str, Any] = vars(ws_stream)
    before = names[AGREES]
    names[AGREES] = lambda asked, offered: None
    try:
        yield
    finally:
        names[AGREES] = before


@contextlib.contextmanager
def _frozen() -> Iterator[None]:
    """Let collections of garbage pass over what was there before the first request.

    A full one walks through all other objects while every client waits: it took a tenth of a second.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
