"""What the training loop needs to know of a task, and nothing else."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ostinato.data.examples import Examples
from ostinato.preprocess.prepare import Preprocessor
from ostinato.read.sequences import Sequences
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.model import Classes
from ostinato.spec.network import Network


@dataclass(frozen=True)
class Problem:
    """One training problem: a network to be found, the examples, the loss and the scores.

    Args:
        network: what is to be trained.
        preprocessor: fitted on the training part alone.
        answer: what the network's scores stand for.
        train, train_targets: the training part; targets are indexed as the examples are.
        valid, valid_targets: the validation part, or None.
        loss: from scores and targets of one batch to the summed loss and the summed weight; the loss of
            several batches is the quotient of the two sums.
        scores: from all validation scores (N, …) and targets to named numbers, ``"loss"`` among them.
        metric: the name, among ``scores``, of what progress is measured by.
        maximize: whether more of it is better.
    """

    network: Network
    preprocessor: Preprocessor
    answer: Classes
    train: Examples
    train_targets: Tensor
    valid: Examples | None
    valid_targets: Tensor | None
    loss: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
    scores: Callable[[NDArray[np.float32], NDArray[np.int64]], Mapping[str, float]]
    metric: str
    maximize: bool


class Task(ABC):
    """One task."""

    name: Literal["classify"]

    @abstractmethod
    def resolve(self, sequences: Sequences, options: ClassifyOptions) -> ClassifyOptions:
        """Return the options with everything that is None chosen from the data; refuse unusable data."""

    @abstractmethod
    def strata(self, sequences: Sequences) -> list[str] | None:
        """Return what a split keeps in proportion, one text a sequence, or None."""

    @abstractmethod
    def problem(self, train: Sequences, valid: Sequences | None, options: ClassifyOptions) -> Problem:
        """Fit the preprocessing on the training part and return the problem; options are resolved."""
