"""Several labels at once: one sigmoid a label, each by itself."""

from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ostinato.answers.curves import best_threshold
from ostinato.answers.labels import LabelAnswer, flags_of, scores, sigmoid
from ostinato.checks import choice, shown
from ostinato.data.examples import Examples
from ostinato.data.series import series_or_tokens
from ostinato.errors import ArgumentError, DataError
from ostinato.preprocess.prepare import fit
from ostinato.read.sequences import Sequences
from ostinato.spec.answers import Labels
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.given import check_fit
from ostinato.spec.model import LabelsModel
from ostinato.spec.preprocessing import Series, Tokens
from ostinato.spec.record import TrainingRecord
from ostinato.tasks.base import Problem, StagePlan, Task
from ostinato.tasks.classify import ClassifyProblem, LossOf, ScoresOf
from ostinato.tasks.defaults import VALID_FRACTION, fill
from ostinato.tasks.parts import apart, one_stage
from ostinato.tasks.sampled import Sampled
from ostinato.tasks.trunk import check_missing, network

METRICS = {"roc_auc": True, "pr_auc": True, "f1_macro": True, "accuracy": True, "loss": False}
"""What progress can be measured by, and whether more of it is better."""


class LabelsTask(Task[Sequences, ClassifyOptions]):
    """The network of a classifier, whose scores are taken one by one. Loss: binary cross-entropy."""

    name = "labels"

    def resolve(self, data: Sequences, options: ClassifyOptions) -> ClassifyOptions:
        """Return the options with everything open chosen from the kind and the number of sequences.

        Raises:
            DataError: a label is there in all sequences, or in none.
            ArgumentError: the metric is unknown, or an option is for one label a sequence, or for other data.
        """
        check_fit(options, data.kind)
        flags = flags_of(data, options.data.labels)
        for label, column in zip(options.data.labels, flags.T, strict=True):
            if column.all() or not column.any():
                raise DataError(
                    f"label {shown(label)} is {int(column[0])} for all {len(flags)} sequences; nothing "
                    "can be learnt of it: leave it out."
                )
        _check_single(options)
        check_missing(options.data, options.network)
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
        if options.training.threshold != "half" and valid is None and not options.data.valid_fraction:
            raise ArgumentError("a threshold is tuned on a validation part, and there is none: hold one out.")
        flags = flags_of(data, options.data.labels)
        strata = ["".join(str(int(flag)) for flag in row) for row in flags]
        return one_stage(data, apart(data, valid), options, strata)

    def problem(self, train: Sequences, valid: Sequences | None, options: ClassifyOptions) -> ClassifyProblem:
        """Fit the preprocessing on the training part and return the problem, whose targets are flags."""
        labels, preprocessor = options.data.labels, fit(train, options.data)
        flags, held = _flags(train, labels), torch.empty(0, len(labels))
        metric = options.training.metric or "loss"
        examples = series_or_tokens(preprocessor, train, options.training, options.training.seed)
        return ClassifyProblem(
            network=network(preprocessor.spec, len(labels), options.network),
            preprocessor=preprocessor,
            labels=labels,
            train=examples,
            train_targets=flags,
            valid=None if valid is None else Examples(preprocessor.apply(valid)),
            valid_targets=held if valid is None else _flags(valid, labels),
            sampled=Sampled(examples.lengths, train.ids, options.training),
            loss_of=binary_cross_entropy(flags, options),
            scores_of=scores_by_name(labels, options.training.threshold),
            metric=metric,
            maximize=METRICS[metric],
            unknown_rate=None if valid is None else preprocessor.unknown_rate(valid),
            device=options.training.device,
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


def binary_cross_entropy(flags: Tensor, options: ClassifyOptions) -> LossOf:
    """Return the loss of scores (B, L) against flags as a sum, and the number of scores.

    Balanced, a sequence that has a label counts (n - n_l) / n_l times for it, and one without counts 1. With
    ``focal``, g, whatever has the probability p of being as it is counts (1 - p)^g times (Lin et al. 2017,
    arXiv:1708.02002).

    Args:
        flags: those of the training part, 0 and 1, (n, L).
        options: resolved.
    """
    share, focal = flags.mean(dim=0).clamp(min=1 / len(flags)), options.training.focal
    balanced = options.training.class_weights == "balanced"
    weight = (1 - share) / share if balanced else torch.ones(flags.shape[1])

    def loss(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return the summed loss of scores (B, L) for flags (B, L), and how many flags there are."""
        counts = weight.to(output)
        each = F.binary_cross_entropy_with_logits(output, target, pos_weight=counts, reduction="none")
        if focal > 0.0:
            each = (target - output.sigmoid()).abs() ** focal * each
        return each.sum(), output.new_tensor(output.numel())

    return loss


def scores_by_name(labels: tuple[str, ...], threshold: str) -> ScoresOf:
    """Return the function from validation scores (N, L) and flags to named numbers.

    Where thresholds are tuned, ``threshold_LABEL`` is that of each label for which one could be.
    """

    def named(output: NDArray[np.float32], flags: NDArray[Any]) -> dict[str, float]:
        """Return the scores that are defined, and the tuned thresholds, by name."""
        risk, true = sigmoid(output), flags.astype(bool)
        tuned = _thresholds(labels, risk, true, threshold)
        thresholds = tuple(tuned.get(f"threshold_{label}", 0.5) for label in labels)
        found = scores(LabelAnswer(risk, labels, thresholds), true)
        defined = {name: value for name, value in found.items() if value is not None}
        return {"loss": defined.pop("log_loss"), **defined, **tuned}

    return named


def _thresholds(
    labels: tuple[str, ...], risk: NDArray[np.float64], true: NDArray[np.bool_], by: str
) -> dict[str, float]:
    if by == "half":
        return {}
    columns = zip(labels, true.T, risk.T, strict=True)
    tuned = {f"threshold_{label}": best_threshold(has, column, by) for label, has, column in columns}
    return {name: value for name, value in tuned.items() if value is not None}


def _check_single(options: ClassifyOptions) -> None:
    """Refuse what is for one label a sequence."""
    read = options.data
    single: dict[str, Any] = {"folds": read.folds, "label_smoothing": options.training.label_smoothing}
    single |= {"window": read.window, "stride": read.stride, "label": read.label}
    for name, value in single.items():
        if value:
            raise ArgumentError(f"{name} is {value!r}, which is for one label a sequence; leave it out.")


def _flags(sequences: Sequences, labels: tuple[str, ...]) -> Tensor:
    return torch.from_numpy(flags_of(sequences, labels)).float()


def _with_metric(options: ClassifyOptions, metric: str) -> ClassifyOptions:
    return options.model_copy(update={"training": options.training.model_copy(update={"metric": metric})})
