"""WebSocket messages: a request as one JSON text or one binary frame; or steps of many streams in one."""

import struct
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ostinato.archive.manifest import one_line
from ostinato.errors import ServeError
from ostinato.serve.faces import Outputs
from ostinato.serve.limits import BodyLimits
from ostinato.serve.protocol.request import Request, from_object
from ostinato.serve.protocol.response import Response
from ostinato.serve.protocol.sequence import Place, checked_id
from ostinato.serve.protocol.strict_json import json_object
from ostinato.serve.tensors import Tensor

_LENGTH = struct.Struct("<I")
MANY = "sequences"


class ManyPart(BaseModel):
    """Which streams a frame takes on, and where each of its rows stands in its stream."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    ids: Annotated[list[int | str], Field(min_length=1, max_length=65_536)]
    start: bool | list[bool] = False
    end: bool | list[bool] = False
    steps: list[Annotated[int, Field(ge=1, lt=2**62)]] | None = None


class Frame(NamedTuple):
    """One message.

    Args:
        request: what is asked.
        places: the streams that it is for, one a row of the inputs; None: the connection's own.
    """

    request: Request
    places: Sequence[Place] | None


def parse(message: str | bytes, limits: BodyLimits) -> Frame:
    """Return what a message asks for: JSON; or its length as a u32, little-endian, JSON, and tensors.

    Raises:
        ServeError: it is neither, or says something that the protocol has not.
    """
    if isinstance(message, str):
        value, data = json_object(message.encode("utf-8", "surrogatepass"), limits.json_depth), b""
    else:
        value, data = _split(message, limits.json_depth)
    places = None if MANY not in value else _places(value.pop(MANY))
    return Frame(from_object(value, memoryview(data), limits), places)


def framed(response: Response) -> str | bytes:
    """Return a response as a message of the kind that its request was asked to have."""
    if response.header_length is None:
        return response.body.decode()
    return _LENGTH.pack(response.header_length) + response.body


def rows(frame: Frame, count: int) -> list[dict[str, Tensor]]:
    """Return the inputs of each of so many streams: rows of the frame's.

    Raises:
        ServeError: an input has another number of rows.
    """
    for tensor in frame.request.inputs.values():
        if tensor.array.shape[:1] != (count,):
            raise ServeError(
                400,
                f"input '{tensor.name}' has shape {[*tensor.array.shape]}; "
                f"expected {count} rows, one a stream.",
            )
    columns = [
        # with the dots also what is one text a stream stays an array
        [Tensor(tensor.name, tensor.datatype, tensor.array[number, ...]) for number in range(count)]
        for tensor in frame.request.inputs.values()
    ]
    names = [*frame.request.inputs]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def stacked(outputs: Sequence[Outputs]) -> Outputs:
    """Return the outputs of many streams as one, with an axis of streams before all others.

    Raises:
        ServeError: they differ in shape, as answers to texts may.
    """
    shapes = {tuple(one.array.shape for one in each) for each in outputs}
    if len(shapes) > 1:
        raise ServeError(400, "the streams' answers differ in length; ask for streams like these one by one.")
    return tuple(
        together[0]._replace(array=np.stack([one.array for one in together]))
        for together in zip(*outputs, strict=True)
    )


def _split(message: bytes, depth: int) -> tuple[dict[str, Any], bytes]:
    size = _LENGTH.unpack_from(message)[0] if len(message) >= _LENGTH.size else -1
    place = _LENGTH.size + size
    if not size > 0 or place > len(message):
        raise ServeError(
            400, "the frame does not begin with the length of its JSON, as a u32, little-endian."
        )
    return json_object(message[_LENGTH.size : place], depth), message[place:]


def _places(value: Mapping[str, Any]) -> list[Place]:
    try:
        part = ManyPart.model_validate(value)
    except ValidationError as error:
        raise ServeError(400, f"'{MANY}' is not as expected: {one_line(error)}.") from None
    count = len(part.ids)
    starts, ends = ([one] * count if isinstance(one, bool) else one for one in (part.start, part.end))
    numbers: list[Any] = [None] * count if part.steps is None else [*part.steps]
    if not len(starts) == len(ends) == len(numbers) == count:
        raise ServeError(400, f"'{MANY}' has {count} ids; expected as many of start, end and steps.")
    return [Place(checked_id(id), *rest) for id, *rest in zip(part.ids, starts, ends, numbers, strict=True)]
