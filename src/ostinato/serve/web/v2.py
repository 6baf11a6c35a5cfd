"""The routes of the Open Inference Protocol v2, as Triton's clients call them."""

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ostinato.errors import ModelFileError, ServeError
from ostinato.serve.protocol import request as requests
from ostinato.serve.protocol import response as responses
from ostinato.serve.protocol.strict_json import json_object
from ostinato.serve.served import Served
from ostinato.serve.service import Answer, Service
from ostinato.serve.streams.versions import Version
from ostinato.serve.tensors import Form
from ostinato.serve.web import replies
from ostinato.serve.web.gate import LARGE, aside
from ostinato.version import __version__

ADMIN = "admin"
"""The client who may load models anew."""

EXTENSIONS = (
    "sequence",
    "sequence(string_id)",
    "binary_tensor_data",
    "statistics",
    "model_configuration",
    "model_repository",
    "parameters",
)


def service_of(request: Request) -> Service:
    """Return what answers requests."""
    service: Service = request.app.state.service
    return service


def body_of(request: Request) -> bytes:
    """Return a request's body, inflated."""
    body: bytes = request.scope["state"]["body"]
    return body


async def live(request: Request) -> Response:
    """Say that the process is there."""
    return Response(status_code=200)


async def ready(request: Request) -> Response:
    """Say whether new requests may come."""
    reason = service_of(request).why_not_ready()
    if reason is not None:
        raise ServeError(503, f"{reason}.", 5)
    return Response(status_code=200)


async def model_ready(request: Request) -> Response:
    """Say whether a model answers."""
    served, _ = _version(request)
    if (reason := served.why_not_ready()) is not None:
        raise ServeError(503, f"{reason}.", 5)
    return Response(status_code=200)


async def server(request: Request) -> Response:
    """Say what the server is, and how much it takes."""
    limits = service_of(request).limits.model_dump(mode="json")
    about = {"name": "ostinato", "version": __version__, "extensions": EXTENSIONS}
    return replies.json(about | {"limits": limits})


async def metadata(request: Request) -> Response:
    """Say what a model takes and answers."""
    served, version = _version(request)
    return replies.json(
        {
            "name": served.name,
            "versions": [*served.population.versions][::-1],
            "platform": f"ostinato_{version.kind}",
            "inputs": [_form(form) for form in version.face.inputs],
            "outputs": [_form(form) for form in version.face.outputs],
        }
    )


async def config(request: Request) -> Response:
    """Say the same in the shape of Triton's model configuration."""
    served, version = _version(request)
    idle = round(service_of(request).limits.streams.idle * 1e6)
    described: dict[str, Any] = {
        "name": served.name,
        "platform": f"ostinato_{version.kind}",
        "backend": "ostinato",
        "max_batch_size": 0,
        "input": [_configured(form) for form in version.face.inputs],
        "output": [_configured(form) for form in version.face.outputs],
    }
    if version.why_not_stream is None:
        described["sequence_batching"] = {"max_sequence_idle_microseconds": str(idle)}
    return replies.json(described)


async def statistics(request: Request) -> Response:
    """Say how many requests models have answered."""
    service = service_of(request)
    names = [request.path_params["model"]] if "model" in request.path_params else [*service.models]
    return replies.json({"model_stats": [service.model(name).statistics.told() for name in names]})


async def infer(request: Request) -> Response:
    """Answer an inference request."""
    service, body = service_of(request), body_of(request)
    name, version = request.path_params["model"], request.path_params.get("version")
    served = service.model(name)
    header = request.headers.get(requests.HEADER_LENGTH)
    asked = await aside(len(body), requests.parse, body, header, service.limits.body)
    started = time.perf_counter_ns()
    try:
        answer = await service.infer(replies.client_of(request), name, version, asked)
    except ServeError:
        served.statistics.note(False, time.perf_counter_ns() - started)
        raise
    served.statistics.note(True, time.perf_counter_ns() - started)
    return await _inferred(request, asked, answer)


async def index(request: Request) -> Response:
    """List the models."""
    service = service_of(request)
    wanted = json_object(body_of(request) or b"{}", service.limits.body.json_depth)
    listed = []
    for served in service.models.values():
        reason = served.why_not_ready() or ""
        if not (wanted.get("ready") and reason):
            state = "UNAVAILABLE" if reason else "READY"
            listed.append(
                {"name": served.name, "version": served.version.number, "state": state, "reason": reason}
            )
    return replies.json(listed)


async def load(request: Request) -> Response:
    """Load a model anew from where the server was told that it is, and from nowhere else."""
    served = service_of(request).model(request.path_params["model"])
    if replies.client_of(request) != ADMIN:
        raise ServeError(403, f"only the client called '{ADMIN}' in the token file may load models.")
    body = json_object(body_of(request) or b"{}", service_of(request).limits.body.json_depth)
    if body.get("parameters"):
        raise ServeError(400, "a model is loaded from its directory alone; expected no parameters.")
    try:
        await aside(LARGE + 1, served.reload)
    except ModelFileError as error:
        raise ServeError(
            400, f"the model cannot be loaded, and is served as before: {error.reason}."
        ) from error
    return Response(status_code=200)


async def unload(request: Request) -> Response:
    """Refuse: a model is served as long as the server runs."""
    raise ServeError(501, "models are not unloaded; start a server without this one.")


async def _inferred(request: Request, asked: requests.Request, answer: Answer) -> Response:
    """Return the response, compressed where the client asks for it by name."""
    name = request.path_params["model"]
    size = sum(one.array.nbytes for one in answer.outputs)
    body, length = await aside(
        size, responses.build, asked, answer.outputs, name, answer.version, answer.parameters
    )
    headers = {} if length is None else {"Inference-Header-Content-Length": str(length)}
    body, encoding = await aside(len(body), replies.compressed, body, request.headers.get("accept-encoding"))
    if encoding is not None:
        headers["Content-Encoding"] = encoding
    kind = replies.JSON if length is None else "application/octet-stream"
    return Response(body, 200, headers, kind)


def _version(request: Request) -> tuple[Served, Version]:
    served = service_of(request).model(request.path_params["model"])
    return served, served.at(request.path_params.get("version"))


def _form(form: Form) -> dict[str, Any]:
    return {"name": form.name, "datatype": form.datatype, "shape": [*form.shape]}


def _configured(form: Form) -> dict[str, Any]:
    kind = "TYPE_STRING" if form.datatype == "BYTES" else f"TYPE_{form.datatype}"
    described = {"name": form.name, "data_type": kind, "dims": [str(size) for size in form.shape]}
    return described | ({"optional": True} if form.optional else {})
