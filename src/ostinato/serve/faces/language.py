"""Language models of text and of music: how likely what was heard is, and what comes next."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ostinato.errors import DataError
from ostinato.runtime import MusicModel, Streams, TextModel
from ostinato.serve.faces.base import Face, Inputs, Outputs, one, one_row
from ostinato.serve.tensors import Form, Tensor, floats, text_form

TEXT, TOKENS = "text", "tokens"


class TokenFace(Face[Any]):
    """``token`` (T,) and ``nats`` (T,) of what was heard, and ``next`` (1, V): ln p of what comes, out."""

    @property
    def outputs(self) -> tuple[Form, ...]:
        """Return the tokens heard, how surprising each was, and how likely each is to come next."""
        size = self.model.network.spec.flows()[-1].size
        return Form("token", "INT64", (-1,)), Form("nats", "FP32", (-1,)), Form("next", "FP32", (1, size))

    def predict(self, inputs: Inputs) -> Outputs:
        """Hear one whole sequence."""
        streams = self.model.streams(1)
        (said,) = self.push(streams, [self.given(inputs)], [0])
        return self.finish(streams, 0, said)

    def plain(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Refuse: there is another route."""
        raise DataError("this is a language model, which writes on: POST to /generate, or let infer judge.")

    def push(self, streams: Streams[Any, Any], given: Sequence[Any], numbers: Sequence[int]) -> list[Outputs]:
        """Take streams on, together."""
        return [_outputs(said) for said in streams.push(given, numbers)]

    def finish(self, streams: Streams[Any, Any], number: int, said: Outputs) -> Outputs:
        """Return what was said, and what is said of that which was held back."""
        last = _outputs(streams.finish(number))
        token, nats = (np.concatenate([said[n].array, last[n].array]) for n in (0, 1))
        return said[0]._replace(array=token), said[1]._replace(array=nats), last[2]

    @abstractmethod
    def given(self, inputs: Inputs) -> Any:
        """Return what a stream is pushed."""


class LanguageFace(TokenFace):
    """A language model of text: ``text`` (1,) in, cut anywhere where it is a stream's."""

    model: TextModel

    @property
    def inputs(self) -> tuple[Form, ...]:
        """Return the text."""
        return (text_form(TEXT),)

    def given(self, inputs: Inputs) -> bytes:
        """Return a text's bytes: a chunk may end within a character."""
        return bytes(one_row(inputs, TEXT)[0])


class MusicFace(TokenFace):
    """A language model of music: ``tokens`` (T,) in."""

    model: MusicModel

    @property
    def inputs(self) -> tuple[Form, ...]:
        """Return the tokens' numbers."""
        return (Form(TOKENS, "INT64", (-1,)),)

    def given(self, inputs: Inputs) -> Any:
        """Return the tokens, whose range the stream checks."""
        return one(inputs, TOKENS).reshape(-1)


def _outputs(said: Any) -> Outputs:
    """Return what is foretold as tensors."""
    tokens = Tensor("token", "INT64", said.tokens.astype("<i8"))
    return tokens, floats("nats", said.nats), floats("next", said.log_probabilities[None])
