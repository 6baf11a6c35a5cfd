"""Which sequences form a batch: a pure function of the lengths, the seed and the epoch.

A run that is resumed asks for the epoch's batches again and goes on at the step where it was: nothing of the
sampler is ever saved.
"""

import numpy as np

from ostinato import checks
from ostinato.preprocess.pack import Integers, falling

POOL = 50
"""Batches at most among which sequences are sorted by length."""


def random_of(seed: int, *place: int) -> np.random.Generator:
    """Return what is drawn from at a place of training, such as an epoch and an example: a function of both.

    Example:
        >>> random_of(0, 3, 7).random() == random_of(0, 3, 7).random() != random_of(0, 3, 8).random()
        True
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=place))


def batches(lengths: Integers, batch_size: int, seed: int, epoch: int) -> list[Integers]:
    """Return an epoch's batches: every index once, in random order, alike in length within a batch.

    All indices are shuffled and cut into pools of a quarter of the batches, ``POOL`` batches at most; within
    a pool they are sorted by length and cut into batches; the batches are shuffled. Batches of like lengths
    take fewer steps, and pools keep their make-up random from epoch to epoch. Where all lengths are equal
    this is plain shuffling.

    Batches are as equal in size as can be, ``batch_size`` at most: 65 sequences in batches of 64 make 33 and
    32. So a batch of one comes only where batch_size is 1, or is 2 and the number of sequences odd.

    Args:
        lengths: (n,) each sequence's number of steps.
        batch_size: sequences a batch at most.
        seed, epoch: at least 0; the same two give the same batches (with the same NumPy).

    Returns:
        Arrays of indices, each sorted by falling length.

    Example:
        >>> lengths = np.array([3, 9, 4, 8])
        >>> sorted(np.concatenate(batches(lengths, 2, seed=0, epoch=5)).tolist())
        [0, 1, 2, 3]
    """
    generator = random_of(seed, epoch)
    cut = _cut(generator.permutation(len(lengths)), batch_size)
    pool = min(POOL, max(1, len(cut) // 4))
    grouped: list[Integers] = []
    for first in range(0, len(cut), pool):
        grouped += _by_length(cut[first : first + pool], lengths)
    return [grouped[i] for i in generator.permutation(len(grouped))]


def token_batches(lengths: Integers, tokens: Integers, most: int, seed: int, epoch: int) -> list[Integers]:
    """Return an epoch's batches as ``batches`` does, of so many tokens each at most.

    Args:
        lengths: (n,) by which sequences are alike.
        tokens: (n,) each sequence's tokens.
        most: tokens of a batch at most; a sequence that has more is a batch of its own.
        seed, epoch: as for ``batches``.

    Example:
        >>> lengths = np.array([3, 9, 4, 8])
        >>> drawn = token_batches(lengths, lengths, 12, seed=0, epoch=0)
        >>> sorted(np.concatenate(drawn).tolist()), max(int(lengths[batch].sum()) for batch in drawn) <= 12
        ([0, 1, 2, 3], True)
    """
    generator = random_of(seed, epoch)
    order = generator.permutation(len(lengths))
    count = max(1, round(checks.positive("batch_tokens", most) / max(1.0, float(tokens.mean()))))
    pool = min(POOL, max(1, len(order) // (4 * count))) * count
    grouped: list[Integers] = []
    for first in range(0, len(order), pool):
        indices = order[first : first + pool]
        grouped += _filled(indices[falling(lengths[indices])], tokens, most)
    return [grouped[i] for i in generator.permutation(len(grouped))]


def ordered_batches(lengths: Integers, batch_size: int) -> list[Integers]:
    """Return batches without chance, for validation: the longest sequences first, every index once.

    Example:
        >>> [batch.tolist() for batch in ordered_batches(np.array([3, 9, 4, 8]), 2)]
        [[1, 3], [2, 0]]
    """
    return _cut(falling(lengths), batch_size)


def _cut(order: Integers, batch_size: int) -> list[Integers]:
    count = -(-len(order) // checks.positive("batch_size", batch_size))
    return np.array_split(order, count) if count else []


def _filled(indices: Integers, tokens: Integers, most: int) -> list[Integers]:
    """Cut indices, in their order, into batches of at most so many tokens."""
    cuts, filled = [], 0
    for place, count in enumerate(tokens[indices].tolist()):
        if place and filled + count > most:
            cuts.append(place)
            filled = 0
        filled += count
    return np.split(indices, cuts)


def _by_length(pool: list[Integers], lengths: Integers) -> list[Integers]:
    """Sort the indices of some batches by falling length and cut them into batches of the same sizes."""
    indices = np.concatenate(pool)
    indices = indices[falling(lengths[indices])]
    return np.split(indices, np.cumsum([len(batch) for batch in pool])[:-1])
