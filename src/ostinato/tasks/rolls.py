"""Piano rolls: which keys sound in the next frame."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.answers.rolls import score
from ostinato.checks import choice, given
from ostinato.data.examples import Examples
from ostinato.errors import DataError, DivergedError
from ostinato.nn.network import Network
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.pack import sequence_of_rows
from ostinato.preprocess.rolls import RollPreprocessor, before
from ostinato.read.rolls import KEYS, Roll, Rolls
from ostinato.spec import network as spec
from ostinato.spec.model import RollModel
from ostinato.spec.preprocessing import PianoRoll
from ostinato.spec.record import TrainingRecord
from ostinato.spec.rolls import RollNetwork, RollOptions
from ostinato.tasks.base import Batch, Carried, Loss, Part, Probe, Problem, StagePlan, Task, moved
from ostinato.tasks.parts import held_out
from ostinato.tasks.rolls_defaults import fill
from ostinato.tasks.sampled import Sampled, SampledProblem, in_order

METRICS = {"loss": False, "accuracy": True}
"""What progress can be measured by, and whether more of it is better."""

PROBE_SEQUENCES, PROBE_STEPS = 4, 32
"""What gradient flow is measured on: so many sequences, so many of their steps at most."""


@dataclass
class RollProblem(SampledProblem):
    """Piano rolls, each frame of which is told from those before it.

    Args:
        train: what is read at each step (89 features) beside the frame that follows (88).
        valid: the same of the validation part, or None.
        room: (n, 2) how many semitones each training sequence may be moved: down (0 or less), and up.
        sampled: which training sequences form a batch.
        device: where the network is.
    """

    network: spec.Network
    preprocessor: Preprocessor
    train: Examples
    valid: Examples | None
    room: Tensor
    sampled: Sampled
    metric: str
    maximize: bool
    device: str
    labels: tuple[str, ...] | None = PianoRoll().names()
    unknown_rate: None = None

    @property
    def validated(self) -> bool:
        """Return whether there is a validation part."""
        return self.valid is not None

    def loss(self, network: Network, batch: Batch, carried: Carried) -> Loss:
        """Return the summed negative log-likelihood of a batch's frames in nats, each sequence transposed."""
        both = transposed(self.train.batch(batch.content), self.room[torch.from_numpy(batch.content)])
        input, frames = _parted(moved(both, self.device))
        logits = _rows(network(input))
        return Loss(_negative_log_likelihood(logits, frames), float(len(frames)), {})

    def validate(self, network: Network) -> Mapping[str, float]:
        """Return nats a frame and the accuracy on the validation part; nothing where there is none."""
        if self.valid is None:
            return {}
        logits, frames = [], []
        order, _ = in_order(self.valid.lengths, self.sampled.batch_size)
        for indices in order:
            input, wanted = _parted(moved(self.valid.batch(indices), self.device))
            logits.append(_rows(network(input)).cpu().numpy())
            frames.append(wanted.cpu().numpy().astype(np.uint8))
        if not all(np.isfinite(z).all() for z in logits):
            raise DivergedError("validation scores are not finite")
        found = score(logits, frames)
        accuracy = {} if found.accuracy is None else {"accuracy": found.accuracy}
        return {"loss": found.nats_per_frame, **accuracy}

    def probe(self) -> Probe:
        """Return the beginnings of the longest sequences; the loss is that of the frame after each."""
        longest = np.argsort(-self.train.lengths, kind="stable")[:PROBE_SEQUENCES]
        input, frames = _parted(self.train.batch(longest))
        steps = min(PROBE_STEPS, int(self.train.lengths[longest[-1]]))
        rows = steps * len(longest)
        begun = PackedSequence(input.data[:rows], input.batch_sizes[:steps])
        return Probe(
            moved(begun, self.device), frames[rows - len(longest) : rows].to(self.device), _last_loss
        )


