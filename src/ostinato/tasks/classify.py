"""Sequence classification: one label for a whole sequence."""

import warnings
from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ostinato.answers.classify import scores, softmax
from ostinato.checks import choice, given, shown
from ostinato.data.examples import Examples
from ostinato.errors import DataError, OstinatoWarning
from ostinato.preprocess.prepare import Preprocessor
from ostinato.read.sequences import Sequences
from ostinato.spec.classify import ClassifyNetwork, ClassifyOptions
from ostinato.spec.model import Classes
from ostinato.spec.network import AnyOp, Convolution, Dropout, Embedding, Head, Network, Pool, Recurrent
from ostinato.tasks.base import Problem, Task
from ostinato.tasks.defaults import fill

Scores = Callable[[NDArray[np.float32], NDArray[np.int64]], Mapping[str, float]]
Loss = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]

METRICS = {"accuracy": True, "f1_macro": True, "precision_macro": True, "recall_macro": True, "loss": False}
"""What progress can be measured by, and whether more of it is better."""

CONVOLUTIONS = (8, 5)
"""Kernel sizes of the ``conv`` front."""


class Classify(Task):
    """Network: front, recurrent stack, pool, head. Loss: cross-entropy over the classes."""

    name = "classify"

    def resolve(self, sequences: Sequences, options: ClassifyOptions) -> ClassifyOptions:
        """Return the options with everything open chosen from the kind and the number of sequences.

        Raises:
            DataError: there are no labels, or only one class.
            ArgumentError: the metric is unknown.
        """
        labels = _labels(sequences)
        _warn_of_copied_labels(sequences, labels)
        several = sum(count for count in Counter(labels).values() if count > 1)
        resolved = fill(options, sequences.kind, len(sequences), most_folds=several)
        choice("metric", resolved.training.metric, METRICS)
        return resolved

    def strata(self, sequences: Sequences) -> list[str] | None:
        """Return the labels: every part of a split holds the classes in proportion."""
        return _labels(sequences)

    def problem(self, train: Sequences, valid: Sequences | None, options: ClassifyOptions) -> Problem:
        """Fit the preprocessing on the training part and return the problem.

        Raises:
            DataError: a validation label never occurs in the training part.
        """
        classes = Classes(labels=tuple(sorted(set(_labels(train)))))
        preprocessor = Preprocessor.fit(train, options.data)
        targets = _targets(train, classes)
        metric = options.training.metric or "loss"
        return Problem(
            network=network(preprocessor, len(classes.labels), options.network),
            preprocessor=preprocessor,
            answer=classes,
            train=Examples(preprocessor.apply(train)),
            train_targets=targets,
            valid=None if valid is None else Examples(preprocessor.apply(valid)),
            valid_targets=None if valid is None else _targets(valid, classes),
            loss=_loss(targets, len(classes.labels), options),
            scores=_scores(classes),
            metric=metric,
            maximize=METRICS[metric],
        )


CLASSIFY = Classify()


def network(preprocessor: Preprocessor, classes: int, options: ClassifyNetwork) -> Network:
    """Return the network of a classifier: front, recurrent stack, pool, head; options are resolved."""
    hidden_size, layers = given("hidden_size", options.hidden_size), given("layers", options.layers)
    rate = given("dropout", options.dropout)
    into = preprocessor.spec.flow()
    recurrent = Recurrent(
        cell="rnn_tanh" if options.cell == "rnn" else options.cell,
        hidden_size=hidden_size,
        layers=layers,
        bidirectional=options.bidirectional,
        dropout=rate if layers > 1 else 0.0,
    )
    ops: list[AnyOp] = [
        *(_embedding(given("embedding_size", options.embedding_size), rate) if into.kind == "tokens" else ()),
        *(_convolutions(hidden_size, rate) if options.front == "conv" else ()),
        recurrent,
        Pool(kinds=given("pool", options.pool), directions=recurrent.directions),
        Dropout(name="summary_dropout", rate=rate),
        Head(size=classes),
    ]
    return Network(input="tokens" if into.kind == "tokens" else "steps", input_size=into.size, ops=tuple(ops))


def _embedding(size: int, rate: float) -> tuple[AnyOp, ...]:
    return Embedding(size=size), Dropout(name="embedding_dropout", rate=rate)


def _convolutions(channels: int, rate: float) -> tuple[AnyOp, ...]:
    return (
        *(
            Convolution(name=f"convolution_{i}", channels=channels, kernel_size=size)
            for i, size in enumerate(CONVOLUTIONS, start=1)
        ),
        Dropout(name="convolution_dropout", rate=rate),
    )


def _labels(sequences: Sequences) -> list[str]:
    """Return the labels, of two classes at least."""
    if sequences.labels is None:
        raise DataError(
            "the data has no labels, and a classifier needs one for every sequence; name their column."
        )
    if len(set(sequences.labels)) < 2:
        raise DataError(
            f"every one of the {len(sequences)} sequences has the label {shown(sequences.labels[0])}; "
            "a classifier needs at least two classes."
        )
    return sequences.labels


def _targets(sequences: Sequences, classes: Classes) -> Tensor:
    """Return each sequence's class number, (B,) int64."""
    number = {label: i for i, label in enumerate(classes.labels)}
    labels = sequences.labels or []
    for i, label in enumerate(labels):
        if label not in number:
            place = sequences.places[i] if sequences.places else f"sequence {shown(sequences.ids[i])}"
            raise DataError(
                f"{place}: the label {shown(label)} never occurs in the training data, so it could only be "
                "wrong; add training sequences of that class, or remove this one."
            )
    return torch.tensor([number[label] for label in labels])


def _loss(
    targets: Tensor, classes: int, options: ClassifyOptions
) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return the cross-entropy as a sum over a batch and the sum of its weights.

    Balanced weights are n / (C n_c), so that every class weighs the same in all.
    """
    smoothing = options.training.label_smoothing
    weight = None
    if options.training.class_weights == "balanced":
        weight = len(targets) / (classes * torch.bincount(targets, minlength=classes).float())

    def loss(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        total = F.cross_entropy(output, target, weight=weight, reduction="sum", label_smoothing=smoothing)
        return total, output.new_tensor(len(target)) if weight is None else weight[target].sum()

    return loss


def _scores(classes: Classes) -> Scores:
    """Return the function from validation scores and targets to named numbers."""

    def named(output: NDArray[np.float32], targets: NDArray[np.int64]) -> dict[str, float]:
        found = scores(softmax(output), targets, classes.labels)
        defined = {name: value for name, value in found.items() if value is not None}
        return {"loss": defined.pop("log_loss"), **defined}

    return named


def _warn_of_copied_labels(sequences: Sequences, labels: list[str]) -> None:
    """Warn where a channel that is constant in every sequence gives the label away.

    Only a channel that holds one number for each class, and another for every other class, is named: an
    honest descriptor hardly ever does.
    """
    classes = len(set(labels))
    arrays = [np.asarray(values) for values in sequences.values]
    for channel, name in enumerate(sequences.channels):
        firsts = [float(values[0, channel]) for values in arrays]
        if len(set(firsts)) != classes or len(set(zip(firsts, labels, strict=True))) != classes:
            continue
        if all((values[:, channel] == values[0, channel]).all() for values in arrays):
            warnings.warn(
                f"column {shown(name)} is a copy of the label: it holds one number for each class; "
                "leave it out of the inputs unless it is known before the label is.",
                OstinatoWarning,
                stacklevel=2,
            )
