"""Models of translation and of dialogue: a text is read, another one is said."""

from collections.abc import Mapping
from typing import Any

from ostinato.runtime import Chatter, Translator
from ostinato.serve.faces.base import Face, Inputs, Outputs, decoded, field, strings
from ostinato.serve.tensors import Form, text_form, texts


class TranslateFace(Face[Translator]):
    """``text`` (B,) in; ``translation`` (B,) out."""

    @property
    def inputs(self) -> tuple[Form, ...]:
        """Return the texts."""
        return (text_form("text"),)

    @property
    def outputs(self) -> tuple[Form, ...]:
        """Return their translations."""
        return (text_form("translation"),)

    def predict(self, inputs: Inputs) -> Outputs:
        """Translate whole texts."""
        return (texts("translation", self.model.translate(decoded(inputs, "text"))),)

    def plain(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Take ``{"texts": ["…", …]}``."""
        found = self.model.translate(strings(field(body, "texts", '"…"'), "texts"))
        return [{"text": text} for text in found]


class ChatFace(Face[Chatter]):
    """``turns`` (N,) of a dialogue so far in, the last one last; ``answer`` (1,) out."""

    @property
    def inputs(self) -> tuple[Form, ...]:
        """Return the turns."""
        return (text_form("turns"),)

    @property
    def outputs(self) -> tuple[Form, ...]:
        """Return what may be said next."""
        return (text_form("answer"),)

    def predict(self, inputs: Inputs) -> Outputs:
        """Answer the last turn."""
        return (texts("answer", [self._answer(decoded(inputs, "turns"))]),)

    def plain(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Take ``{"turns": ["…", …]}``."""
        return [{"text": self._answer(strings(field(body, "turns", '"…"'), "turns"))}]

    def _answer(self, turns: list[str]) -> str:
        return self.model.answer(turns, turn=len(turns))
