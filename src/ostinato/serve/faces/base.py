"""What a model looks like from outside, whatever its task: tensors in, tensors out."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.runtime import Model
from ostinato.serve.tensors import Form, Tensor

Loaded = TypeVar("Loaded", bound=Model)
Outputs = tuple[Tensor, ...]
Inputs = Mapping[str, Tensor]


class Live(Protocol):
    """Streams side by side, whatever their model: what a server needs to keep and to move them."""

    def __len__(self) -> int: ...

    def state(self, stream: int) -> bytes: ...

    def restore(self, state: bytes, stream: int) -> None: ...

    def reset(self, stream: int) -> None: ...


class Face(ABC, Generic[Loaded]):
    """A model as its clients see it.

    Args:
        model: the loaded model.
    """

    def __init__(self, model: Loaded) -> None:
        self.model = model

    @property
    @abstractmethod
    def inputs(self) -> tuple[Form, ...]:
        """Return what a request must hold."""

    @property
    @abstractmethod
    def outputs(self) -> tuple[Form, ...]:
        """Return what an answer holds."""

    @abstractmethod
    def predict(self, inputs: Inputs) -> Outputs:
        """Return the answer for whole sequences.

        Raises:
            DataError: an input cannot be used.
        """

    @abstractmethod
    def plain(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the answers to a JSON object, one for each sequence in it, ready to be JSON again.

        Raises:
            DataError: the object has other fields than the task's, or one cannot be used.
        """

    def file(self, data: bytes) -> list[dict[str, Any]]:
        """Return the answers to a file that comes as it is, as ``plain`` does.

        Raises:
            DataError: the model reads no files, or this one cannot be used.
        """
        raise DataError("the body is no JSON object; only models of sound and of video take files.")

    def about(self) -> dict[str, Any]:
        """Return what a page needs to know beside inputs and outputs."""
        return {}

    def why_not_stream(self) -> str | None:
        """Return in a sentence why the model cannot go on with a stream, or None if it can."""
        return self.model.why_not_stream()

    def streams(self, count: int) -> Live:
        """Return so many streams of a model that can stream."""
        return self.model.streams(count)

    def given(self, inputs: Inputs) -> Any:
        """Return what a stream is pushed, and how many steps it may be, at most.

        Raises:
            DataError: an input cannot be used.
        """
        raise DataError(str(self.why_not_stream()))

    def push(self, streams: Any, given: Sequence[Any], numbers: Sequence[int]) -> list[Outputs]:
        """Take streams on by what ``given`` returned for each, in one call if it can be.

        Raises:
            DataError: something given cannot be used; all streams are as they were.
        """
        raise DataError(str(self.why_not_stream()))

    def finish(self, streams: Any, number: int, said: Outputs) -> Outputs:
        """Return what is answered to a stream's last request, whose own answer is ``said``."""
        return said


def one(inputs: Inputs, name: str) -> NDArray[Any]:
    """Return the array of an input.

    Raises:
        DataError: it is missing: the stream is of a version of the model that takes other inputs.
    """
    if name not in inputs:
        raise DataError(f"input '{name}' is missing; {', '.join(inputs) or 'nothing'} was sent.")
    return inputs[name].array


def joined(parts: Sequence[Outputs]) -> Outputs:
    """Return the answers to several requests as one, their rows one after the other."""
    return tuple(
        same[0]._replace(array=np.concatenate([one.array for one in same]))
        for same in zip(*parts, strict=True)
    )


def one_row(inputs: Inputs, name: str) -> NDArray[Any]:
    """Return an input's only element of texts, as an array (1,)."""
    array = one(inputs, name).reshape(-1)
    if len(array) != 1:
        raise DataError(f"{name} has {len(array)} elements; a stream takes one text at a time.")
    return array


def decoded(inputs: Inputs, name: str) -> list[str]:
    """Return the texts of an input of BYTES.

    Raises:
        DataError: one is no UTF-8.
    """
    found = []
    for number, value in enumerate(one(inputs, name).reshape(-1).tolist(), start=1):
        try:
            found.append(value.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise DataError(f"{name}, element {number}: {error}; expected text in UTF-8.") from error
    return found


def either(inputs: Inputs, first: str, second: str) -> str:
    """Return which of two inputs was sent.

    Raises:
        DataError: both were, or neither.
    """
    if (first in inputs) == (second in inputs):
        both = "both" if first in inputs else "neither"
        raise DataError(f"{both} of '{first}' and '{second}' was sent; expected one of them.")
    return first if first in inputs else second


def field(body: Mapping[str, Any], name: str, what: str) -> list[Any]:
    """Return the only field of a JSON object, a list that is not empty."""
    found: list[Any] = fields(body, name, what)[name]
    return found


def fields(body: Mapping[str, Any], name: str, what: str, beside: Sequence[str] = ()) -> dict[str, list[Any]]:
    """Return the fields of a JSON object, lists: ``name``, which is not empty, and what may stand beside."""
    wrong = [one for one in body if one not in (name, *beside) or not isinstance(body[one], list)]
    if wrong or not body.get(name):
        found = ", ".join(map(checks.shown, list(body)[:10])) or "nothing"
        more = f", and lists for {', '.join(beside)}" if beside else ""
        raise DataError(f'the body has {found}; expected {{"{name}": [{what}, …]}}{more}.')
    return {one: list(values) for one, values in body.items()}


def nan_for_null(values: Any) -> Any:
    """Return values of JSON, nested in lists, with NaN where null stands.

    Example:
        >>> nan_for_null([[1.5, None], [2]])
        [[1.5, nan], [2]]
    """
    if isinstance(values, list):
        return [math.nan if value is None else nan_for_null(value) for value in values]
    return values


def strings(values: Sequence[Any], name: str) -> list[str]:
    """Return values that are all texts."""
    for number, value in enumerate(values, start=1):
        if not isinstance(value, str):
            raise DataError(f"{name}, element {number} is {checks.shown(value)}; expected a text.")
    return list(values)
