"""What the training loop needs to know of a task, and nothing else."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato.errors import ArgumentError
from ostinato.nn.network import Network
from ostinato.preprocess.base import Preprocessor
from ostinato.read.data import Data
from ostinato.spec import network as spec
from ostinato.spec.chat import ChatOptions
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.forecast import ForecastOptions
from ostinato.spec.language import LanguageOptions
from ostinato.spec.model import Model
from ostinato.spec.record import TrainingRecord
from ostinato.spec.regress import RegressOptions
from ostinato.spec.rolls import RollOptions
from ostinato.spec.tag import TagOptions
from ostinato.spec.transcribe import TranscribeOptions
from ostinato.spec.translate import TranslateOptions

Examples = TypeVar("Examples", bound=Data)
Options = TypeVar(
    "Options",
    ClassifyOptions,
    RegressOptions,
    LanguageOptions,
    RollOptions,
    TagOptions,
    TranslateOptions,
    ChatOptions,
    ForecastOptions,
    TranscribeOptions,
)
Carried = dict[str, Tensor]
"""What is handed from one step of an epoch to the next, by name: a state that goes on."""


class Loss(NamedTuple):
    """What one step's loss is.

    Args:
        total: the summed loss; the loss of several batches is the quotient of the two sums.
        weight: the summed weight.
        carried: what the next step of the epoch begins with, detached.
    """

    total: Tensor
    weight: float
    carried: Carried


@dataclass(frozen=True)
class Batch:
    """One step's work.

    Args:
        size: how many units of the data it has, of ``Problem.size`` in an epoch.
        names: what to call a few of them in messages, such as ``"sequences 'a', 'b'"``.
        content: the task's own.
    """

    size: int
    names: str
    content: Any


@dataclass(frozen=True)
class Probe:
    """What gradient flow is measured on.

    Args:
        input: a batch, the same in every epoch.
        targets: (B,), one a sequence.
        loss: from the scores that the network gives and targets to the summed loss and its weight.
    """

    input: PackedSequence
    targets: Tensor
    loss: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


class Problem(ABC):
    """One training problem: a network to be found, what it is trained on, its loss and its scores.

    Args:
        network: what is to be trained.
        preprocessor: fitted on the training part alone.
        metric: the name, among the validation scores, of what progress is measured by; ``"loss"`` is one.
        maximize: whether more of it is better.
        unit: what its size is counted in.
        labels: what the scores stand for; None: for the tokens that are read.
        unknown_rate: text: the part of validation tokens that the vocabulary lacks.
    """

    network: spec.Network
    preprocessor: Preprocessor
    metric: str
    maximize: bool
    unit: str = "sequences"
    labels: tuple[str, ...] | None
    unknown_rate: float | None

    @property
    def branch_labels(self) -> Mapping[str, tuple[str, ...]]:
        """Return what the scores of the branches stand for; of a network without branches, nothing."""
        return {}

    @property
    @abstractmethod
    def size(self) -> int:
        """Return how many units of data an epoch has, such as sequences."""

    @property
    @abstractmethod
    def steps(self) -> int:
        """Return the number of steps of all training data."""

    @property
    @abstractmethod
    def validated(self) -> bool:
        """Return whether there is a validation part."""

    @property
    @abstractmethod
    def steps_per_epoch(self) -> int:
        """Return the number of batches in an epoch."""

    @abstractmethod
    def epoch(self, number: int) -> Sequence[Batch]:
        """Return an epoch's batches: a function of the seed and the epoch's number, from 0."""

    def start(self) -> Carried:
        """Return what an epoch's first step begins with."""
        return {}

    def begin(self, network: Network) -> None:  # noqa: B027 - most begin as torch makes them
        """Change a fresh network before it is trained, where the problem knows how it should begin."""

    @abstractmethod
    def loss(self, network: Network, batch: Batch, carried: Carried) -> Loss:
        """Return the loss of one batch; the network is in training mode."""

    @abstractmethod
    def validate(self, network: Network) -> Mapping[str, float]:
        """Return the scores on the validation part by name, ``"loss"`` among them.

        The network is in evaluation mode, and no gradient is recorded.

        Raises:
            DivergedError: what the network says is not finite.
        """

    @abstractmethod
    def probe(self) -> Probe | None:
        """Return what gradient flow is measured on, or None where it is not."""


@dataclass(frozen=True)
class Part(Generic[Examples]):
    """What one network is trained and validated on."""

    train: Examples
    valid: Examples | None


@dataclass(frozen=True)
class StagePlan(Generic[Examples]):
    """One stage: its kind and the part of each network in it."""

    name: Literal["train", "folds", "final"]
    parts: list[Part[Examples]]


class Task(ABC, Generic[Examples, Options]):
    """One task."""

    name: str

    @abstractmethod
    def resolve(self, data: Examples, options: Options) -> Options:
        """Return the options with everything that is None chosen from the data; refuse unusable data."""

    def unsplit(self, options: Options) -> Options:
        """Return options that split nothing off, for callers who bring their own validation data.

        Raises:
            ArgumentError: the options ask for a split as well.
        """
        refuse_split("valid_fraction", options.data.valid_fraction)
        data = options.data.model_copy(update={"valid_fraction": 0.0})
        return options.model_copy(update={"data": data})

    @abstractmethod
    def plan(self, data: Examples, valid: Examples | None, options: Options) -> list[StagePlan[Examples]]:
        """Return the stages of training: what trains and what validates.

        Args:
            data: all training data.
            valid: validation data that the caller chose; then nothing is split off.
            options: resolved.
        """

    @abstractmethod
    def problem(self, train: Examples, valid: Examples | None, options: Options) -> Problem:
        """Fit the preprocessing on the training part and return the problem; options are resolved."""

    @abstractmethod
    def model(self, data: Examples, problem: Problem, options: Options, record: TrainingRecord) -> Model:
        """Return everything about the trained model but its weights."""

    def completed(self, model: Model, problem: Problem, weights: Mapping[str, NDArray[Any]]) -> Model:
        """Return the model with what is found out with the trained weights, such as how far it errs."""
        return model


def moved(batch: PackedSequence, device: str) -> PackedSequence:
    """Return a batch on the device that the network is trained on."""
    return batch if device == "cpu" else batch.cuda()


def refuse_split(name: str, value: float | None) -> None:
    """Refuse an option that asks for a split where validation data is given."""
    if value:
        raise ArgumentError(f"{name} is {value} and validation data is given too; give one of the two.")
