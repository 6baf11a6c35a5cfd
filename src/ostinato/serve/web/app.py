"""The application: every route, in one table."""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from ostinato.errors import ServeError
from ostinato.serve.protocol.strict_json import parse
from ostinato.serve.service import Service
from ostinato.serve.web import plain, replies, sockets, v2
from ostinato.serve.web.gate import Access, Gate
from ostinato.serve.web.metrics import Metrics

Endpoint = Callable[[Request], Awaitable[Response]]

ASSETS = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/docs": ("docs.html", "text/html; charset=utf-8"),
    "/assets/style.css": ("style.css", "text/css; charset=utf-8"),
    **{
        f"/assets/{name}.js": (f"{name}.js", "text/javascript; charset=utf-8")
        for name in ("page", "common", "series", "forecast", "listen", "watch", "docs", "microphone")
    },
    "/openapi.json": ("openapi.json", "application/json"),
}
"""What is served as it stands beside this file."""

POLICY = (
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
)

ROUTES: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/v2/health/live", v2.live),
    ("GET", "/v2/health/ready", v2.ready),
    ("GET", "/v2", v2.server),
    ("GET", "/v2/", v2.server),
    ("GET", "/v2/models/stats", v2.statistics),
    ("POST", "/v2/repository/index", v2.index),
    ("POST", "/v2/repository/models/{model}/load", v2.load),
    ("POST", "/v2/repository/models/{model}/unload", v2.unload),
    *(
        (method, f"/v2/models/{{model}}{version}{rest}", endpoint)
        for version in ("", "/versions/{version}")
        for method, rest, endpoint in (
            ("GET", "", v2.metadata),
            ("GET", "/ready", v2.model_ready),
            ("GET", "/config", v2.config),
            ("GET", "/stats", v2.statistics),
            ("POST", "/infer", v2.infer),
        )
    ),
    ("GET", "/v1/models", plain.models),
    ("POST", "/v1/models/{model}/predict", plain.predict),
    ("POST", "/v1/models/{model}/generate", plain.generate),
    ("POST", "/v1/models/{model}/forecast", plain.forecast),
    ("POST", "/v1/models/{model}/transcribe", plain.transcribe),
    ("GET", "/v1/models/{model}/streams/{id}/state", plain.take_state),
    ("PUT", "/v1/models/{model}/streams/{id}/state", plain.put_state),
    ("DELETE", "/v1/models/{model}/streams/{id}", plain.end_stream),
)


def application(service: Service, access: Access) -> Gate:
    """Return the application, with everything before it that requests must pass."""
    metrics = Metrics(service)

    async def counted(request: Request) -> Response:
        """Tell what is counted."""
        return Response(metrics.text(), 200, None, "text/plain; version=0.0.4; charset=utf-8")

    routes: list[BaseRoute] = [Route(path, endpoint, methods=[method]) for method, path, endpoint in ROUTES]
    routes += [Route(path, _asset(*asset), methods=["GET"]) for path, asset in ASSETS.items()]
    routes.append(Route("/metrics", counted, methods=["GET"]))
    routes += [
        WebSocketRoute("/v1/models/{model}/stream", sockets.stream),
        WebSocketRoute("/v1/models/{model}/streams", sockets.streams),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={ServeError: _refused, HTTPException: _unrouted},  # type: ignore[dict-item]
    )
    app.router.redirect_slashes = False
    app.state.service = service
    app.state.sockets = sockets.Sockets(service.limits.clients)
    return Gate(app, service, access, metrics)


def openapi() -> dict[str, Any]:
    """Return the description of the routes, as it is committed."""
    described: dict[str, Any] = parse(_read("openapi.json"), 64)
    return described


def _asset(name: str, kind: str) -> Endpoint:
    """Return what serves a file that comes with the package."""
    content = _read(name)

    async def asset(request: Request) -> Response:
        headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
        return Response(content, 200, headers, kind)

    return asset


def _read(name: str) -> bytes:
    return files("ostinato.serve.web").joinpath("assets", name).read_bytes()


async def _refused(request: Request, error: ServeError) -> Response:
    return replies.refusal(error)


async def _unrouted(request: Request, error: HTTPException) -> Response:
    words = {404: "there is nothing at this address; GET /docs has all that there is."}
    words[405] = "this address takes another method; GET /docs has all that there is."
    return replies.json(
        {"error": words.get(error.status_code, error.detail)}, error.status_code, {**(error.headers or {})}
    )
