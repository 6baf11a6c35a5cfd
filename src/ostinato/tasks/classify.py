"""Sequence classification: one label for a whole sequence."""

import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.answers.classify import details, softmax
from ostinato.answers.curves import best_threshold
from ostinato.checks import choice, shown
from ostinato.data.clips import ClipExamples
from ostinato.data.examples import Drawn, Examples
from ostinato.data.recordings import Recordings
from ostinato.data.series import series_or_tokens
from ostinato.errors import ArgumentError, DataError, DivergedError, OstinatoWarning
from ostinato.nn.network import Network
from ostinato.preprocess.base import SequencePreprocessor
from ostinato.preprocess.prepare import fit
from ostinato.preprocess.video import VideoPreprocessor
from ostinato.read.recordings import Samples
from ostinato.read.sequences import Sequences
from ostinato.spec import network as spec
from ostinato.spec.answers import Classes
from ostinato.spec.audio import Audio
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.given import check_fit
from ostinato.spec.model import ClassifyModel
from ostinato.spec.preprocessing import Series, Tokens
from ostinato.spec.record import TrainingRecord
from ostinato.spec.video import Video
from ostinato.tasks.base import (
    Batch,
    Carried,
    Loss,
    Probe,
    Problem,
    StagePlan,
    Task,
    moved,
)
from ostinato.tasks.defaults import fill
from ostinato.tasks.parts import apart, folded, one_stage, unfolded
from ostinato.tasks.sampled import Sampled, VariedProblem, in_order
from ostinato.tasks.trunk import check_missing, network
from ostinato.tasks.video import ClipFeed, clips, with_form
from ostinato.tasks.windowed import examples_in, windows, with_stride

ScoresOf = Callable[[NDArray[np.float32], NDArray[Any]], Mapping[str, float]]
LossOf = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]

METRICS = {
    "accuracy": True,
    "f1_macro": True,
    "precision_macro": True,
    "recall_macro": True,
    "roc_auc": True,
    "pr_auc": True,
    "loss": False,
}
"""What progress can be measured by, and whether more of it is better."""


@dataclass
class ClassifyProblem(VariedProblem):
    """Sequences, one class each, or any of several labels.

    Args:
        labels: what the network's scores stand for.
        train, train_targets: the training part; targets are class numbers, (n,), or flags, (n, L).
        valid, valid_targets: the validation part, or None.
        sampled: which training examples form a batch.
        loss_of: from scores (B, C) and targets of one batch to the summed loss and the summed weight.
        scores_of: from all validation scores (N, C) and targets to named numbers, ``"loss"`` among them.
        device: where the network is.
    """

    network: spec.Network
    preprocessor: SequencePreprocessor
    labels: tuple[str, ...]
    train: Drawn
    train_targets: Tensor
    valid: Examples | ClipExamples | None
    valid_targets: Tensor
    sampled: Sampled
    loss_of: LossOf
    scores_of: ScoresOf
    metric: str
    maximize: bool
    unknown_rate: float | None
    device: str

    @property
    def validated(self) -> bool:
        """Return whether there is a validation part."""
        return self.valid is not None

    def loss(self, network: Network, batch: Batch, carried: Carried) -> Loss:
        """Return the loss of one batch."""
        input, targets = self._batch(*batch.content)
        total, weight = self.loss_of(network(input), targets)
        return Loss(total, weight.item(), {})

    def validate(self, network: Network) -> Mapping[str, float]:
        """Return the scores on the validation part; nothing where there is none."""
        if self.valid is None or not len(self.valid):
            return {}
        order, position = in_order(self.valid.lengths, self.sampled.batch_size)
        output = torch.cat([network(moved(input, self.device)) for input in self.valid.batches(order)])
        if not output.isfinite().all():
            raise DivergedError("validation scores are not finite")
        return self.scores_of(output.float().cpu().numpy()[position], self.valid_targets.numpy())

    def probe(self) -> Probe:
        """Return the first epoch's first batch."""
        return Probe(*self._batch(*self.epoch(0)[0].content), self.loss_of)

    def _batch(self, indices: NDArray[np.int64], epoch: int) -> tuple[PackedSequence, Tensor]:
        batch, order = self.train.drawn(indices, epoch)
        targets = self.train_targets[torch.from_numpy(indices[order])]
        return moved(batch, self.device), targets.to(self.device)


