"""An inference request: JSON, or a JSON header with the tensors' bytes behind it."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ostinato import checks
from ostinato.archive.manifest import one_line
from ostinato.errors import DataError, ServeError
from ostinato.serve.limits import BodyLimits
from ostinato.serve.protocol.elements import from_json
from ostinato.serve.protocol.strict_json import json_object
from ostinato.serve.tensors import BYTES, DTYPES, Tensor, from_bytes

Parameters = dict[str, str | int | float | bool]
Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$")]
"""What may stand in a message as it is: letters, marks, numbers, punctuation, symbols and spaces."""
Size = Annotated[int, Field(ge=0, lt=2**48)]

HEADER_LENGTH = "inference-header-content-length"
MOST_AXES = 8


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class InputPart(_Part):
    """One input, as the JSON has it."""

    name: Name
    shape: Annotated[list[Size], Field(max_length=MOST_AXES)]
    datatype: Name
    parameters: Parameters = {}
    data: list[Any] | None = None


class OutputPart(_Part):
    """One output that is asked for."""

    name: Name
    parameters: Parameters = {}


class RequestPart(_Part):
    """The JSON of an inference request."""

    id: Annotated[str, Field(max_length=1024)] | None = None
    parameters: Parameters = {}
    inputs: list[InputPart]
    outputs: list[OutputPart] | None = None


class Wanted(NamedTuple):
    """One output that is asked for.

    Args:
        name: which.
        binary: whether it comes as bytes behind the JSON.
    """

    name: str
    binary: bool


class Request(NamedTuple):
    """What is asked for.

    Args:
        id: what the answer must carry again; None: nothing.
        parameters: what else was said.
        inputs: by name.
        outputs: which; None: all of them.
        binary: how outputs come that say nothing of it.
    """

    id: str | None
    parameters: Mapping[str, Any]
    inputs: Mapping[str, Tensor]
    outputs: Sequence[Wanted] | None
    binary: bool


def parse(body: bytes, header_length: str | None, limits: BodyLimits) -> Request:
    """Return what a request's body asks for.

    Args:
        body: all of it, inflated.
        header_length: the value of ``Inference-Header-Content-Length``; None: the body is all JSON.
        limits: how much is read.

    Raises:
        ServeError: something in it is not as the protocol has it; the message names it.
    """
    size = len(body) if header_length is None else _header_length(header_length, len(body))
    if size > limits.json_body:
        raise ServeError(413, f"the JSON has {size} bytes; at most {limits.json_body} are read.")
    return from_object(json_object(body[:size], limits.json_depth), memoryview(body)[size:], limits)


def from_object(value: Mapping[str, Any], data: memoryview, limits: BodyLimits) -> Request:
    """Return what a JSON object asks for, with the tensors' bytes that stand behind it."""
    try:
        part = RequestPart.model_validate(value)
    except ValidationError as error:
        raise ServeError(400, f"the request is not as the protocol has it: {one_line(error)}.") from None
    if len(part.inputs) > limits.tensors:
        raise ServeError(
            400, f"the request has {len(part.inputs)} inputs; at most {limits.tensors} are read."
        )
    _refuse_reserved(part.parameters)
    binary = _switch(part.parameters, "binary_data_output", False)
    return Request(part.id, part.parameters, _inputs(part, data), _wanted(part, binary), binary)


def _header_length(text: str, most: int) -> int:
    """Return how much of the body is JSON."""
    if not text.isascii() or not text.isdecimal() or len(text) > 19 or not 0 < int(text) <= most:
        raise ServeError(
            400,
            f"Inference-Header-Content-Length is {checks.shown(text)}; expected the bytes of JSON that the "
            f"body begins with, from 1 to {most}.",
        )
    return int(text)


def _inputs(part: RequestPart, data: memoryview) -> dict[str, Tensor]:
    inputs: dict[str, Tensor] = {}
    place = 0
    for one in part.inputs:
        if one.name in inputs:
            raise ServeError(400, f"input '{one.name}' stands twice; expected every input once.")
        if one.datatype not in DTYPES and one.datatype != BYTES:
            raise ServeError(400, f"input '{one.name}' has the unknown datatype '{one.datatype}'.")
        size = _binary_size(one)
        if size is not None and place + size > len(data):
            raise ServeError(400, f"input '{one.name}' needs {size} bytes; {len(data) - place} are left.")
        array = _array(one, None if size is None else data[place : place + size])
        inputs[one.name] = Tensor(one.name, one.datatype, _bounded(one.name, array))
        place += size or 0
    if place != len(data):
        raise ServeError(400, f"{len(data)} bytes stand behind the JSON; the inputs say {place}.")
    return inputs


def _binary_size(one: InputPart) -> int | None:
    """Return how many bytes an input has behind the JSON; None: it has data."""
    size = one.parameters.get("binary_data_size")
    if (size is None) == (one.data is None):
        both = "neither data nor" if size is None else "both data and"
        raise ServeError(400, f"input '{one.name}' has {both} binary_data_size; expected one of them.")
    if size is not None and (type(size) is not int or size < 0):
        raise ServeError(
            400, f"input '{one.name}': binary_data_size is {checks.shown(size)}; expected bytes."
        )
    return None if size is None else int(size)


def _array(one: InputPart, data: memoryview | None) -> NDArray[Any]:
    shape = tuple(one.shape)
    if math.prod(shape) >= 2**48:
        raise ServeError(400, f"input '{one.name}' has shape {one.shape}; so many elements nobody can send.")
    if data is None:
        return from_json(one.name, one.datatype, shape, one.data or [])
    try:
        return from_bytes(one.datatype, shape, data)
    except DataError as error:
        raise ServeError(400, f"input '{one.name}': {error}") from error


def _bounded(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Refuse infinity; whether a model takes NaN is its own to say (``response.check``)."""
    if array.dtype.kind == "f" and np.isinf(array).any():
        place = np.argwhere(np.isinf(array))[0].tolist()
        raise ServeError(
            400, f"input '{name}', element {place} is {array[tuple(place)]}; expected finite numbers."
        )
    return array


def _wanted(part: RequestPart, binary: bool) -> list[Wanted] | None:
    if not part.outputs:
        return None
    names = [one.name for one in part.outputs]
    if len(set(names)) < len(names):
        raise ServeError(400, "an output is asked for twice; expected every output once.")
    return [Wanted(one.name, _switch(one.parameters, "binary_data", binary)) for one in part.outputs]


def _switch(parameters: Mapping[str, Any], name: str, default: bool) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise ServeError(400, f"parameter '{name}' is {checks.shown(value)}; expected true or false.")
    return value


def _refuse_reserved(parameters: Mapping[str, Any]) -> None:
    for name in parameters:
        if name == "headers" or name.startswith("triton_"):
            raise ServeError(400, f"parameter {checks.shown(name)} is reserved; use another name.")
