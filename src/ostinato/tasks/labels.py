"""Several labels at once: one sigmoid a label, each by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.answers.curves import best_threshold
from ostinato.answers.labels import LabelAnswer, flags_of, scores, sigmoid
from ostinato.checks import choice, shown
from ostinato.data.examples import Examples
from ostinato.errors import ArgumentError, DataError, DivergedError
from ostinato.nn.network import Network
from ostinato.preprocess.base import SequencePreprocessor
from ostinato.preprocess.prepare import fit
from ostinato.read.sequences import Sequences
from ostinato.spec import network as spec
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.model import Labels, LabelsModel, TrainingRecord
from ostinato.spec.preprocessing import Series, Tokens
from ostinato.tasks.base import Batch, Carried, Loss, Part, Probe, Problem, StagePlan, Task, moved
from ostinato.tasks.classify import network
from ostinato.tasks.defaults import VALID_FRACTION, fill
from ostinato.tasks.parts import apart, held_out
from ostinato.tasks.sampled import Sampled, SampledProblem, in_order
from ostinato.tasks.trunk import check_missing

METRICS = {"roc_auc": True, "pr_auc": True, "f1_macro": True, "accuracy": True, "loss": False}
"""What progress can be measured by, and whether more of it is better."""


@dataclass
class LabelsProblem(SampledProblem):
    """Sequences, any of the labels each.

    Args:
        labels: what the network's scores stand for.
        train, train_flags: the training part; flags are 0 and 1, (n, L).
        valid, valid_flags: the validation part, or None.
        sampled: which training examples form a batch.
        weight: (L,) how much a sequence that has a label counts for it, one without counting 1.
        options: focal, threshold and device are read.
    """

    network: spec.Network
    preprocessor: SequencePreprocessor
    labels: tuple[str, ...]
    train: Examples
    train_flags: Tensor
    valid: Examples | None
    valid_flags: NDArray[np.bool_]
    sampled: Sampled
    weight: Tensor
    options: ClassifyOptions
    metric: str
    maximize: bool
    unknown_rate: float | None

    @property
    def validated(self) -> bool:
        """Return whether there is a validation part."""
        return self.valid is not None

    def loss(self, network: Network, batch: Batch, carried: Carried) -> Loss:
        """Return the cross-entropy of one batch, of all its labels."""
        input, flags = self._batch(batch.content)
        total, weight = self._loss(network(input), flags)
        return Loss(total, weight.item(), {})

    def validate(self, network: Network) -> Mapping[str, float]:
        """Return the scores on the validation part; nothing where there is none.

        Where thresholds are tuned, ``threshold_LABEL`` is that of each label for which one could be.
        """
        if self.valid is None:
            return {}
        device = self.options.training.device
        order, position = in_order(self.valid.lengths, self.sampled.batch_size)
        output = torch.cat([network(moved(self.valid.batch(indices), device)) for indices in order])
        if not output.isfinite().all():
            raise DivergedError("validation scores are not finite")
        risk = sigmoid(output.float().cpu().numpy()[position])
        tuned = self._thresholds(risk)
        thresholds = tuple(tuned.get(f"threshold_{label}", 0.5) for label in self.labels)
        found = scores(LabelAnswer(risk, self.labels, thresholds), self.valid_flags)
        defined = {name: value for name, value in found.items() if value is not None}
        return {"loss": defined.pop("log_loss"), **defined, **tuned}

    def probe(self) -> Probe:
        """Return the first epoch's first batch."""
        return Probe(*self._batch(self.sampled.epoch(0)[0].content), self._loss)

    def _batch(self, indices: NDArray[np.int64]) -> tuple[PackedSequence, Tensor]:
        device = self.options.training.device
        flags = self.train_flags[torch.from_numpy(indices)]
        return moved(self.train.batch(indices), device), flags.to(device)

    def _loss(self, output: Tensor, flags: Tensor) -> tuple[Tensor, Tensor]:
        """Return the summed loss of scores (B, L), and their number.

        A label that a sequence has counts ``weight`` times, and with ``focal``, g, whatever has the
        probability p of being as it is counts (1 - p)^g times (Lin et al. 2017, arXiv:1708.02002).
        """
        weight = self.weight.to(output)
        each = F.binary_cross_entropy_with_logits(output, flags, pos_weight=weight, reduction="none")
        if (focal := self.options.training.focal) > 0.0:
            risk = output.sigmoid()
            each = (flags - risk).abs() ** focal * each
        return each.sum(), output.new_tensor(output.numel())

    def _thresholds(self, risk: NDArray[np.float64]) -> dict[str, float]:
        by = self.options.training.threshold
        if by == "half":
            return {}
        columns = zip(self.labels, self.valid_flags.T, risk.T, strict=True)
        tuned = {f"threshold_{label}": best_threshold(true, column, by) for label, true, column in columns}
        return {name: value for name, value in tuned.items() if value is not None}


