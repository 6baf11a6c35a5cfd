"""Numeric sequences ready for training, each varied anew in every epoch, as packed batches."""

from dataclasses import replace
from typing import cast

import numpy as np
from torch.nn.utils.rnn import PackedSequence

from ostinato.data.examples import Drawn, Examples
from ostinato.data.sampler import random_of
from ostinato.preprocess.augment_series import varied_rows
from ostinato.preprocess.base import SequencePreprocessor
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.series import SeriesPreprocessor
from ostinato.read.sequences import Sequences, Values
from ostinato.spec.series_options import SeriesAugmentation


class VariedSeries:
    """Numeric sequences from which batches are made that are a function of the seed and the epoch alone.

    Values are varied before they are scaled and before gaps are filled or masked; times and descriptors are
    not varied.

    Args:
        preprocessor: fitted to these sequences, so its channels are theirs, in their order.
        sequences: as they were read.
        options: how they are varied.
        seed: at least 0.
    """

    def __init__(
        self, preprocessor: SeriesPreprocessor, sequences: Sequences, options: SeriesAugmentation, seed: int
    ) -> None:
        # prepared once, so that what cannot be used is refused now and not in an epoch
        self.lengths: Integers = Examples(preprocessor.apply(sequences)).lengths
        self._preprocessor, self._sequences = preprocessor, sequences
        self._options, self._seed = options, seed

    def __len__(self) -> int:
        return len(self.lengths)

    def drawn(self, indices: Integers, epoch: int) -> tuple[PackedSequence, Integers]:
        """Return the sequences at these positions, varied for an epoch, and their order: theirs.

        What becomes of a sequence depends on the seed, the epoch and its position, not on the batch.

        Args:
            indices: (B,) positions, sorted by falling length.
            epoch: its number, from 0.
        """
        values = [self._varied(int(index), epoch) for index in indices]
        made = self._preprocessor.apply(replace(self._sequences.select(indices), values=values))
        order = np.arange(len(indices))
        return Examples(made).batch(order), order

    def _varied(self, index: int, epoch: int) -> Values:
        random = random_of(self._seed, epoch, index)
        rows = cast(list[Values], self._sequences.values)[index]
        return varied_rows(rows, self._preprocessor.spec, self._options, random)


def series_or_tokens(
    preprocessor: SequencePreprocessor, sequences: Sequences, options: SeriesAugmentation, seed: int
) -> Drawn:
    """Return sequences to train on: numeric ones varied, if options say so, all others as they are."""
    if isinstance(preprocessor, SeriesPreprocessor) and options.varies:
        return VariedSeries(preprocessor, sequences, options, seed)
    return Examples(preprocessor.apply(sequences))
