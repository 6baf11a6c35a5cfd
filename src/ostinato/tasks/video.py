"""Classifying clips: decoded ahead of the steps that need them, and changed a little each time."""

from collections.abc import Iterator
from typing import NamedTuple, cast

import numpy as np
from torch.nn.utils.rnn import PackedSequence

from ostinato.data.clips import AHEAD, Augmentation, ClipExamples
from ostinato.data.sampler import random_of
from ostinato.preprocess.pack import Integers
from ostinato.read.ahead import ahead
from ostinato.read.clip import Clip
from ostinato.read.sequences import Sequences
from ostinato.spec import network as spec
from ostinato.spec.classify import ClassifyOptions, ClassifyTraining
from ostinato.spec.video import FrameForm
from ostinato.tasks.sampled import Sampled

LAYERS = ((8, 5, 2), (16, 3, 2), (32, 3, 2))
"""Channels, kernel size and stride of the convolutions over each frame."""


class Planned(NamedTuple):
    """A batch of clips: which ones, and where in training it is seen, from which its changes follow."""

    epoch: int
    step: int
    indices: Integers


class ClipFeed:
    """Training batches of clips, decoded, changed and scaled by threads, some batches ahead.

    Every batch is a function of the seed, the epoch and the step: which thread is ready first changes
    nothing, and a run that goes on in the middle of an epoch sees what it would have seen.

    Args:
        examples: the training part.
        sampled: which of them form a batch.
        options: how clips are changed.
    """

    def __init__(self, examples: ClipExamples, sampled: Sampled, options: ClassifyTraining) -> None:
        self.lengths = examples.lengths
        self._examples, self._seed = examples, options.seed
        self._sampled = sampled
        self._change = Augmentation(options.clip_shift, options.clip_flip, options.clip_brightness)
        self._plan: list[Planned] = []
        self._coming: Iterator[PackedSequence] = iter(())
        self._next = 0

    def drawn(self, indices: Integers, epoch: int) -> tuple[PackedSequence, Integers]:
        """Return a batch of an epoch, and the order of its clips: theirs. Quickest in the epoch's order."""
        step = self._step(indices, epoch)
        if step != self._next:
            self._coming = ahead(self._made, self._plan[step:], most=AHEAD)
        self._next = step + 1
        return next(self._coming), np.arange(len(indices))

    def _step(self, indices: Integers, epoch: int) -> int:
        """Return which step of an epoch is of these clips."""
        if not self._plan or self._plan[0].epoch != epoch:
            batches = self._sampled.epoch(epoch)
            self._plan = [Planned(epoch, step, batch.content) for step, batch in enumerate(batches)]
            self._next = -1
        near = [*self._plan[max(0, self._next) :], *self._plan[: max(0, self._next)]]
        return next(one.step for one in near if np.array_equal(one.indices, indices))

    def _made(self, planned: Planned) -> PackedSequence:
        random = random_of(self._seed, planned.epoch, planned.step)
        return self._examples.batch(planned.indices, self._change, random)


def clips(sequences: Sequences) -> list[Clip]:
    """Return the clips of sequences that are video."""
    return cast(list[Clip], sequences.values)


def with_form(options: ClassifyOptions, data: Sequences) -> ClassifyOptions:
    """Return the options with the frames' form as it was read; of data that is no video, as they are."""
    if data.kind != "video":
        return options
    form = clips(data)[0].form
    found = options.data.model_copy(
        update={"frame_size": form.height, "colour": form.channels == 3, "frame_rate": form.frame_rate}
    )
    return options.model_copy(update={"data": found})


def frame_front(form: FrameForm, hidden_size: int, rate: float) -> list[spec.AnyOp]:
    """Return what stands before the recurrent layers: convolutions over each frame, then one along time.

    The last one sees three frames side by side, and so what moves and how.
    """
    ops: list[spec.AnyOp] = []
    grid = form.height, form.width
    for number, (channels, size, stride) in enumerate(LAYERS, start=1):
        op = spec.FrameConvolution(
            name=f"frame_convolution_{number}",
            height=grid[0],
            width=grid[1],
            channels=channels,
            kernel_size=size,
            stride=stride,
        )
        ops.append(op)
        grid = op.grid
    motion = spec.Convolution(name="motion", channels=hidden_size, kernel_size=3)
    return [*ops, spec.Dropout(name="frame_dropout", rate=rate), motion]
