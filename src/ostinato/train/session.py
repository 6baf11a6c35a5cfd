"""A whole run: its stages in order, and its state as a value that a checkpoint can hold."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from ostinato import checks
from ostinato.errors import ResumeError
from ostinato.nn.network import Network
from ostinato.spec.model import Model
from ostinato.spec.options import TaskOptions
from ostinato.spec.record import Epoch, GradientFlow, TrainingRecord
from ostinato.tasks.base import Part, Problem, StagePlan, Task
from ostinato.train import optimizers
from ostinato.train.checkpoint import Checkpoint, State
from ostinato.train.fingerprint import Fingerprint
from ostinato.train.loop import Place, Sums, Tensors, Trainer
from ostinato.train.progress import Progress
from ostinato.train.stage import Scores, Stage

HISTORY, FLOWS = 4000, 40
"""Epochs, at most, that a model keeps of the training log and of gradient flow, evenly spread; the run
directory's log has all."""

Row = TypeVar("Row", Epoch, GradientFlow)
Prepare = Callable[[Problem, Network], None]


class Keeper(Protocol):
    """What a run tells of its way, so that nothing of it is lost."""

    def after_step(self, session: "Session") -> None:
        """Save if it is time; raise Interrupted if a signal came."""

    def after_epoch(self, session: "Session") -> None:
        """Write the training log; save if it is time."""


class Session:
    """A run in memory.

    Args:
        task: makes each part's problem.
        plan: the stages.
        options: resolved, as the task has them.
        fingerprint: what the run depends on.
        prepare: called with every problem and its fresh network.
        progress: told what happens.
        log: each is called with every finished epoch.
    """

    def __init__(
        self,
        task: Task[Any, Any],
        plan: list[StagePlan[Any]],
        options: TaskOptions,
        fingerprint: Fingerprint,
        prepare: Prepare,
        progress: Progress,
        log: Sequence[Callable[[Epoch], None]] = (),
    ) -> None:
        self.fingerprint = fingerprint
        self.overwrite = False
        self.earlier_rows: list[Epoch] = []
        self.chosen_epoch: int | None = None
        self.chosen_scores: Scores = {}
        self.unknown_rate: float | None = None
        self.progress = progress
        self._task, self._plan, self._prepare, self._log = task, plan, prepare, log
        self._options, self._training = options, options.training
        self._began, self._seconds = time.monotonic(), 0.0
        self._number = 0
        self.stage: Stage

    @property
    def rows(self) -> list[Epoch]:
        """Return the whole training log."""
        return [*self.earlier_rows, *self.stage.rows]

    @property
    def place(self) -> str:
        """Return in words where the run stands."""
        trainer = self.stage.trainers[self.stage.turn]
        stage = f"fold {trainer.place.turn + 1}, " if self.stage.name == "folds" else ""
        return f"{stage}epoch {trainer.epoch + 1}, step {trainer.sums.steps} of {trainer.steps_per_epoch}"

    def start(self) -> None:
        """Begin at the first stage."""
        self._begin(0)
        rates = [trainer.problem.unknown_rate for trainer in self.stage.trainers]
        known = [rate for rate in rates if rate is not None]
        self.unknown_rate = sum(known) / len(known) if known else None

    def run(self, keeper: Keeper) -> None:
        """Train through the stages that are left; ``start`` or ``restore`` was called before."""
        while True:
            self._announce()
            self.stage.run(
                lambda trainer: self._stepped(keeper, trainer), lambda row: self._closed(keeper, row)
            )
            if self._number + 1 == len(self._plan):
                return
            self._next()

    def snapshot(self) -> Checkpoint:
        """Return all that the run needs to go on."""
        states = [optimizers.state_tensors(trainer.optimizer) for trainer in self.stage.trainers]
        values = {f"best.{name}": value for name, value in (self.stage.best or {}).items()}
        for turn, (trainer, (moments, _)) in enumerate(zip(self.stage.trainers, states, strict=True)):
            named = {f"network.{name}": value for name, value in trainer.network.state_dict().items()}
            for name, value in moments.items():
                weight, _, kind = name.partition("/")  # a slash may not stand in a file's tensor names
                named[f"optimizer.{kind}.{weight}"] = value
            values |= {f"{turn}.{name}": value.detach().cpu().numpy() for name, value in named.items()}
        open_epoch = self.stage.trainers[self.stage.turn]
        values |= {f"carried.{name}": value.cpu().numpy() for name, value in open_epoch.carried.items()}
        return Checkpoint(self._state(tuple(numbers for _, numbers in states)), values)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to where a snapshot was taken; its fingerprint is this run's."""
        state = checkpoint.state
        self.overwrite, self._seconds = state.overwrite, state.seconds
        self.earlier_rows = [*state.rows[: state.earlier]]
        self.chosen_epoch, self.chosen_scores = state.chosen_epoch, dict(state.chosen_scores)
        self.unknown_rate = state.unknown_rate
        self._begin(state.stage)
        self.stage.rows = [*state.rows[state.earlier :]]
        self.stage.scores, self.stage.flows = [*state.scores], [*state.flows]
        self.stage.best = _under(checkpoint.tensors, "best.") or None
        self.stage.follow_plateau()
        self.stage.follow_average()
        for turn, trainer in enumerate(self.stage.trainers):
            trainer.epoch = len(self.stage.rows[turn :: len(self.stage.trainers)])
            _load(trainer, _under(checkpoint.tensors, f"{turn}."), state.numbers[turn])
        trainer = self.stage.trainers[self.stage.turn]
        trainer.sums = Sums(**vars(state.sums))
        trainer.carried = _tensors(_under(checkpoint.tensors, "carried."), self._training.device)

    def is_good(self) -> bool:
        """Return whether every weight is a finite number, so that the run may be saved."""
        return all(trainer.is_finite() for trainer in self.stage.trainers)

    def model(self) -> Model:
        """Return everything about the trained model but its weights."""
        data, problem = self._plan[-1].parts[0].train, self.stage.trainers[0].problem
        model = self._task.model(data, problem, self._options, self._record())
        return self._task.completed(model, problem, self.stage.kept())

    def _record(self) -> TrainingRecord:
        """Return how the weights were found."""
        trainer, folded = self.stage.trainers[0], len(self._plan) > 1
        problem = trainer.problem
        return TrainingRecord(
            sequences=problem.size,
            steps=problem.steps,
            parameters=sum(math.prod(shape) for shape in problem.network.tensors().values()),
            selection="folds" if folded else "validation" if self.stage.validated else "none",
            metric=problem.metric,
            best_epoch=checks.given("best_epoch", self.stage.best_epoch()),
            scores=self.chosen_scores if folded else self.stage.best_scores(),
            unknown_rate=self.unknown_rate,
            seconds=self.seconds,
            threads=self._training.threads or torch.get_num_threads(),
            data_sha256=self.fingerprint.data_sha256,
            versions=self.fingerprint.versions,
            history=_thinned(self.rows, HISTORY),
            gradient_flow=_thinned(self.stage.flows, FLOWS),
        )

    @property
    def seconds(self) -> float:
        """Return how long the run has taken, all its processes together."""
        return self._seconds + time.monotonic() - self._began

    def _begin(self, number: int) -> None:
        plan = self._plan[number]
        final = plan.name == "final"
        self._number = number
        self.stage = Stage(
            name=plan.name,
            trainers=[self._trainer(part, Place(number, turn)) for turn, part in enumerate(plan.parts)],
            epochs=checks.given("epochs", self.chosen_epoch if final else self._training.epochs),
            options=self._training,
        )

    def _trainer(self, part: Part[Any], place: Place) -> Trainer:
        problem = self._task.problem(part.train, part.valid, self._options)
        return Trainer(problem, self._training, place, lambda network: self._prepare(problem, network))

    def _next(self) -> None:
        """Go from the folds to the final stage, keeping what they chose."""
        self.earlier_rows = self.rows
        self.chosen_epoch, self.chosen_scores = self.stage.best_epoch(), self.stage.best_scores()
        self._begin(self._number + 1)

    def _announce(self) -> None:
        trainers = self.stage.trainers
        per_epoch = sum(trainer.problem.size for trainer in trainers)
        done = sum(trainer.epoch * trainer.problem.size + trainer.sums.sequences for trainer in trainers)
        problem = trainers[0].problem
        total = self.stage.epochs * per_epoch
        self.progress.begin(self.stage.name, problem.metric, total, done, problem.unit)

    def _stepped(self, keeper: Keeper, trainer: Trainer) -> None:
        self.progress.step(trainer.sums.loss / trainer.sums.weight, trainer.last_batch_size)
        keeper.after_step(self)

    def _closed(self, keeper: Keeper, row: Epoch) -> None:
        for write in self._log:
            write(row)
        keeper.after_epoch(self)

    def _state(self, numbers: tuple[dict[str, float], ...]) -> State:
        stage = self.stage
        return State(
            fingerprint=self.fingerprint,
            overwrite=self.overwrite,
            stage=self._number,
            sums=stage.trainers[stage.turn].sums,
            rows=tuple(self.rows),
            earlier=len(self.earlier_rows),
            scores=tuple(stage.scores),
            flows=tuple(stage.flows),
            chosen_epoch=self.chosen_epoch,
            chosen_scores=self.chosen_scores,
            unknown_rate=self.unknown_rate,
            numbers=numbers,
            seconds=self.seconds,
        )