class RollsTask(Task[Rolls, RollOptions]):
    """Network: recurrent stack, head over keys. Loss: each key's cross-entropy, summed over a frame."""

    name = "rolls"

    def resolve(self, data: Rolls, options: RollOptions) -> RollOptions:
        """Return the options with everything open chosen from the number of frames.

        Raises:
            ArgumentError: the metric is unknown.
            DataError: the data has parts, but none to train on.
        """
        resolved = fill(options, _part(data, "train"), has_valid=_has(data, "valid"))
        choice("metric", resolved.training.metric, METRICS)
        return resolved

    def plan(self, data: Rolls, valid: Rolls | None, options: RollOptions) -> list[StagePlan[Rolls]]:
        """Return one stage: validated on the data's own part for that or, where it has none, on a fraction.

        A fraction that was asked for is held out of the training part; the data's own is then not used.
        """
        train, fraction = _part(data, "train"), options.data.valid_fraction
        if valid is not None:
            return [StagePlan("train", [Part(train, _part(valid, "valid"))])]
        if fraction is None:
            return [StagePlan("train", [Part(train, data.part("valid"))])]
        return [StagePlan("train", [held_out(train, None, fraction, options.training.seed)])]

    def problem(self, train: Rolls, valid: Rolls | None, options: RollOptions) -> RollProblem:
        """Return the problem; nothing is fitted, as keys are what they are."""
        examples = _examples(train.values)
        training = options.training
        metric = given("metric", training.metric)
        return RollProblem(
            network=network(options.network),
            preprocessor=RollPreprocessor(PianoRoll()),
            train=examples,
            valid=None if valid is None else _examples(valid.values),
            room=_room(train.values, given("transpose", training.transpose)),
            sampled=Sampled(examples.lengths, train.ids, training),
            metric=metric,
            maximize=METRICS[metric],
            device=training.device,
        )

    def model(self, data: Rolls, problem: Problem, options: RollOptions, record: TrainingRecord) -> RollModel:
        """Return everything about the trained model but its weights."""
        return RollModel(
            columns=data.columns,
            preprocessing=PianoRoll(),
            network=problem.network,
            recipe=options,
            training=record,
        )


ROLLS = RollsTask()


def network(options: RollNetwork) -> spec.Network:
    """Return the network of a model of piano rolls; options are resolved."""
    rate, layers = given("dropout", options.dropout), given("layers", options.layers)
    locked = options.locked_dropout
    ops: tuple[spec.AnyOp, ...] = (
        spec.Dropout(name="input_dropout", rate=given("input_dropout", options.input_dropout), locked=locked),
        spec.Recurrent(
            cell="rnn_tanh" if options.cell == "rnn" else options.cell,
            hidden_size=given("hidden_size", options.hidden_size),
            layers=layers,
            dropout=rate if layers > 1 else 0.0,
            weight_dropout=given("weight_dropout", options.weight_dropout),
            locked=locked,
        ),
        spec.Dropout(name="output_dropout", rate=rate, locked=locked),
        spec.Head(size=KEYS),
    )
    return spec.Network(input="steps", input_size=PianoRoll().flow().size, ops=ops)


def transposed(both: PackedSequence, room: Tensor) -> PackedSequence:
    """Return sequences, each moved by a random number of semitones.

    What is read is moved as what follows. The number is drawn evenly from torch's generator; no key of the
    sequence leaves the keyboard.

    Args:
        both: rows (N, 89 + 88) of what is read and the frame that follows.
        room: (B, 2) the lowest and the highest number of semitones.
    """
    if not room.any():
        return both
    low, high = room.T
    moves = low + (torch.rand(len(room)) * (high - low + 1)).floor().long()
    of_row = moves[torch.from_numpy(sequence_of_rows(both.batch_sizes.numpy()))]
    keys = (torch.arange(KEYS) - of_row[:, None]) % KEYS  # what goes round is silent
    rows = both.data
    parts = [rows[:, :KEYS].gather(1, keys), rows[:, KEYS : KEYS + 1], rows[:, KEYS + 1 :].gather(1, keys)]
    return PackedSequence(torch.cat(parts, dim=1), both.batch_sizes)


def _room(rolls: list[Roll], most: int) -> Tensor:
    """Return how far each roll may be moved, ``most`` semitones at most, (n, 2)."""
    rooms = []
    for roll in rolls:
        keys = np.flatnonzero(roll.any(axis=0))
        lowest, highest = (keys[0], keys[-1]) if len(keys) else (KEYS - 1, 0)
        rooms.append((-min(most, int(lowest)), min(most, KEYS - 1 - int(highest))))
    return torch.tensor(rooms)


def _examples(rolls: list[Roll]) -> Examples:
    return Examples([np.concatenate([before(roll), roll.astype(np.float32)], axis=1) for roll in rolls])


def _parted(both: PackedSequence) -> tuple[PackedSequence, Tensor]:
    """Return what is read and the frames that follow."""
    return PackedSequence(both.data[:, : KEYS + 1], both.batch_sizes), both.data[:, KEYS + 1 :]


def _rows(output: PackedSequence | Tensor) -> Tensor:
    if not isinstance(output, PackedSequence):
        raise TypeError("a network of piano rolls answers every step")
    return output.data


def _negative_log_likelihood(logits: Tensor, frames: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, frames, reduction="sum")


def _last_loss(logits: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss of the frame after each sequence, from the logits of all steps."""
    return _negative_log_likelihood(logits[-len(frames) :], frames), logits.new_tensor(len(frames))


def _has(data: Rolls, part: str) -> bool:
    return part in (data.parts or ())


def _part(data: Rolls, name: str) -> Rolls:
    """Return the part of this name or, where the data has no parts, all of it."""
    if data.parts is not None and not _has(data, name):
        raise DataError(f"the piano rolls have parts, but none called {name}; expected one, or no parts.")
    return data if data.parts is None else data.part(name)
