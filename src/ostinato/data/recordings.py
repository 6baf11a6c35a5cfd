"""Recordings ready for training: each varied anew in every epoch, as packed batches of frames."""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence

from ostinato.data.sampler import random_of
from ostinato.errors import ArgumentError
from ostinato.preprocess.audio import Frames, log_mel
from ostinato.preprocess.augment import masked, varied
from ostinato.preprocess.pack import Integers, falling, pack_index
from ostinato.read.recordings import Samples
from ostinato.spec.audio import Audio
from ostinato.spec.audio_options import Augmentation


class Recordings:
    """Recordings in memory, from which batches are made that are a function of the seed and the epoch alone.

    Args:
        samples: (n,) each, of one frame at least, at the rate of ``audio``.
        audio: what frames are.
        options: how recordings are varied.
        seed: at least 0.

    Example:
        >>> from ostinato.preprocess.audio import unscaled
        >>> from ostinato.spec.audio_options import AudioOptions
        >>> hums = [np.sin(np.arange(n, dtype=np.float32)) for n in (800, 4000)]
        >>> recordings = Recordings(hums, unscaled(8000, AudioOptions()), Augmentation(), seed=0)
        >>> batch, order = recordings.drawn(np.array([0, 1]), epoch=3)
        >>> order.tolist(), recordings.lengths.tolist()
        ([1, 0], [8, 48])
    """

    def __init__(self, samples: Sequence[Samples], audio: Audio, options: Augmentation, seed: int) -> None:
        self.lengths: Integers = np.array([audio.frames(len(one)) for one in samples], np.int64)
        if not len(samples) or not self.lengths.all():
            raise ArgumentError("recordings are missing or shorter than one frame; expected one at least.")
        self._samples = samples
        self._audio = audio
        self._options = options
        self._seed = seed

    def __len__(self) -> int:
        return len(self.lengths)

    def drawn(self, indices: Integers, epoch: int) -> tuple[PackedSequence, Integers]:
        """Return the recordings at these positions, varied anew for an epoch, as one packed batch.

        What becomes of a recording depends on the seed, the epoch and its position, not on the batch.

        Args:
            indices: (B,) positions, in any order.
            epoch: its number, from 0.

        Returns:
            The batch, without ``sorted_indices``; and the order of its sequences: sequence b of the batch is
            ``indices[order[b]]``, since a change of speed changes which one is longest.
        """
        frames = [self._varied(int(index), epoch) for index in indices]
        lengths = np.array([len(rows) for rows in frames], np.int64)
        order = falling(lengths)
        rows, batch_sizes = pack_index((np.cumsum(lengths) - lengths)[order], lengths[order])
        data = torch.from_numpy(np.concatenate(frames)[rows])
        return PackedSequence(data, torch.from_numpy(batch_sizes)), order

    def _varied(self, index: int, epoch: int) -> Frames:
        random = random_of(self._seed, epoch, index)
        samples = varied(self._samples[index], self._options, random, least=self._audio.width)
        return masked(log_mel(self._audio, samples), self._options, random)
