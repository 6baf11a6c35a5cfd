"""A whole model as data: what the manifest of a model directory says, beside the files' checksums."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from ostinato.spec.answers import Classes, Labels, Letters, Quantity, Tags
from ostinato.spec.audio import Audio
from ostinato.spec.base import Spec
from ostinato.spec.chat import ChatOptions
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.columns import PairColumns, SpokenColumns, TaggedColumns
from ostinato.spec.flow import Flow
from ostinato.spec.forecast import ForecastOptions
from ostinato.spec.language import LanguageOptions
from ostinato.spec.network import Network, WordCharacters
from ostinato.spec.options import TaskOptions
from ostinato.spec.preprocessing import (
    Columns,
    Notes,
    PianoRoll,
    Preprocessing,
    Series,
    TokenPair,
    Tokens,
    Words,
)
from ostinato.spec.record import TrainingRecord
from ostinato.spec.regress import RegressOptions
from ostinato.spec.rolls import RollOptions
from ostinato.spec.tag import TagOptions
from ostinato.spec.transcribe import TranscribeOptions
from ostinato.spec.translate import TranslateOptions
from ostinato.spec.video import Video
from ostinato.spec.windows import Outlook, SeriesColumns, Windows


class Model(Spec):
    """Everything about a model but its weights; every task has its own kind of it.

    Args:
        precision: ``"int8"`` where the matrices of recurrent ops are stored, and run, as 8-bit integers.
    """

    task: str
    columns: Spec
    preprocessing: Preprocessing
    network: Network
    recipe: TaskOptions
    training: TrainingRecord
    precision: Literal["float", "int8"] = "float"


class ClassifyModel(Model):
    """A model that answers with one label a sequence or, where it says so, with one label a step."""

    task: Literal["classify"] = "classify"
    columns: Columns
    preprocessing: Annotated[Series | Tokens | Audio | Video, Field(discriminator="kind")]
    answer: Classes
    per_step: bool = False
    recipe: ClassifyOptions

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        taken, *_, made = self.network.flows()
        _check_taken(self.preprocessing.flow(), taken)
        _check_made(made, Flow("steps" if self.per_step else "summary", len(self.answer.labels)), "labels")
        return self


class LabelsModel(Model):
    """A model that says of several labels, each by itself, whether a sequence has it."""

    task: Literal["labels"] = "labels"
    columns: Columns
    preprocessing: Annotated[Series | Tokens, Field(discriminator="kind")]
    answer: Labels
    recipe: ClassifyOptions

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        taken, *_, made = self.network.flows()
        _check_taken(self.preprocessing.flow(), taken)
        _check_made(made, Flow("summary", len(self.answer.labels)), "labels")
        return self


class RegressModel(Model):
    """A model that tells a number: one a sequence, or one a step."""

    task: Literal["regress"] = "regress"
    columns: Columns
    preprocessing: Annotated[Series | Tokens, Field(discriminator="kind")]
    answer: Quantity
    recipe: RegressOptions

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        taken, *_, made = self.network.flows()
        _check_taken(self.preprocessing.flow(), taken)
        _check_made(made, Flow("steps" if self.answer.per_step else "summary", 1), "number")
        return self


class LanguageModel(Model):
    """A model that says what comes next in a text or in a piece of music, token by token.

    The network reads the V tokens of the vocabulary, one of which stands for the beginning: of a text it is
    one more, number V. Its scores are those of what comes next; those of that token are the end's.
    """

    task: Literal["language"] = "language"
    columns: Columns
    preprocessing: Annotated[Tokens | Notes, Field(discriminator="kind")]
    recipe: LanguageOptions

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        taken, *_, made = self.network.flows()
        read = self.preprocessing
        _check_taken(Flow("tokens", max(read.vocabulary_size, read.boundary + 1)), taken)
        _check_made(made, Flow("steps", taken.size), "tokens")
        return self


class RollModel(Model):
    """A model that says which of 88 keys sound in the next frame of a piano roll, each by itself."""

    task: Literal["rolls"] = "rolls"
    columns: Columns
    preprocessing: PianoRoll
    recipe: RollOptions

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        taken, *_, made = self.network.flows()
        _check_taken(self.preprocessing.flow(), taken)
        _check_made(made, Flow("steps", self.preprocessing.keys), "keys")
        return self


class TagModel(Model):
    """A model that answers with one tag a word and, if it is a joint one, with one label a sentence.

    The label comes from the network's branch ``label``.
    """

    task: Literal["tag"] = "tag"
    columns: TaggedColumns
    preprocessing: Words
    answer: Tags
    sentence: Classes | None = None
    recipe: TagOptions

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        taken, *_, made = self.network.flows()
        _check_taken(self.preprocessing.flow(), taken)
        reader, words = self.network.ops[0], self.preprocessing
        if not isinstance(reader, WordCharacters) or (reader.words, reader.letters) != (
            words.words,
            words.letters,
        ):
            raise ValueError(f"the network must begin with {words.words} words of {words.letters} letters")
        _check_made(made, Flow("steps", len(self.answer.labels)), "tags")
        self._check_branches()
        return self

    def _check_branches(self) -> None:
        wanted = {} if self.sentence is None else {"label": Flow("summary", len(self.sentence.labels))}
        found = {b.name: self.network.branch(b).flows()[-1] for b in self.network.branches}
        if found != wanted:
            raise ValueError(f"the network's branches are {found}; expected {wanted}")


class PairModel(Model):
    """A model that reads a text and says another one, token by token.

    The encoder reads the V tokens of the source's vocabulary and one more, number V, the mark: it ends the
    source, and each turn of a dialogue. The decoder reads the W tokens of the target's vocabulary and one
    more, number W, which begins every target; its scores are those of what comes next, number W for the end.
    """

    preprocessing: TokenPair

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.network.encoder is None:
            raise ValueError("the network has no encoder")
        for side, network in (
            (self.preprocessing.source, self.network.encoder),
            (self.preprocessing.target, self.network),
        ):
            read = side.flow()
            _check_taken(Flow(read.kind, read.size + 1), network.flows()[0])
        taken, *_, made = self.network.flows()
        _check_made(made, Flow("steps", taken.size), "tokens")
        return self


class TranslateModel(PairModel):
    """A model that translates."""

    task: Literal["translate"] = "translate"
    columns: PairColumns
    recipe: TranslateOptions


class ChatModel(PairModel):
    """A model that answers in a dialogue."""

    task: Literal["chat"] = "chat"
    columns: Columns
    recipe: ChatOptions


class ForecastModel(Model):
    """A model that reads the past of series and says what comes next, at once or a segment at a time.

    The network reads the segments of a context. It says the steps ahead after each of them or, with an
    encoder, step by step. A branch called ``linear`` says what a linear model of the context does.
    """

    task: Literal["forecast"] = "forecast"
    columns: SeriesColumns
    preprocessing: Windows
    answer: Outlook
    recipe: ForecastOptions

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        windows, network = self.preprocessing, self.network
        numbers = windows.width * self.answer.parameters
        *_, made = network.flows()
        reader = network if network.encoder is None else network.encoder
        _check_taken(windows.flow(), reader.flows()[0])
        if network.encoder is None:
            _check_made(made, Flow("steps", windows.said * numbers), "numbers")
        else:
            _check_taken(windows.ahead(), network.flows()[0])
            _check_made(made, Flow("steps", numbers), "numbers")
        wanted = {"linear": Flow("steps", windows.said * windows.width)}
        if (found := {b.name: reader.branch(b).flows()[-1] for b in reader.branches}) != wanted:
            raise ValueError(f"the network's branches are {found}; expected {wanted}")
        return self


class TranscribeModel(Model):
    """A model that writes down what is said in a recording, letter by letter."""

    task: Literal["transcribe"] = "transcribe"
    columns: SpokenColumns
    preprocessing: Audio
    answer: Letters
    recipe: TranscribeOptions

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        taken, *_, made = self.network.flows()
        _check_taken(self.preprocessing.flow(), taken)
        _check_made(made, Flow("steps", len(self.answer.symbols())), "symbols")
        return self


AnyOptions = (
    ClassifyOptions
    | RegressOptions
    | LanguageOptions
    | RollOptions
    | TagOptions
    | TranslateOptions
    | ChatOptions
    | ForecastOptions
    | TranscribeOptions
)
"""The options of some task; they differ in their fields, so that pydantic tells them apart."""

AnyModel = (
    ClassifyModel
    | LabelsModel
    | RegressModel
    | LanguageModel
    | RollModel
    | TagModel
    | TranslateModel
    | ChatModel
    | ForecastModel
    | TranscribeModel
)

MODELS: dict[str, type[AnyModel]] = {
    "classify": ClassifyModel,
    "labels": LabelsModel,
    "regress": RegressModel,
    "language": LanguageModel,
    "rolls": RollModel,
    "tag": TagModel,
    "translate": TranslateModel,
    "chat": ChatModel,
    "forecast": ForecastModel,
    "transcribe": TranscribeModel,
}
"""What describes a model of each task."""


def from_header(header: Mapping[str, Any]) -> Model:
    """Return the model that a manifest describes; pydantic's ValidationError says what does not fit."""
    text = json.dumps(header)
    described = MODELS.get(str(header.get("task")))
    return _any().validate_json(text) if described is None else described.model_validate_json(text)


@cache
def _any() -> TypeAdapter[Model]:
    """Return what refuses an unknown task; made when it is wanted, for it builds the models of all tasks."""
    return TypeAdapter(Annotated[AnyModel, Field(discriminator="task")])


def _check_taken(given: Flow, taken: Flow) -> None:
    if taken != given:
        found = f"preprocessing makes {given.kind} of size {given.size}"
        raise ValueError(f"{found}; the network takes {taken.kind} of size {taken.size}")


def _check_made(made: Flow, wanted: Flow, what: str) -> None:
    if made != wanted:
        raise ValueError(f"the network makes {made.kind} of size {made.size} for {wanted.size} {what}")
