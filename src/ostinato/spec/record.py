"""The record of a training: what a model says of how its weights were found."""

from typing import Literal

from ostinato.spec.base import Spec


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
