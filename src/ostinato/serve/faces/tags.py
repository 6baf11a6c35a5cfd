"""Taggers: a tag for every word of a sentence."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.runtime import Streams, Tagger
from ostinato.serve.faces.base import Face, Inputs, Outputs, decoded, field, strings
from ostinato.serve.tensors import Form, floats, text_form, texts

WORDS = "words"


class TagFace(Face[Tagger]):
    """``words`` (T,) of one sentence in; ``tag`` (T,), ``probabilities`` (T, C) and ``label`` out.

    ``label`` is (1,) where the model tells a sentence's label, else (0,). A stream is answered word by word
    with the likeliest tag given the words so far, and with a label at its end.
    """

    @property
    def inputs(self) -> tuple[Form, ...]:
        """Return the sentence's words."""
        return (text_form(WORDS),)

    @property
    def outputs(self) -> tuple[Form, ...]:
        """Return the words' tags, the probability of each tag, and the sentence's label."""
        classes = Form("probabilities", "FP32", (-1, len(self.model.tags)))
        return text_form("tag"), classes, text_form("label")

    def predict(self, inputs: Inputs) -> Outputs:
        """Tag one whole sentence."""
        words = [decoded(inputs, WORDS)]
        answer, (rows,) = self.model.predict(words), self.model.marginals(words)
        return _outputs(answer.tags[0], rows, answer.labels or [])

    def plain(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Take ``{"sentences": [["…", …], …]}``."""
        sentences = field(body, "sentences", '["…"]')
        for number, words in enumerate(sentences, start=1):
            if not isinstance(words, list):
                raise DataError(f"sentence {number} is {checks.shown(words)}; expected a list of words.")
            strings(words, f"sentence {number}")
        answer = self.model.predict(sentences)
        told = [{}] * len(answer.tags) if answer.labels is None else [{"label": one} for one in answer.labels]
        return [{"tags": tags} | label for tags, label in zip(answer.tags, told, strict=True)]

    def given(self, inputs: Inputs) -> list[str]:
        """Return the words that a stream hears, at least one."""
        words = decoded(inputs, WORDS)
        if not words:
            raise DataError(f"{WORDS} is empty; expected at least one word.")
        return words

    def push(self, streams: Streams[Any, Any], given: Sequence[Any], numbers: Sequence[int]) -> list[Outputs]:
        """Take streams on, together."""
        return [_outputs(self._best(rows), rows, []) for rows in streams.push(given, numbers)]

    def finish(self, streams: Streams[Any, Any], number: int, said: Outputs) -> Outputs:
        """Return what was said, and the sentence's label."""
        probabilities = streams.finish(number)
        labels = [self.model.labels[int(np.argmax(probabilities))]] if len(probabilities) else []
        return *said[:2], texts("label", labels)

    def _best(self, rows: NDArray[Any]) -> list[str]:
        return [self.model.tags[best] for best in rows.argmax(axis=-1).tolist()]


def _outputs(tags: list[str], rows: NDArray[Any], labels: list[str]) -> Outputs:
    return texts("tag", tags), floats("probabilities", rows), texts("label", labels)