class LabelsTask(Task[Sequences, ClassifyOptions]):
    """The network of a classifier, whose scores are taken one by one. Loss: binary cross-entropy."""

    name = "labels"

    def resolve(self, data: Sequences, options: ClassifyOptions) -> ClassifyOptions:
        """Return the options with everything open chosen from the kind and the number of sequences.

        Raises:
            DataError: a label is there in all sequences, or in none.
            ArgumentError: the metric is unknown, or an option is for one label a sequence.
        """
        flags = flags_of(data, options.data.labels)
        for label, column in zip(options.data.labels, flags.T, strict=True):
            if column.all() or not column.any():
                raise DataError(
                    f"label {shown(label)} is {int(column[0])} for all {len(flags)} sequences; nothing "
                    "can be learnt of it: leave it out."
                )
        if options.data.folds or options.training.label_smoothing:
            raise ArgumentError("folds and label_smoothing are for one label a sequence; leave them out.")
        check_missing(data, options.data, options.network)
        open_fraction = options.data.valid_fraction is None
        held = {
            "folds": 0,
            "valid_fraction": VALID_FRACTION if open_fraction else options.data.valid_fraction,
        }
        chosen = options.model_copy(update={"data": options.data.model_copy(update=held)})
        if options.training.metric is None:
            chosen = _with_metric(chosen, "roc_auc" if held["valid_fraction"] else "loss")
        choice("metric", chosen.training.metric, METRICS)
        return fill(chosen, data.kind, len(data), most_folds=0)

    def unsplit(self, options: ClassifyOptions) -> ClassifyOptions:
        """Return options that split nothing off; progress is still measured by the ROC area."""
        options = super().unsplit(options)
        return options if options.training.metric else _with_metric(options, "roc_auc")

    def plan(
        self, data: Sequences, valid: Sequences | None, options: ClassifyOptions
    ) -> list[StagePlan[Sequences]]:
        """Return one stage: what trains, and what was held out or brought to validate on."""
        fraction = options.data.valid_fraction or 0.0
        if options.training.threshold != "half" and valid is None and not fraction:
            raise ArgumentError("a threshold is tuned on a validation part, and there is none: hold one out.")
        if valid is not None:
            return [StagePlan("train", [Part(data, apart(data, valid))])]
        flags = flags_of(data, options.data.labels)
        strata = ["".join(str(int(flag)) for flag in row) for row in flags]
        return [StagePlan("train", [held_out(data, strata, fraction, options.training.seed)])]

    def problem(self, train: Sequences, valid: Sequences | None, options: ClassifyOptions) -> LabelsProblem:
        """Fit the preprocessing on the training part and return the problem."""
        labels, preprocessor = options.data.labels, fit(train, options.data)
        flags = torch.from_numpy(flags_of(train, labels)).float()
        examples, metric = Examples(preprocessor.apply(train)), options.training.metric or "loss"
        share = flags.mean(dim=0).clamp(min=1 / len(flags))
        balanced = options.training.class_weights == "balanced"
        return LabelsProblem(
            network=network(preprocessor, len(labels), options.network),
            preprocessor=preprocessor,
            labels=labels,
            train=examples,
            train_flags=flags,
            valid=None if valid is None else Examples(preprocessor.apply(valid)),
            valid_flags=np.empty((0, len(labels)), bool) if valid is None else flags_of(valid, labels),
            sampled=Sampled(examples.lengths, train.ids, options.training),
            weight=(1 - share) / share if balanced else torch.ones(len(labels)),
            options=options,
            metric=metric,
            maximize=METRICS[metric],
            unknown_rate=None if valid is None else preprocessor.unknown_rate(valid),
        )

    def model(
        self, data: Sequences, problem: Problem, options: ClassifyOptions, record: TrainingRecord
    ) -> LabelsModel:
        """Return everything about the trained model but its weights."""
        labels = options.data.labels
        thresholds = tuple(record.scores.get(f"threshold_{label}", 0.5) for label in labels)
        return LabelsModel(
            columns=data.columns,
            preprocessing=cast(Series | Tokens, problem.preprocessor.spec),
            network=problem.network,
            answer=Labels(labels=labels, thresholds=thresholds),
            recipe=options,
            training=record,
        )


LABELS = LabelsTask()


def _with_metric(options: ClassifyOptions, metric: str) -> ClassifyOptions:
    return options.model_copy(update={"training": options.training.model_copy(update={"metric": metric})})
