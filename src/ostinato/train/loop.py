"""The loop: one network on its way through its epochs, a step at a time.

What a step does depends on the seed, the stage, the epoch and the step's number alone, so a trainer whose
weights, optimiser and running sums were put back goes on as if it had never stopped.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from ostinato import checks
from ostinato.errors import ArgumentError, DivergedError
from ostinato.nn.network import Network, export_tensors
from ostinato.spec.options import TrainingOptions
from ostinato.tasks.base import Batch, Carried, Problem
from ostinato.train import optimizers, schedules
from ostinato.train.averaging import averages
from ostinato.train.settings import reseed, words

Tensors = dict[str, NDArray[np.generic]]


@dataclass
class Sums:
    """What an open epoch has gathered so far."""

    loss: float = 0.0
    weight: float = 0.0
    norm: float = 0.0
    sequences: int = 0
    steps: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Place:
    """Which run of the loop this is: all that its random choices depend on beside the seed.

    Args:
        stage: the stage's number.
        turn: the network's number among those that are trained side by side.
    """

    stage: int = 0
    turn: int = 0


@dataclass
class Trainer:
    """One network, its optimiser, and where it stands in its epochs.

    Args:
        problem: what is to be learnt.
        options: the training options, resolved.
        place: which run of the loop this is.
        prepare: called once with the fresh network, such as to copy another model's weights into it.

    Raises:
        ArgumentError: ``options.freeze`` names an op that the network lacks.
    """

    problem: Problem
    options: TrainingOptions
    place: Place = Place()
    prepare: Callable[[Network], None] = lambda network: None
    epoch: int = 0
    sums: Sums = field(default_factory=Sums)
    carried: Carried = field(default_factory=dict)
    factor: float = 1.0

    def __post_init__(self) -> None:
        self.steps_per_epoch = self.problem.steps_per_epoch  # asked once: counting draws a whole epoch
        self._epochs = checks.given("epochs", self.options.epochs)
        self._rate = checks.given("learning_rate", self.options.learning_rate)
        self._reseed(words(*self._key(), count=1)[0])
        self.network = Network(self.problem.network)
        self.prepare(self.network)
        self.network.to(self.options.device)
        self._frozen = _freeze(self.network, self.options.freeze)
        self.optimizer = optimizers.make(self.network.named_parameters(), self.options)
        self._weights = [p for p in self.network.parameters() if p.requires_grad]
        self._statistics = [*self.network.buffers()]
        self._batches: Sequence[Batch] = []
        self._words: list[int] = []
        self._opened = -1

    @property
    def last_batch_size(self) -> int:
        """Return how many units of data the last step had."""
        return self._batches[self.sums.steps - 1].size

    @property
    def steps_done(self) -> int:
        """Return the number of steps since the first epoch."""
        return self.epoch * self.steps_per_epoch + self.sums.steps

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0: by the schedule and the plateau's factor."""
        progress = step / (self.steps_per_epoch * self._epochs)
        rate = schedules.rate(self.options, min(1.0, progress))
        return self._rate * rate * self.factor

    def train_epoch(self, after_step: Callable[["Trainer"], None]) -> None:
        """Do what is left of this epoch's steps, calling ``after_step`` after each."""
        self._open()
        while self.sums.steps < len(self._batches):
            began = time.perf_counter()
            self._step(self._batches[self.sums.steps], self._words[self.sums.steps])
            self.sums.seconds += time.perf_counter() - began
            after_step(self)
        self.require_finite()

    def close_epoch(self) -> Sums:
        """Return the epoch's sums and go to the next epoch."""
        sums, self.sums = self.sums, Sums()
        self.epoch += 1
        return sums

    def validate(self) -> dict[str, float]:
        """Return the validation scores of ``weights()``; nothing where there is no validation part."""
        self.network.eval()
        try:
            with averages(self.optimizer), torch.inference_mode():
                return dict(self.problem.validate(self.network))
        except DivergedError as error:
            raise DivergedError(f"{error} after epoch {self.epoch + 1}; {_CURE}.") from error

    def require_finite(self) -> None:
        """Raise a DivergedError if a weight is NaN or infinite."""
        if not self.is_finite():
            raise DivergedError(
                f"weights are not finite after step {self.steps_done} (epoch {self.epoch + 1}); {_CURE}."
            )

    def is_finite(self) -> bool:
        """Return whether every weight and running statistic is a finite number."""
        values = [value for value in self.network.state_dict().values() if value.is_floating_point()]
        return all(bool(value.isfinite().all()) for value in values)

    def weights(self) -> Tensors:
        """Return a copy of the network's weights (of asgd's averages, once begun), as a model stores them."""
        with averages(self.optimizer):
            return {name: np.array(value) for name, value in export_tensors(self.network).items()}

    def _open(self) -> None:
        """Work out the epoch's batches and seeds, and set the network to training."""
        if self._opened != self.epoch:
            self._batches = self.problem.epoch(self.epoch)
            self._words = words(*self._key(), self.epoch, count=len(self._batches))
            self._opened = self.epoch
        if not self.sums.steps:
            self.carried = self.problem.start()
        self.network.train()
        for module in self._frozen:
            module.eval()

    def _step(self, batch: Batch, word: int) -> None:
        self._reseed(word)
        statistics = [buffer.clone() for buffer in self._statistics]
        total, weight, carried = self.problem.loss(self.network, batch, self.carried)
        self.optimizer.zero_grad(set_to_none=True)
        (total / weight).backward()  # type: ignore[no-untyped-call]
        loss, norm = total.item(), self._clip()
        if not (math.isfinite(loss) and math.isfinite(norm)):
            self._undo(statistics)
            raise DivergedError(self._not_finite("gradient" if math.isfinite(loss) else "loss", batch))
        optimizers.set_rate(self.optimizer, self.learning_rate(self.steps_done))
        self.optimizer.step()
        self.carried = carried
        self.sums.loss += loss
        self.sums.weight += weight
        self.sums.norm += norm
        self.sums.sequences += batch.size
        self.sums.steps += 1

    def _clip(self) -> float:
        """Return the gradient's norm, and scale the gradient down to ``clip_norm`` if it is above."""
        gradients = [p.grad for p in self._weights if p.grad is not None]
        norm = get_total_norm(gradients, foreach=True)
        if not norm.isfinite():  # squares overflow long before the gradient itself does
            norm = get_total_norm([gradient.double() for gradient in gradients])
        if 0 < self.options.clip_norm < norm.item() < math.inf:
            clip_grads_with_norm_(self._weights, self.options.clip_norm, norm)
        return norm.item()

    def _undo(self, statistics: list[Tensor]) -> None:
        """Put back the running statistics, so that all is as before the step that failed."""
        self.optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            for buffer, before in zip(self._statistics, statistics, strict=True):
                buffer.copy_(before)

    def _not_finite(self, what: str, batch: Batch) -> str:
        return (
            f"the {what} is not finite at step {self.steps_done + 1} (epoch {self.epoch + 1}, batch "
            f"{self.sums.steps + 1} of {self.steps_per_epoch}: {batch.names}); {_CURE}."
        )

    def _key(self) -> tuple[int, ...]:
        return self.options.seed, self.place.stage, self.place.turn

    def _reseed(self, word: int) -> None:
        reseed(word, self.options.device)


_CURE = "lower learning_rate or set clip_norm, and look for extreme values in the data"


def _freeze(network: Network, names: Sequence[str]) -> list[nn.Module]:
    """Stop the named ops from learning and return them; their running statistics stay as they are too."""
    known = dict(network.named_children())  # the ops, and an encoder as a whole
    for name in names:
        if name not in known:
            raise ArgumentError(f"freeze names {name!r}; choose among the ops {', '.join(known)}.")
    frozen: list[nn.Module] = [known[name] for name in names]
    for module in frozen:
        module.requires_grad_(False)
    return frozen
