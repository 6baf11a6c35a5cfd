"""Models that read text and tell a label, several labels, or a number."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.runtime import Streams
from ostinato.serve.faces.base import Face, Inputs, Outputs, decoded, field, one_row, strings
from ostinato.serve.faces.told import told_of
from ostinato.serve.tensors import Form, text_form

TEXT = "text"


class TextFace(Face[Any]):
    """``text`` (B,) in; what ``told`` says of it, out.

    A stream of a classifier takes one text a request, cut anywhere, and is answered after each token that has
    become whole: (T, C) and (T,), T at least 0. Its last request is answered with one row more, for all of
    the text.
    """

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self.told = told_of(model)

    @property
    def inputs(self) -> tuple[Form, ...]:
        """Return the texts."""
        return (text_form(TEXT),)

    @property
    def outputs(self) -> tuple[Form, ...]:
        """Return what is told."""
        return self.told.forms()

    def about(self) -> dict[str, Any]:
        """Return what is told."""
        return self.told.about()

    def predict(self, inputs: Inputs) -> Outputs:
        """Answer whole texts."""
        return self.told.whole(self.model.predict(decoded(inputs, TEXT)))

    def plain(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Take ``{"texts": ["…", …]}``."""
        return self.told.worded(self.model.predict(strings(field(body, "texts", '"…"'), "texts")))

    def given(self, inputs: Inputs) -> bytes:
        """Return a text's bytes: a chunk may end within a character."""
        return bytes(one_row(inputs, TEXT)[0])

    def push(self, streams: Streams[Any, Any], given: Sequence[Any], numbers: Sequence[int]) -> list[Outputs]:
        """Take streams on, together."""
        return [self._answered(rows) for rows in streams.push(given, numbers)]

    def finish(self, streams: Streams[Any, Any], number: int, said: Outputs) -> Outputs:
        """Return one row more, for the whole text."""
        last = streams.finish(number)[None]
        return self._answered(np.concatenate([said[0].array.astype(np.float64), last]))

    def _answered(self, rows: NDArray[Any]) -> Outputs:
        (outputs,) = self.told.steps(rows[:, None])
        return outputs
