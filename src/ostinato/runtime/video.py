"""Clips in the runtime: in portions that fit into memory."""

from collections.abc import Iterator, Sequence

import numpy as np

from ostinato.preprocess.pack import Integers
from ostinato.read.sequences import Sequences

PORTION = 64 * 2**20
"""Bytes of frames at most that are decoded and answered at once, a longer single clip excepted."""


def portions(sequences: Sequences) -> Iterator[Integers]:
    """Yield the positions of sequences that are answered at once: all, or of clips as many as fit."""
    everything = np.arange(len(sequences))
    if sequences.kind != "video" or not len(sequences):
        yield everything
        return
    from ostinato.read.clip import Clip

    sizes = [one.steps * one.form.size if isinstance(one, Clip) else 0 for one in sequences.values]
    first = 0
    while first < len(sizes):
        fitting = int(np.searchsorted(np.cumsum(sizes[first:]), PORTION, side="right"))
        yield everything[first : first + max(1, fitting)]
        first += max(1, fitting)


def steps_of(sequences: Sequences, lengths: Sequence[int]) -> Sequences:
    """Return every step of sequences as one of its own, told in words, with the label that it has.

    Args:
        sequences: N of them.
        lengths: (N,) how many steps each one has.
    """
    owners = np.repeat(np.arange(len(sequences)), lengths)
    numbers = [number for length in lengths for number in range(1, length + 1)]
    ids = [f"{sequences.ids[owner]}, step {number}" for owner, number in zip(owners, numbers, strict=True)]
    labels = (
        None if sequences.step_labels is None else [one for said in sequences.step_labels for one in said]
    )
    places = [sequences.places[owner] for owner in owners] if sequences.places else []
    return Sequences("text", ids, ids, labels, places=places)
