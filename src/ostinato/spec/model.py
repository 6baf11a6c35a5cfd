"""A whole model as data: what the manifest of a model directory says, beside the files' checksums."""

import json
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from ostinato.checks import shown
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
    Text,
    TokenPair,
    Tokens,
    Words,
)
from ostinato.spec.regress import RegressOptions
from ostinato.spec.rolls import RollOptions
from ostinato.spec.tag import TagOptions
from ostinato.spec.transcribe import TranscribeOptions
from ostinato.spec.translate import TranslateOptions
from ostinato.spec.video import Video
from ostinato.spec.windows import Outlook, SeriesColumns, Windows


class Classes(Spec):
    """The labels that a classifier answers with, in the order of its scores.

    Args:
        labels: C different texts.
        label_type: what the labels were where they did not come from a file, so that Python callers get
            back what they passed.
        threshold: of two labels, the probability from which on the second is said; None: the more probable
            one is.
    """

    labels: Annotated[tuple[Text, ...], Field(min_length=2, max_length=100_000)]
    label_type: Literal["text", "integer", "float", "boolean"] = "text"
    threshold: Annotated[float, Field(ge=0.0, le=1.0)] | None = None

    @model_validator(mode="after")
    def _no_label_twice(self) -> Self:
        _check_once("label", self.labels)
        if self.threshold is not None and len(self.labels) != 2:
            raise ValueError(f"a threshold is for two labels; there are {len(self.labels)}")
        return self


class Epoch(Spec):
    """One row of the training log. A field is None where the epoch had no such thing."""

    stage: str
    epoch: int
    train_loss: float
    valid_loss: float | None
    valid_metric: float | None
    learning_rate: float
    gradient_norm: float
    seconds: float
    sequences_per_second: float


class GradientFlow(Spec):
    """How much of the loss's gradient reaches the state of one layer, some steps before the loss.

    ``norms[i]`` is the norm of dLoss/dh at ``distances[i]`` steps before the sequence's last step, the root
    mean square over the measured sequences.
    """

    epoch: int
    layer: int
    distances: tuple[int, ...]
    norms: tuple[float, ...]


class TrainingRecord(Spec):
    """How the weights were found.

    Args:
        sequences, steps: the size of the training part.
        selection: how the stopping point was chosen: on a validation part, by folds, or not at all.
        metric, best_epoch: what progress was measured by, and the epoch whose weights were kept.
        scores: validation scores of the kept weights (folds: means over the folds), by name.
        unknown_rate: text: the part of validation tokens that the vocabulary lacks.
        data_sha256: a fingerprint of the training sequences and labels.
        versions: versions of Python, Ostinato, torch and NumPy.
        history, gradient_flow: the training log, and one measurement a layer and epoch.
    """

    sequences: int
    steps: int
    parameters: int
    selection: Literal["validation", "folds", "none"]
    metric: str
    best_epoch: int
    scores: dict[str, float]
    unknown_rate: float | None
    seconds: float
    threads: int
    data_sha256: str
    versions: dict[str, str]
    history: tuple[Epoch, ...]
    gradient_flow: tuple[GradientFlow, ...]


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


class Labels(Spec):
    """Labels of which a sequence may have any, in the order of a network's scores.

    Args:
        labels: L different texts.
        thresholds: from which probability on each is said.
    """

    labels: Annotated[tuple[Text, ...], Field(min_length=1, max_length=10_000)]
    thresholds: tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...]

    @model_validator(mode="after")
    def _one_threshold_each(self) -> Self:
        _check_once("label", self.labels)
        if len(self.labels) != len(self.thresholds):
            raise ValueError(f"{len(self.labels)} labels and {len(self.thresholds)} thresholds")
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


class Quantity(Spec):
    """The number that a regression model tells: ``center + spread * y``, y what its network says.

    Args:
        name: what it is called.
        center, spread: its mean and standard deviation in training, after the cap; spread is above 0.
        per_step: whether it is told at every step, or once a sequence.
    """

    name: Text
    center: float
    spread: Annotated[float, Field(gt=0.0)]
    per_step: bool = False


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


class Tags(Spec):
    """The tags that a tagger answers with, in the order of its scores.

    Args:
        labels: C different texts.
        scheme: how they mark entities, which decoding never breaks; ``"none"``: every tag stands for itself.
    """

    labels: Annotated[tuple[Text, ...], Field(min_length=2, max_length=100_000)]
    scheme: Literal["none", "IOB1", "IOB2", "IOBES", "BILOU", "BMES"] = "none"

    @model_validator(mode="after")
    def _no_label_twice(self) -> Self:
        _check_once("tag", self.labels)
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


class Letters(Spec):
    """What a transcriber writes with.

    Args:
        letters: V different characters; the network has a score for none of them, the blank, and then theirs.
    """

    letters: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=1)], ...],
        Field(min_length=1, max_length=100_000),
    ]

    def symbols(self) -> tuple[str, ...]:
        """Return what the scores stand for: nothing, then each letter."""
        return ("", *self.letters)

    @model_validator(mode="after")
    def _no_letter_twice(self) -> Self:
        _check_once("letter", self.letters)
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


def _check_once(what: str, labels: tuple[str, ...]) -> None:
    label, times = Counter(labels).most_common(1)[0]
    if times > 1:
        raise ValueError(f"the {what} {shown(label)} stands {times} times; every {what} may stand once")


def _check_taken(given: Flow, taken: Flow) -> None:
    if taken != given:
        found = f"preprocessing makes {given.kind} of size {given.size}"
        raise ValueError(f"{found}; the network takes {taken.kind} of size {taken.size}")


def _check_made(made: Flow, wanted: Flow, what: str) -> None:
    if made != wanted:
        raise ValueError(f"the network makes {made.kind} of size {made.size} for {wanted.size} {what}")