class Classify(Task[Sequences, ClassifyOptions]):
    """Network: front, recurrent stack, pool, head. Loss: cross-entropy over the classes."""

    name = "classify"

    def resolve(self, data: Sequences, options: ClassifyOptions) -> ClassifyOptions:
        """Return the options with everything open chosen from the kind and the number of sequences.

        Raises:
            DataError: there are no labels, or only one class.
            ArgumentError: the metric is unknown, an option says nothing about such data, or the sample
                rate is not that of the recordings.
        """
        check_fit(options, data.kind)
        labels = _labels(data)
        _warn_of_copied_labels(data, labels)
        several = sum(count for count in Counter(labels).values() if count > 1)
        check_missing(options.data, options.network)
        if options.training.threshold != "half" and len(set(labels)) != 2:
            raise ArgumentError(
                f"threshold is {options.training.threshold!r}, and the data has {len(set(labels))} classes; "
                "a threshold is for two: leave it out."
            )
        options = with_stride(with_form(_at_the_rate_of(data, options), data), data)
        resolved = fill(options, data.kind, examples_in(data, options), most_folds=several)
        choice("metric", resolved.training.metric, METRICS)
        return resolved

    def unsplit(self, options: ClassifyOptions) -> ClassifyOptions:
        """Return options that split nothing off, neither a part nor folds."""
        return super().unsplit(unfolded(options))

    def plan(
        self, data: Sequences, valid: Sequences | None, options: ClassifyOptions
    ) -> list[StagePlan[Sequences]]:
        """Return the folds and then all sequences, or one stage; every part has the classes in proportion."""
        judged = valid is not None or options.data.folds or options.data.valid_fraction
        if options.training.threshold != "half" and not judged:
            raise ArgumentError(
                f"threshold is {options.training.threshold!r}, which is tuned on a validation part, and "
                "there is none: hold one out (--valid-fraction)."
            )
        if valid is None and options.data.folds:
            return folded(data, _labels(data), options.data.folds, options.training.seed)
        return one_stage(data, apart(data, valid), options, _labels(data))

    def problem(self, train: Sequences, valid: Sequences | None, options: ClassifyOptions) -> ClassifyProblem:
        """Fit the preprocessing on the training part and return the problem.

        Raises:
            DataError: a validation label never occurs in the training part.
        """
        classes = Classes(labels=tuple(sorted(set(_labels(train)))))
        preprocessor = fit(train, options.data)
        train = windows(preprocessor, train)
        valid = None if valid is None else windows(preprocessor, valid)
        targets = _targets(train, classes)
        metric = options.training.metric or "loss"
        examples, sampled = _drawn(train, preprocessor, options)
        return ClassifyProblem(
            network=network(preprocessor.spec, len(classes.labels), options.network),
            preprocessor=preprocessor,
            labels=classes.labels,
            train=examples,
            train_targets=targets,
            valid=None if valid is None else _examples(preprocessor, valid),
            valid_targets=torch.empty(0, dtype=torch.int64) if valid is None else _targets(valid, classes),
            sampled=sampled,
            loss_of=cross_entropy(targets, len(classes.labels), options),
            scores_of=scores_by_name(classes, options.training.threshold),
            metric=metric,
            maximize=METRICS[metric],
            unknown_rate=None if valid is None else preprocessor.unknown_rate(valid),
            device=options.training.device,
        )

    def model(
        self, data: Sequences, problem: Problem, options: ClassifyOptions, record: TrainingRecord
    ) -> ClassifyModel:
        """Return everything about the trained model but its weights."""
        return ClassifyModel(
            columns=data.columns,
            preprocessing=cast(Series | Tokens | Audio | Video, problem.preprocessor.spec),
            network=problem.network,
            answer=Classes(
                labels=tuple(sorted(set(_labels(data)))),
                threshold=record.scores.get("threshold"),
            ),
            recipe=options,
            training=record,
        )


