"""A stage of training: one network, or the folds' networks side by side, an epoch of each in turn.

The folds advance together so that their mean curve exists after every epoch; early stopping looks at that
curve, and every fold's part of it covers the same epochs.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from ostinato import checks
from ostinato.errors import TrainingError
from ostinato.spec.options import TrainingOptions
from ostinato.spec.record import Epoch, GradientFlow
from ostinato.train import averaging, gradient_flow, schedules, select
from ostinato.train.loop import Sums, Tensors, Trainer
from ostinato.train.schedules import Plateau

Scores = dict[str, float]


@dataclass
class Stage:
    """What is trained side by side, what came of it so far, and when it ends.

    Args:
        name: ``"train"`` (validated on a part that was held out), ``"folds"`` (each fold validated on its
            own part) or ``"final"`` (on all sequences, not validated).
        trainers: one, or one a fold.
        epochs: epochs at most.
        options: the training options, resolved.
        rows, scores: one a finished epoch and trainer, trainers in turn.
        flows: gradient flow by epoch and layer; measured where the weights may be kept, not in folds.
        best: the best weights so far, where there is a validation part and one trainer.
    """

    name: Literal["train", "folds", "final"]
    trainers: list[Trainer]
    epochs: int
    options: TrainingOptions
    rows: list[Epoch] = field(default_factory=list)
    scores: list[Scores] = field(default_factory=list)
    flows: list[GradientFlow] = field(default_factory=list)
    best: Tensors | None = None

    @property
    def turn(self) -> int:
        """Return which trainer is next."""
        return len(self.rows) % len(self.trainers)

    @property
    def maximize(self) -> bool:
        """Return whether more of the metric is better."""
        return self.trainers[0].problem.maximize

    @property
    def validated(self) -> bool:
        """Return whether there is a validation part."""
        return self.trainers[0].problem.validated

    def run(self, after_step: Callable[[Trainer], None], after_epoch: Callable[[Epoch], None]) -> None:
        """Train until the stage is over."""
        while not self.is_over():
            self._epoch(self.trainers[self.turn], after_step)
            after_epoch(self.rows[-1])
        if self.validated and self.best_epoch() is None:
            raise TrainingError(
                f"the metric {self.trainers[0].problem.metric!r} was not a finite number in any epoch; "
                "choose another metric or give more validation sequences."
            )

    def is_over(self) -> bool:
        """Return whether all epochs are done, or patience has run out."""
        if self.turn:
            return False
        done = len(self.rows) // len(self.trainers)
        patience = checks.given("patience", self.options.patience)
        return done >= self.epochs or select.is_over(self.curve(), maximize=self.maximize, patience=patience)

    def curve(self) -> select.Curve:
        """Return the validation curve: the folds' mean, smoothed, or the one trainer's own; else empty."""
        if not self.validated:
            return []
        points = [select.Point(row.valid_metric, row.valid_loss) for row in self.rows]
        if self.name != "folds":
            return points
        count = len(self.trainers)
        return select.smooth(select.mean_curve([points[turn::count] for turn in range(count)]))

    def best_epoch(self) -> int | None:
        """Return the best epoch so far, from 1; without validation the last; None where none has a number."""
        if not self.validated:
            return len(self.rows) // len(self.trainers)
        best = select.best_epoch(self.curve(), maximize=self.maximize)
        return None if best is None else best + 1

    def best_scores(self) -> Scores:
        """Return the best epoch's validation scores: of folds, the mean over those that have a number."""
        best, count = self.best_epoch(), len(self.trainers)
        if not self.validated or best is None:
            return {}
        found = self.scores[(best - 1) * count : best * count]
        names = list(dict.fromkeys(name for scores in found for name in scores))
        by_name = {name: [scores[name] for scores in found if name in scores] for name in names}
        return {name: sum(values) / len(values) for name, values in by_name.items()}

    def kept(self) -> Tensors:
        """Return the weights to keep: the best ones, or without validation the present ones."""
        return self.trainers[0].weights() if self.best is None else self.best

    def follow_plateau(self) -> None:
        """Set every trainer's plateau factor from the rows, which is all that it depends on.

        Where a network is validated on a part that was held out, its metric there is watched. Folds and the
        final stage both watch the training loss, so that the final stage slows down where the folds did.
        """
        if self.options.schedule != "plateau":
            return
        wait = schedules.wait(self.options.patience)
        for turn, trainer in enumerate(self.trainers):
            state = Plateau()
            for row in self.rows[turn :: len(self.trainers)]:
                score = row.valid_metric if self.name == "train" else row.train_loss
                if score is not None:
                    maximize = self.name == "train" and self.maximize
                    state = state.after(score, maximize=maximize, wait=wait)
            trainer.factor = state.factor

    def follow_average(self) -> None:
        """Have every trainer's averages begin, of asgd, where the rows say, which is all that it depends on.

        The validation loss is watched, or as for plateau the training loss.
        """
        if self.options.optimizer != "asgd":
            return
        valid = self.name == "train" and self.validated
        for turn, trainer in enumerate(self.trainers):
            rows = self.rows[turn :: len(self.trainers)]
            losses = [row.valid_loss if valid else row.train_loss for row in rows]
            begun = averaging.begins(losses, averaging.INTERVAL) is not None
            averaging.begin(trainer.optimizer, begun)

    def _epoch(self, trainer: Trainer, after_step: Callable[[Trainer], None]) -> None:
        trainer.train_epoch(after_step)
        rate = trainer.learning_rate(trainer.steps_done - 1)
        began = time.perf_counter()
        scores = trainer.validate()
        if self.name != "folds":
            self.flows += self._measure(trainer)
        sums = trainer.close_epoch()
        spent = sums.seconds + time.perf_counter() - began
        self.scores.append({name: value for name, value in scores.items() if math.isfinite(value)})
        self.rows.append(self._row(trainer, sums, rate, spent))
        self.follow_plateau()
        self.follow_average()
        if self.name == "train" and self.best_epoch() == len(self.rows):
            self.best = trainer.weights()

    def _row(self, trainer: Trainer, sums: Sums, rate: float, seconds: float) -> Epoch:
        scores = self.scores[-1]
        return Epoch(
            stage=f"fold {trainer.place.turn + 1}" if self.name == "folds" else self.name,
            epoch=trainer.epoch,
            train_loss=sums.loss / sums.weight,
            valid_loss=scores.get("loss"),
            valid_metric=scores.get(trainer.problem.metric),
            learning_rate=rate,
            gradient_norm=sums.norm / sums.steps,
            seconds=seconds,
            sequences_per_second=sums.sequences / max(sums.seconds, 1e-9),
        )

    def _measure(self, trainer: Trainer) -> tuple[GradientFlow, ...]:
        probe = trainer.problem.probe()
        if probe is None:
            return ()
        return gradient_flow.measure(
            trainer.network, probe.input, probe.targets, probe.loss, trainer.epoch + 1
        )
