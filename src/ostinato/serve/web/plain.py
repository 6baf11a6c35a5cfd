"""Routes for people with curl: JSON in, JSON out; text as it is written; a stream's state as a file."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ostinato.archive.manifest import one_line
from ostinato.errors import OstinatoError, ServeError
from ostinato.runtime import Model, SeriesModel, TextModel, Transcriber
from ostinato.serve.protocol.sequence import Place, checked_id
from ostinato.serve.protocol.strict_json import dumps, json_object
from ostinato.serve.served import Served
from ostinato.serve.streams import refusals
from ostinato.serve.web import replies
from ostinato.serve.web.gate import aside
from ostinato.serve.web.v2 import body_of, service_of
from ostinato.spec.option import option
from ostinato.spec.sampling import Sampling

STATE = "application/octet-stream"

T = TypeVar("T")


class Writing(Sampling):
    """What ``/generate`` takes, beside how tokens are drawn."""

    prompt: str = option("", "what the text goes on from", max_length=100_000)
    length: int = option(200, "tokens to write at most", ge=1, le=100_000)
    stop: str | None = option(None, "end before this comes up", max_length=1000)
    stream: bool = option(True, "server-sent events, token by token; false: one JSON object at the end")


async def models(request: Request) -> Response:
    """List the models with what they do."""
    listed = [
        {
            "name": served.name,
            "task": served.version.kind,
            "version": served.version.number,
            "streams": served.version.why_not_stream is None,
            "inputs": [form.name for form in served.version.face.inputs],
        }
        | served.version.face.about()
        for served in service_of(request).models.values()
    ]
    return replies.json({"models": listed})


async def predict(request: Request) -> Response:
    """Answer for whole sequences: JSON, or a file as it is where the model reads such."""
    served = service_of(request).model(request.path_params["model"])
    face, data = served.version.face, body_of(request)
    if data.lstrip(b" \t\r\n")[:1] in (b"{", b"[", b""):
        answers = await served.whole(_answered, face.plain, await _object(request))
    else:
        answers = await served.whole(_answered, face.file, data)
    return replies.json({"model": served.name, "version": served.version.number, "answers": answers})


async def generate(request: Request) -> Response:
    """Write on from a prompt: events as it is written, or one object at the end."""
    served = service_of(request).model(request.path_params["model"])
    model = served.version.model
    if not isinstance(model, TextModel):
        raise ServeError(400, f"'{served.name}' is a {served.version.kind} model; only models of text write.")
    try:
        asked = Writing.model_validate(await _object(request))
    except ValidationError as error:
        raise ServeError(400, f"{one_line(error)}.") from None
    pieces = _written(model, asked)
    if not asked.stream:
        return replies.json({"prompt": asked.prompt, "text": await served.whole(_joined, pieces)})
    first = await served.whole(next, pieces, None)  # so that what is wrong with the request is its status
    return StreamingResponse(_events(served, pieces, first), media_type="text/event-stream")


async def transcribe(request: Request) -> Response:
    """Say what is said in a sound file, or in samples."""
    return await _of_task(request, Transcriber, "transcription")


async def forecast(request: Request) -> Response:
    """Foretell what follows series."""
    return await _of_task(request, SeriesModel, "forecast")


async def take_state(request: Request) -> Response:
    """Return a stream's state: bytes that any server of the same model goes on with."""
    state, number, version = await service_of(request).state(
        *_stream(request), request.query_params.get("version")
    )
    headers = {"Ostinato-Step": str(number), "Ostinato-Version": version}
    return Response(state, 200, headers, STATE)


async def put_state(request: Request) -> Response:
    """Begin a stream with a state that was taken somewhere."""
    client, model, id = _stream(request)
    step = request.query_params.get("step", "0")
    if not step.isascii() or not step.isdecimal() or len(step) > 18:
        raise ServeError(
            400, "step is no whole number; expected that of the last request, from Ostinato-Step."
        )
    place = Place(id, True, False, int(step))
    said = await service_of(request).restore(
        client, model, place, request.query_params.get("version"), body_of(request)
    )
    return replies.json({"sequence_id": id, "sequence_step": said.number, "version": said.version})


async def end_stream(request: Request) -> Response:
    """End a stream."""
    await service_of(request).end(*_stream(request), request.query_params.get("version"))
    return Response(status_code=204)


async def _of_task(request: Request, kind: type[Model], called: str) -> Response:
    """Answer as ``predict`` does, if the model is of the task that the route is for."""
    served = service_of(request).model(request.path_params["model"])
    if not isinstance(served.version.model, kind):
        route = request.url.path.rpartition("/")[2]
        raise ServeError(
            400, f"'{served.name}' is a {served.version.kind} model; /{route} takes {called} models."
        )
    return await predict(request)


def _answered(answer: Callable[[T], list[dict[str, Any]]], given: T) -> list[dict[str, Any]]:
    try:
        return answer(given)
    except OstinatoError as error:
        raise refusals.of(error) from error


def _stream(request: Request) -> tuple[str, str, Any]:
    """Return whose stream an address names: digits alone are a number."""
    text = request.path_params["id"]
    id = checked_id(int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else text)
    return replies.client_of(request), request.path_params["model"], id


async def _object(request: Request) -> Mapping[str, Any]:
    body, limits = body_of(request), service_of(request).limits.body
    if len(body) > limits.json_body:
        raise ServeError(413, f"the JSON has {len(body)} bytes; at most {limits.json_body} are read.")
    value: dict[str, Any] = await aside(len(body), json_object, body, limits.json_depth)
    return value


def _written(model: TextModel, asked: Writing) -> Iterator[str]:
    """Yield the text piece by piece; what is wrong with the prompt comes with the first."""
    sampling = Sampling(**asked.model_dump(include=set(Sampling.model_fields)))
    try:
        for (piece,) in model.write(asked.prompt, asked.length, sampling, stop=asked.stop):
            if piece:
                yield piece
    except OstinatoError as error:
        raise refusals.of(error) from error


def _joined(pieces: Iterator[str]) -> str:
    return "".join(pieces)


async def _events(served: Served, pieces: Iterator[str], first: str | None) -> AsyncIterator[bytes]:
    """Yield server-sent events: one a piece, and one at the end."""
    piece = first
    try:
        while piece is not None:
            yield b"data: " + dumps({"text": piece}) + b"\n\n"
            piece = await served.whole(next, pieces, None)
    except ServeError as error:
        yield b"event: error\ndata: " + dumps({"error": str(error)}) + b"\n\n"
        return
    yield b"event: end\ndata: {}\n\n"
