"""Clips in the runtime: in portions that fit into memory."""

from collections.abc import Iterator

import numpy as np

from ostinato.preprocess.pack import Integers
from ostinato.read.clips import Clip
from ostinato.read.sequences import Sequences

PORTION = 64 * 2**20
"""Bytes of frames at most that are decoded and answered at once, a longer single clip excepted."""


def portions(sequences: Sequences) -> Iterator[Integers]:
    """Yield the positions of sequences that are answered at once: all, or of clips as many as fit."""
    everything = np.arange(len(sequences))
    if sequences.kind != "video" or not len(sequences):
        yield everything
        return
    sizes = [one.steps * one.form.size if isinstance(one, Clip) else 0 for one in sequences.values]
    first = 0
    while first < len(sizes):
        fitting = int(np.searchsorted(np.cumsum(sizes[first:]), PORTION, side="right"))
        yield everything[first : first + max(1, fitting)]
        first += max(1, fitting)
