"""Video, frame by frame: one label for every frame of a clip."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch

from ostinato.answers.classify import Targets
from ostinato.checks import choice, given, shown
from ostinato.data.clips import ClipExamples
from ostinato.data.examples import Examples
from ostinato.errors import ArgumentError, DataError, DivergedError
from ostinato.nn.network import Network
from ostinato.preprocess.video import VideoPreprocessor
from ostinato.read.sequences import Sequences
from ostinato.spec import network as spec
from ostinato.spec.answers import Classes
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.given import check_fit
from ostinato.spec.model import ClassifyModel
from ostinato.spec.record import TrainingRecord
from ostinato.spec.video import Video
from ostinato.tasks.base import Batch, Carried, Loss, Problem, StagePlan, Task, moved
from ostinato.tasks.classify import METRICS, LossOf, ScoresOf, cross_entropy, scores_by_name
from ostinato.tasks.defaults import fill
from ostinato.tasks.parts import apart, folded, one_stage, unfolded
from ostinato.tasks.sampled import Sampled, VariedProblem, in_order
from ostinato.tasks.trunk import network
from ostinato.tasks.video import ClipFeed, clips, with_form


@dataclass
class FrameProblem(VariedProblem):
    """Clips, a class for each of their frames.

    Args:
        labels: what the network's scores stand for.
        train, train_targets: the training part; targets are the class numbers of each clip's frames.
        valid, valid_targets: the validation part, or None.
        sampled: which training clips form a batch.
        loss_of, scores_of: as for whole sequences, of frames.
        device: where the network is.
    """

    network: spec.Network
    preprocessor: VideoPreprocessor
    labels: tuple[str, ...]
    train: ClipFeed
    train_targets: Examples
    valid: ClipExamples | None
    valid_targets: Examples | None
    sampled: Sampled
    loss_of: LossOf
    scores_of: ScoresOf
    metric: str
    maximize: bool
    device: str
    unknown_rate: None = None

    @property
    def validated(self) -> bool:
        """Return whether there is a validation part."""
        return self.valid is not None

    def loss(self, network: Network, batch: Batch, carried: Carried) -> Loss:
        """Return the summed cross-entropy of all frames of a batch."""
        indices, epoch = batch.content
        input, _ = self.train.drawn(indices, epoch)
        output = network(moved(input, self.device))
        targets = self.train_targets.batch(indices).data.to(self.device)
        total, weight = self.loss_of(output.data, targets)
        return Loss(total, weight.item(), {})

    def validate(self, network: Network) -> Mapping[str, float]:
        """Return the scores on the frames of the validation part; nothing where there is none."""
        if self.valid is None or self.valid_targets is None:
            return {}
        order, _ = in_order(self.valid.lengths, self.sampled.batch_size)
        output = torch.cat([network(moved(one, self.device)).data for one in self.valid.batches(order)])
        if not output.isfinite().all():
            raise DivergedError("validation scores are not finite")
        targets = torch.cat([one.data for one in self.valid_targets.batches(order)])
        return self.scores_of(output.float().cpu().numpy(), targets.numpy())

    def probe(self) -> None:
        """Return None: gradient flow is measured on one loss a sequence."""
        return


class ClassifyFrames(Task[Sequences, ClassifyOptions]):
    """Network: front, recurrent stack, head on every step. Loss: cross-entropy, frame by frame."""

    name = "classify"

    def resolve(self, data: Sequences, options: ClassifyOptions) -> ClassifyOptions:
        """Return the options with everything open chosen from the number of clips.

        Raises:
            DataError: frames have no labels, or only one class.
            ArgumentError: the metric is unknown, or an option is for one label a clip, or for other data.
        """
        check_fit(options, data.kind)
        _classes(data)
        if options.network.pool is not None or options.training.threshold != "half":
            raise ArgumentError(
                "pool and threshold are for one label a clip, not one a frame; leave them out."
            )
        resolved = fill(with_form(options, data), data.kind, len(data), most_folds=len(data))
        choice("metric", resolved.training.metric, METRICS)
        unpooled = resolved.network.model_copy(update={"pool": None})
        return resolved.model_copy(update={"network": unpooled})

    def unsplit(self, options: ClassifyOptions) -> ClassifyOptions:
        """Return options that split nothing off, neither a part nor folds."""
        return super().unsplit(unfolded(options))

    def plan(
        self, data: Sequences, valid: Sequences | None, options: ClassifyOptions
    ) -> list[StagePlan[Sequences]]:
        """Return the folds and then all clips, or one stage; clips are drawn whatever their frames show."""
        if valid is None and options.data.folds:
            return folded(data, None, options.data.folds, options.training.seed)
        return one_stage(data, apart(data, valid), options)

    def problem(self, train: Sequences, valid: Sequences | None, options: ClassifyOptions) -> FrameProblem:
        """Fit the preprocessing on the training part and return the problem.

        Raises:
            DataError: a validation label never occurs in the training part.
        """
        classes = _classes(train)
        preprocessor = VideoPreprocessor.fit(train)
        examples = ClipExamples(clips(train), preprocessor.spec)
        targets = step_targets(train, classes.labels)
        sampled = Sampled(examples.lengths, train.ids, options.training)
        metric = given("metric", options.training.metric)
        return FrameProblem(
            network=network(preprocessor.spec, len(classes.labels), options.network, per_step=True),
            preprocessor=preprocessor,
            labels=classes.labels,
            train=ClipFeed(examples, sampled, options.training),
            train_targets=Examples(targets),
            valid=None if valid is None else ClipExamples(clips(valid), preprocessor.spec),
            valid_targets=None if valid is None else Examples(step_targets(valid, classes.labels)),
            sampled=sampled,
            loss_of=cross_entropy(torch.from_numpy(np.concatenate(targets)), len(classes.labels), options),
            scores_of=scores_by_name(classes),
            metric=metric,
            maximize=METRICS[metric],
            device=options.training.device,
        )

    def model(
        self, data: Sequences, problem: Problem, options: ClassifyOptions, record: TrainingRecord
    ) -> ClassifyModel:
        """Return everything about the trained model but its weights."""
        return ClassifyModel(
            columns=data.columns,
            preprocessing=cast(Video, problem.preprocessor.spec),
            network=problem.network,
            answer=_classes(data),
            per_step=True,
            recipe=options,
            training=record,
        )


CLASSIFY_FRAMES = ClassifyFrames()


def step_targets(data: Sequences, labels: tuple[str, ...]) -> list[Targets]:
    """Return the class numbers of each clip's frames, (T,).

    Raises:
        DataError: a label is not among these.
    """
    number = {label: index for index, label in enumerate(labels)}
    for id, said in zip(data.ids, data.step_labels or [], strict=True):
        if unknown := [label for label in said if label not in number]:
            raise DataError(
                f"{shown(id)}: the label {shown(unknown[0])} never occurs in the training data, so it could "
                "only be wrong; add training clips with it, or remove this one."
            )
    return [np.array([number[label] for label in said], np.int64) for said in data.step_labels or []]


def _classes(data: Sequences) -> Classes:
    if data.step_labels is None:
        raise DataError("the frames have no labels; name the columns of their stretches (--start, --end).")
    labels = tuple(sorted({label for said in data.step_labels for label in said}))
    if len(labels) < 2:
        raise DataError(f"every frame has the label {shown(labels[0])}; a classifier needs two classes.")
    return Classes(labels=labels)
