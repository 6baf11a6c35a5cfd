"""Streams that are given lines of text, such as a sensor's, a log's or a person's, and answer for a line."""

import json
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, Final, cast

import numpy as np

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read import numerals
from ostinato.read.rolls import LOWEST
from ostinato.runtime.base import Array
from ostinato.runtime.classify import Classifier
from ostinato.runtime.language import TextModel
from ostinato.runtime.loading import AnyModel
from ostinato.runtime.rolls import FrameModel
from ostinato.runtime.sequences import SequenceModel
from ostinato.runtime.streams.base import Stream
from ostinato.runtime.streams.blocks import SoundBlocks
from ostinato.runtime.streams.pipe import Pipe, Said, classified, counted, labelled, several
from ostinato.runtime.tag import Tagger
from ostinato.spec.answers import Labels, Quantity
from ostinato.spec.audio import Audio
from ostinato.spec.preprocessing import Series

LONGEST = 2**24
"""Bytes of a line at most."""

SOUNDING = 0.5
"""The probability above which a key is said to sound."""


class Lines(Pipe):
    """A stream that hears a line at a time."""

    unit = "line"

    def cut(self, given: bytes) -> tuple[list[bytes], bytes]:
        """Return the lines that have ended, with their line ends, and the one that has not."""
        *ended, rest = given.split(b"\n")
        if len(rest) > LONGEST:
            raise DataError(f"a line has more than {LONGEST} bytes; put line ends between steps.")
        return [line + b"\n" for line in ended], rest

    def read(self, piece: bytes) -> Said | None:
        """Hear a line."""
        try:
            line = piece.decode()
        except UnicodeDecodeError as error:
            raise DataError(
                f"byte {error.start + 1} is {piece[error.start]:#04x}, which is no UTF-8; convert the text "
                "to UTF-8."
            ) from error
        return self.hear(line)

    @abstractmethod
    def hear(self, line: str) -> Said | None:
        """Return what is said after a line, its line end included; errors as for ``read``."""


class SeriesLines(Lines):
    """Steps of numbers: a list of JSON, an object by channels' names, or values with commas between them.

    A first line of the channels' names says in which order they stand. A blank line ends the sequence. Where
    values may be missing, one is that is null or, between commas, nothing or a usual word for it.

    Args:
        stream: what is pushed.
        series: what the model reads.
        tell: from the answer after a step to what is said.
    """

    def __init__(self, stream: Stream[Any, Any], series: Series, tell: Callable[[Array], Said]) -> None:
        super().__init__(stream)
        self._channels, self._gaps, self._tell = list(series.channels), series.missing != "forbid", tell
        self._order: list[int] | None = None

    def hear(self, line: str) -> Said | None:
        """Hear a step."""
        text = line.strip()
        if not text:
            self.stream.reset()
            return None
        fields = [field.strip() for field in text.split(",")]
        if sorted(fields) == sorted(self._channels):
            self._order = [fields.index(name) for name in self._channels]
            return None
        return self._tell(self.stream.push(np.array(self._values(text, fields))))

    def _values(self, text: str, fields: list[str]) -> list[float]:
        if text[0] in "[{":
            return self._of_json(text)
        try:
            values = [self._number(field) for field in fields]
        except ValueError as error:
            raise DataError(self._no_step(text, "numbers with commas between")) from error
        if self._order is None or len(values) != len(self._order):
            return values
        return [values[place] for place in self._order]

    def _number(self, field: str) -> float:
        return float("nan") if self._gaps and numerals.missing(field) else float(field)

    def _of_json(self, text: str) -> list[float]:
        found = parsed(text)
        if isinstance(found, dict):
            if found.keys() != set(self._channels):
                raise DataError(
                    f"{checks.shown(text)} names other channels; expected {', '.join(self._channels)}."
                )
            found = [found[name] for name in self._channels]
        if self._gaps and isinstance(found, list):
            found = [float("nan") if value is None else value for value in found]
        if not isinstance(found, list) or not all(type(value) in (int, float) for value in found):
            raise DataError(self._no_step(text, "a list of numbers"))
        return found

    def _no_step(self, text: str, expected: str) -> str:
        names = ", ".join(self._channels)
        return f"{checks.shown(text)} is no step; expected {expected}, one for each channel: {names}."


class TextLines(Lines):
    """Text: the label of all that was heard."""

    def __init__(self, stream: Stream[Any, Any], model: Classifier) -> None:
        super().__init__(stream)
        self._answer = model.spec.answer

    def hear(self, line: str) -> Said | None:
        """Hear a line."""
        answer = self.stream.push(line)
        return classified(self._answer, answer[-1]) if len(answer) else None

    def end(self) -> Said | None:
        """Hear what was held back."""
        return classified(self._answer, self.stream.finish())