CLASSIFY = Classify()


def _at_the_rate_of(data: Sequences, options: ClassifyOptions) -> ClassifyOptions:
    """Return the options with the sample rate that recordings have; of other data as they are."""
    if data.sample_rate is None:
        return options
    if options.data.sample_rate not in (None, data.sample_rate):
        raise ArgumentError(
            f"sample_rate is {options.data.sample_rate}, but that of the recordings is {data.sample_rate}; "
            "read them at that rate."
        )
    rate = {"sample_rate": data.sample_rate}
    return options.model_copy(update={"data": options.data.model_copy(update=rate)})


def _drawn(
    train: Sequences, preprocessor: SequencePreprocessor, options: ClassifyOptions
) -> tuple[Drawn, Sampled]:
    """Return what is drawn from, in which sequences may vary from epoch to epoch, and the batches."""
    read, training = preprocessor.spec, options.training
    if isinstance(read, Video):
        seen = ClipExamples(clips(train), read)
        sampled = Sampled(seen.lengths, train.ids, training)
        return ClipFeed(seen, sampled, training), sampled
    drawn: Drawn = (
        Recordings(cast(list[Samples], train.values), read, training, training.seed)
        if isinstance(read, Audio)
        else series_or_tokens(preprocessor, train, training, training.seed)
    )
    return drawn, Sampled(drawn.lengths, train.ids, training)


def _examples(preprocessor: SequencePreprocessor, sequences: Sequences) -> Examples | ClipExamples:
    """Return sequences to validate on; clips are decoded and scaled batch by batch."""
    if isinstance(preprocessor, VideoPreprocessor):
        return ClipExamples(clips(sequences), preprocessor.spec)
    return Examples(preprocessor.apply(sequences))


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


def cross_entropy(
    targets: Tensor, classes: int, options: ClassifyOptions
) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return the cross-entropy as a sum over a batch and the sum of its weights.

    Balanced weights are n / (C n_c), so that every class weighs the same in all. With ``focal``, g, the loss
    of a sequence whose class has the probability p counts (1 - p)^g times (Lin et al. 2017, section 3,
    arXiv:1708.02002).
    """
    smoothing, focal = options.training.label_smoothing, options.training.focal
    weight = None
    if options.training.class_weights == "balanced":
        weight = len(targets) / (classes * torch.bincount(targets, minlength=classes).float())

    def loss(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return the summed loss of scores (B, C) for classes (B,), and its weight."""
        each = F.cross_entropy(output, target, weight=weight, reduction="none", label_smoothing=smoothing)
        if focal > 0.0:
            right = output.softmax(dim=1).gather(1, target[:, None])[:, 0]
            each = (1 - right) ** focal * each
        return each.sum(), output.new_tensor(len(target)) if weight is None else weight[target].sum()

    return loss


def scores_by_name(classes: Classes, threshold: str = "half") -> ScoresOf:
    """Return the function from validation scores and targets to named numbers.

    Where a threshold is tuned, it is among them, and what is about what is said goes by it.
    """

    def named(output: NDArray[np.float32], targets: NDArray[np.int64]) -> dict[str, float]:
        """Return the scores that are defined, by name."""
        risk = softmax(output)
        tuned = None if threshold == "half" else best_threshold(targets == 1, risk[:, 1], threshold)
        found = details(risk, targets, classes.labels, tuned).scores | {"threshold": tuned}
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
