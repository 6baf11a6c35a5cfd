"""How answers and refusals look over HTTP: errors are always ``{"error": "…"}``."""

import secrets
import zlib

from starlette.requests import Request
from starlette.responses import Response

from ostinato.errors import ServeError
from ostinato.serve.protocol.strict_json import dumps

JSON = "application/json"


def json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a value as a response."""
    return Response(dumps(value), status, headers, JSON)


def refusal(error: ServeError) -> Response:
    """Return a refusal as a response."""
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="ostinato", charset="UTF-8"'
    return json({"error": str(error)}, error.status, headers)


def bug() -> tuple[str, Response]:
    """Return a number to find a bug by in the log, and a response that names it and nothing else."""
    number = secrets.token_hex(8)
    return number, json({"error": f"the server failed; its log has more under {number}."}, 500)


def compressed(body: bytes, accepted: str | None) -> tuple[bytes, str | None]:
    """Return a body in the encoding that a request asks for by name alone, and the encoding.

    Triton's aio client sends a list that it cannot read itself, so a list asks for nothing.
    """
    if accepted == "gzip":
        packer = zlib.compressobj(1, wbits=16 + zlib.MAX_WBITS)
        return packer.compress(body) + packer.flush(), accepted
    if accepted == "deflate":
        return zlib.compress(body, 1), accepted
    return body, None


def client_of(request: Request) -> str:
    """Return who sent a request."""
    return str(request.scope["state"]["client"])