class LanguageLines(Lines):
    """Text: how surprising each line was, in nats a token."""

    def __init__(self, stream: Stream[Any, Any], model: TextModel) -> None:
        super().__init__(stream)
        self._count = 0

    def hear(self, line: str) -> Said | None:
        """Hear a line."""
        return self._said(self.stream.push(line))

    def end(self) -> Said | None:
        """Hear what was held back."""
        return self._said(self.stream.finish())

    def _said(self, foretold: Any) -> Said | None:
        tokens = len(foretold.tokens)
        if not tokens:
            return None
        self._count += 1
        mean = float(foretold.nats.mean())
        data = {"tokens": tokens, "nats": float(foretold.nats.sum()), "nats_per_token": mean}
        return Said(self._count, f"{mean:.4f} nats a token, {tokens} tokens", data)


class FrameLines(Lines):
    """Frames: 88 numbers of 0 and 1, as a list of JSON or with commas between. A blank line ends a piece."""

    def hear(self, line: str) -> Said | None:
        """Hear a frame."""
        text = line.strip()
        if not text:
            self.stream.reset()
            return None
        likely = self.stream.push(parsed(text if text.startswith("[") else f"[{text}]"))
        pitches = (np.flatnonzero(likely > SOUNDING) + LOWEST).tolist()
        shown = " ".join(map(str, pitches)) or "no key"
        return Said(tuple(pitches), shown, {"pitches": pitches, "probabilities": likely.round(6).tolist()})


class TagLines(Lines):
    """Words, one a line; a blank line ends the sentence."""

    def __init__(self, stream: Stream[Any, Any], model: Tagger) -> None:
        super().__init__(stream)
        self._tags, self._labels = model.tags, model.labels

    def hear(self, line: str) -> Said | None:
        """Hear a word."""
        word = line.strip()
        if not word:
            return self.end()
        said = labelled(self._tags, self.stream.push(word), name="tag")
        return Said((self.stream.steps, said.key), f"{word}\t{said.text}", {"word": word} | said.data)

    def end(self) -> Said | None:
        """End the sentence, and return its label where there is one."""
        heard = self.stream.steps
        label = self.stream.finish() if heard and self._labels else None
        self.stream.reset()
        return None if label is None else labelled(self._labels, label)


def pipe_of(model: AnyModel, state: bytes | None = None, rate: int | None = None) -> Pipe:
    """Return what hears for a model what a pipe brings, from its beginning or from a state.

    Args:
        model: what hears.
        state: of a stream of the model.
        rate: of sound, samples a second; None: as many as the model's.

    Raises:
        StreamError: the model cannot stream, or the state is of another one.
        ArgumentError: the model's input comes in no lines, or ``rate`` is said of what is no sound.
    """
    read = model.preprocessor.spec
    if reason := _why_no_lines(model):
        raise ArgumentError(reason)
    if rate is not None and not isinstance(read, Audio):
        raise ArgumentError("a rate is about sound, and this model hears none; leave --rate out.")
    stream = model.stream() if state is None else model.restore(state)
    if isinstance(model, Classifier) and isinstance(read, Audio):
        return SoundBlocks(stream, model, rate or read.sample_rate, read.sample_rate)
    if isinstance(model, SequenceModel) and isinstance(read, Series):
        return SeriesLines(stream, read, _teller(model))
    if isinstance(model, Classifier):
        return TextLines(stream, model)
    if isinstance(model, TextModel):
        return LanguageLines(stream, model)
    return FrameLines(stream) if isinstance(model, FrameModel) else TagLines(stream, cast(Tagger, model))


def _why_no_lines(model: AnyModel) -> str | None:
    """Return why what a model hears comes in no lines, or None."""
    read = model.preprocessor.spec
    if isinstance(read, Series) and read.unit is not None:
        return (
            "this model reads when each step was, which a line does not say; push steps with their times to "
            "model.stream()."
        )
    if model.why_not_stream():
        return None
    return SPOKEN if model.spec.task == "transcribe" else ELSEWHERE.get(read.kind)


ELSEWHERE: Final = {
    "video": "a model of video sees frames, which have no lines; push them to model.stream().",
    "notes": "a model of notes reads MIDI, which has no lines; push its tokens to model.stream().",
}
"""Why there are no lines of what a model hears, by what that is."""

SPOKEN: Final = "a transcriber hears samples, which have no lines; give them to: ostinato transcribe MODEL -"


def _teller(model: SequenceModel) -> Callable[[Array], Said]:
    """Return what makes words of an answer to numbers."""
    answer = model.spec.answer
    if isinstance(answer, Quantity):
        return counted
    return partial(several, answer) if isinstance(answer, Labels) else partial(classified, answer)


def parsed(text: str) -> Any:
    """Return what a line of JSON says."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{checks.shown(text)} is no JSON; expected a list of numbers.") from error
