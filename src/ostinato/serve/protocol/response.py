"""An inference response: JSON, or a JSON header with the tensors' bytes behind it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ostinato.errors import ServeError
from ostinato.serve.faces import Outputs
from ostinato.serve.protocol.elements import to_json
from ostinato.serve.protocol.request import Request, Wanted
from ostinato.serve.protocol.strict_json import dumps
from ostinato.serve.tensors import Form, Tensor, to_bytes


class Response(NamedTuple):
    """A body, and how much of it is JSON.

    Args:
        body: the bytes.
        header_length: of the JSON; None: all is.
    """

    body: bytes
    header_length: int | None


def check(request: Request, inputs: Sequence[Form], outputs: Sequence[Form], model: str) -> None:
    """Refuse a request whose inputs or outputs are not the model's.

    Raises:
        ServeError: one is missing, unknown, of another datatype, or holds NaN where no value may be missing;
            the message names it.
    """
    known = {form.name: form for form in inputs}
    if missing := [form.name for form in inputs if not form.optional and form.name not in request.inputs]:
        raise ServeError(400, f"input '{missing[0]}' is missing; model '{model}' takes {', '.join(known)}.")
    for name, tensor in request.inputs.items():
        if name not in known:
            raise ServeError(400, f"input '{name}' is unknown; model '{model}' takes {', '.join(known)}.")
        if tensor.datatype != known[name].datatype:
            raise ServeError(400, f"input '{name}' is {tensor.datatype}; expected {known[name].datatype}.")
        if not known[name].missing:
            _refuse_nan(tensor)
    made = [form.name for form in outputs]
    for wanted in request.outputs or ():
        if wanted.name not in made:
            raise ServeError(
                400, f"output '{wanted.name}' is unknown; model '{model}' has {', '.join(made)}."
            )


def build(
    request: Request,
    outputs: Outputs,
    model: str,
    version: str,
    parameters: Mapping[str, Any] | None = None,
    beside: Mapping[str, Any] | None = None,
) -> Response:
    """Return the response with the outputs that were asked for.

    Args:
        request: what was asked.
        outputs: all that the model says.
        model, version: who says it.
        parameters: what else is said, such as the number of a stream's step.
        beside: further fields of the JSON.
    """
    wanted = request.outputs or [Wanted(one.name, request.binary) for one in outputs]
    by_name = {one.name: one for one in outputs}
    parts, bodies = [], []
    for name, binary in wanted:
        part, body = _part(by_name[name], binary)
        parts.append(part)
        bodies.append(body)
    head: dict[str, Any] = {"model_name": model, "model_version": version}
    if request.id is not None:
        head["id"] = request.id
    if parameters:
        head["parameters"] = dict(parameters)
    header = dumps(head | dict(beside or {}) | {"outputs": parts})
    if not any(binary for _, binary in wanted):
        return Response(header, None)
    return Response(b"".join([header, *bodies]), len(header))


def _refuse_nan(tensor: Tensor) -> None:
    if tensor.array.dtype.kind == "f" and np.isnan(tensor.array).any():
        place = np.argwhere(np.isnan(tensor.array))[0].tolist()
        raise ServeError(
            400,
            f"input '{tensor.name}', element {place} is NaN; expected finite numbers: none may be missing.",
        )


def _part(tensor: Tensor, binary: bool) -> tuple[dict[str, Any], bytes]:
    """Return what stands in the JSON of one output, and what stands behind it."""
    part = {"name": tensor.name, "datatype": tensor.datatype, "shape": [*tensor.array.shape]}
    if not binary:
        return part | {"data": to_json(tensor)}, b""
    if tensor.array.dtype.kind == "f" and not np.isfinite(tensor.array).all():
        raise ServeError(500, f"output '{tensor.name}' is not finite: the model failed.")
    body = to_bytes(tensor)
    return part | {"parameters": {"binary_data_size": len(body)}}, body
