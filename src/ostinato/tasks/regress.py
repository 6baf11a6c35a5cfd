"""Regression: one number a sequence, or one a step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.answers.regress import scores, targets_of
from ostinato.checks import choice
from ostinato.data.examples import Drawn, Examples
from ostinato.data.series import series_or_tokens
from ostinato.errors import ArgumentError, DivergedError
from ostinato.nn.network import Network
from ostinato.preprocess.base import SequencePreprocessor
from ostinato.preprocess.pack import by_sequence, lengths_of
from ostinato.preprocess.prepare import fit
from ostinato.read.sequences import Sequences, Targets
from ostinato.spec import network as spec
from ostinato.spec.answers import Quantity
from ostinato.spec.given import check_fit
from ostinato.spec.model import RegressModel
from ostinato.spec.preprocessing import Series, Tokens
from ostinato.spec.record import TrainingRecord
from ostinato.spec.regress import RegressOptions
from ostinato.tasks.base import Batch, Carried, Loss, Probe, Problem, StagePlan, Task, moved
from ostinato.tasks.parts import apart, one_stage
from ostinato.tasks.regress_defaults import fill
from ostinato.tasks.sampled import Sampled, VariedProblem, in_order
from ostinato.tasks.trunk import check_missing, network

METRICS = {"rmse": False, "mae": False, "loss": False, "r2": True, "cmapss": False}
"""What progress can be measured by, and whether more of it is better."""

LOSSES = {"squared": F.mse_loss, "absolute": F.l1_loss, "huber": F.smooth_l1_loss}


@dataclass
class RegressProblem(VariedProblem):
    """Sequences, one number each or one a step.

    Args:
        answer: the number, with its scale.
        train: the training part.
        train_targets: what is to be told of it, scaled: (1,) or (T,) a sequence, NaN where nothing is known.
        valid: the validation part, or None.
        valid_targets: what is true of it, after the cap, unscaled.
        sampled: which training examples form a batch.
        options: loss, asymmetric and device are read.
    """

    network: spec.Network
    preprocessor: SequencePreprocessor
    answer: Quantity
    train: Drawn
    train_targets: list[Tensor]
    valid: Examples | None
    valid_targets: list[Targets]
    sampled: Sampled
    options: RegressOptions
    metric: str
    maximize: bool
    unknown_rate: float | None
    labels: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        self.labels = (self.answer.name,)  # what the score stands for

    @property
    def validated(self) -> bool:
        """Return whether there is a validation part."""
        return self.valid is not None

    def loss(self, network: Network, batch: Batch, carried: Carried) -> Loss:
        """Return the summed loss of a batch's targets that are known, on their scale."""
        input, targets = self._batch(*batch.content)
        total, weight = self._loss(_rows(network(input)), targets)
        return Loss(total, weight.item(), {})

    def validate(self, network: Network) -> Mapping[str, float]:
        """Return the scores on the validation part; nothing where there is none."""
        if self.valid is None:
            return {}
        order, position = in_order(self.valid.lengths, self.sampled.batch_size)
        said = [one for indices in order for one in self._said(network, self.valid.batch(indices))]
        if not all(np.isfinite(one).all() for one in said):
            raise DivergedError("validation scores are not finite")
        told = [self.answer.center + self.answer.spread * said[place] for place in position]
        found = scores(told, self.valid_targets, self.options.data.asymmetric)
        found.pop("count")
        found.pop("count_last", None)
        return {"loss": self._valid_loss(told), **found}

    def probe(self) -> Probe | None:
        """Return the first epoch's first batch; of numbers a step its beginnings, as long as the shortest.

        None where nothing is to be told of the last step of one of these.
        """
        indices, epoch = self.epoch(0)[0].content
        input, targets = self._batch(indices, epoch)
        if not self.answer.per_step:
            return Probe(input, targets, self._loss)
        count, steps = len(indices), int(self.train.lengths[indices].min())
        begun = PackedSequence(input.data[: count * steps], input.batch_sizes[:steps])
        last = targets[count * (steps - 1) : count * steps]
        if not last.isfinite().all():
            return None
        return Probe(begun, last, lambda rows, wanted: self._loss(rows[-len(wanted) :], wanted))

    def _batch(self, indices: NDArray[np.int64], epoch: int) -> tuple[PackedSequence, Tensor]:
        """Return what is read, and what is to be told: (B,), or in packed rows (N,)."""
        input, order = self.train.drawn(indices, epoch)
        targets = torch.cat([self.train_targets[index] for index in indices[order]])
        if self.answer.per_step:
            sizes = input.batch_sizes.numpy()
            packed = torch.empty_like(targets)
            packed[torch.from_numpy(by_sequence(sizes))] = targets
            targets = packed
        device = self.options.training.device
        return moved(input, device), targets.to(device)

    def _loss(self, rows: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        known = targets.isfinite()
        measure = LOSSES[self.options.training.loss]
        total = measure(rows[:, 0][known], targets[known], reduction="sum")
        return total, known.sum().to(total.dtype)

    def _said(self, network: Network, batch: PackedSequence) -> list[NDArray[np.float64]]:
        """Return what the network says of each sequence of a batch, on the targets' scale."""
        rows = _rows(network(moved(batch, self.options.training.device)))[:, 0].double().cpu().numpy()
        if not self.answer.per_step:
            return list(rows[:, None])
        sizes = batch.batch_sizes.numpy()
        return np.split(rows[by_sequence(sizes)], np.cumsum(lengths_of(sizes))[:-1])

    def _valid_loss(self, told: list[NDArray[np.float64]]) -> float:
        rows, true = (torch.from_numpy(np.concatenate(part)) for part in (told, self.valid_targets))
        scaled = [(part - self.answer.center) / self.answer.spread for part in (rows, true)]
        total, weight = self._loss(scaled[0][:, None], scaled[1])
        return float(total / weight)


class Regress(Task[Sequences, RegressOptions]):
    """Network: front, recurrent stack, pool (unless there is a number a step), head."""

    name = "regress"

    def resolve(self, data: Sequences, options: RegressOptions) -> RegressOptions:
        """Return the options with everything open chosen from the kind and the number of sequences.

        Raises:
            DataError: there are no targets, or not as many as there must be.
            ArgumentError: the metric is unknown, or options do not go together, or not with such data.
        """
        check_fit(options, data.kind)
        targets_of(data, options.data.per_step)
        check_missing(options.data, options.network)
        if options.data.per_step and options.network.pool is not None:
            raise ArgumentError("pool and per_step are both given; with a number a step nothing is pooled.")
        resolved = fill(options, data.kind, len(data))
        metric = choice("metric", resolved.training.metric, METRICS)
        if metric == "cmapss" and options.data.asymmetric != "cmapss":
            raise ArgumentError("metric is 'cmapss', which is computed where asymmetric is 'cmapss', too.")
        return resolved

    def plan(
        self, data: Sequences, valid: Sequences | None, options: RegressOptions
    ) -> list[StagePlan[Sequences]]:
        """Return one stage: what trains, and what was held out or brought to validate on."""
        return one_stage(data, apart(data, valid), options)

    def problem(self, train: Sequences, valid: Sequences | None, options: RegressOptions) -> RegressProblem:
        """Fit preprocessing and the targets' scale on the training part and return the problem."""
        preprocessor = fit(train, options.data)
        targets = _capped(targets_of(train, options.data.per_step), options.training.cap)
        answer = _quantity(targets, options, train.columns.target)
        examples = series_or_tokens(preprocessor, train, options.training, options.training.seed)
        metric = options.training.metric or "loss"
        return RegressProblem(
            network=network(preprocessor.spec, 1, options.network, per_step=options.data.per_step),
            preprocessor=preprocessor,
            answer=answer,
            train=examples,
            train_targets=[_scaled(answer, one) for one in targets],
            valid=None if valid is None else Examples(preprocessor.apply(valid)),
            valid_targets=[]
            if valid is None
            else _capped(targets_of(valid, options.data.per_step), options.training.cap),
            sampled=Sampled(examples.lengths, train.ids, options.training),
            options=options,
            metric=metric,
            maximize=METRICS[metric],
            unknown_rate=None if valid is None else preprocessor.unknown_rate(valid),
        )

    def model(
        self, data: Sequences, problem: Problem, options: RegressOptions, record: TrainingRecord
    ) -> RegressModel:
        """Return everything about the trained model but its weights."""
        return RegressModel(
            columns=data.columns,
            preprocessing=cast(Series | Tokens, problem.preprocessor.spec),
            network=problem.network,
            answer=cast(RegressProblem, problem).answer,
            recipe=options,
            training=record,
        )


REGRESS = Regress()


def _quantity(targets: list[Targets], options: RegressOptions, name: str | None) -> Quantity:
    """Return the number to tell, with the mean and standard deviation of what is known of it."""
    every = np.concatenate(targets)
    known = every[np.isfinite(every)]
    return Quantity(
        name=name or "target",
        center=float(known.mean()),
        spread=float(known.std()) or 1.0,
        per_step=options.data.per_step,
    )


def _scaled(answer: Quantity, targets: Targets) -> Tensor:
    return torch.from_numpy((targets - answer.center) / answer.spread).float()


def _capped(targets: list[Targets], cap: float | None) -> list[Targets]:
    return targets if cap is None else [np.minimum(one, cap) for one in targets]


def _rows(said: Any) -> Tensor:
    rows: Tensor = said.data if isinstance(said, PackedSequence) else said
    return rows
