"""Models that read text and tell a label, several labels, or a number."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ostinato.runtime import Streams
from ostinato.serve.faces.base import Inputs, Outputs, decoded, field, one_row, strings
from ostinato.serve.faces.told import ToldFace
from ostinato.serve.tensors import Form, text_form

TEXT = "text"


class TextFace(ToldFace[Any]):
    """``text`` (B,) in; what ``told`` says of it, out.

    A stream of a classifier takes one text a request, cut anywhere, and is answered after each token that has
    become whole: (T, C) and (T,), T at least 0. Its last request is answered with one row more, for all of
    the text.
    """

    @property
    def inputs(self) -> tuple[Form, ...]:
        """Return the texts."""
        return (text_form(TEXT),)

    def predict(self, inputs: Inputs) -> Outputs:
        """Answer whole texts."""
        return self.told.whole(self.model.predict(decoded(inputs, TEXT)))

    def plain(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Take ``{"texts": ["…", …]}``."""
        return self.told.worded(self.model.predict(strings(field(body, "texts", '"…"'), "texts")))

    def given(self, inputs: Inputs) -> bytes:
        """Return a text's bytes: a chunk may end within a character."""
        return bytes(one_row(inputs, TEXT)[0])

    def finish(self, streams: Streams[Any, Any], number: int, said: Outputs) -> Outputs:
        """Return one row more, for the whole text."""
        last = streams.finish(number)[None]
        return self.answered(np.concatenate([said[0].array.astype(np.float64), last]))