def _load(trainer: Trainer, values: Tensors, numbers: dict[str, float]) -> None:
    """Put back a trainer's weights and optimiser."""
    weights = _tensors(_under(values, "network."), "cpu")
    moments = {}
    for name, value in _under(values, "optimizer.").items():
        kind, _, weight = name.partition(".")
        moments[f"{weight}/{kind}"] = torch.from_numpy(np.array(value))
    try:
        trainer.network.load_state_dict(weights)
    except RuntimeError as error:
        raise ResumeError(
            "the checkpoint's weights fit another network than these options and data describe; "
            "start anew with overwrite."
        ) from error
    optimizers.load_state(trainer.optimizer, moments, numbers)


def _under(values: Tensors, prefix: str) -> Tensors:
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}


def _tensors(values: Tensors, device: str) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.array(value)).to(device) for name, value in values.items()}


def _thinned(rows: list[Row], most: int) -> tuple[Row, ...]:
    """Return the rows of at most ``most`` epochs, evenly spread, the first and the last among them."""
    epochs = list(dict.fromkeys(_epoch_of(row) for row in rows))
    kept = {epochs[i] for i in np.linspace(0, len(epochs) - 1, min(most, len(epochs))).round().astype(int)}
    return tuple(row for row in rows if _epoch_of(row) in kept)


def _epoch_of(row: Epoch | GradientFlow) -> tuple[str, int]:
    return (row.stage if isinstance(row, Epoch) else "", row.epoch)
