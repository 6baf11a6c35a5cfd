"""Splits into a training and a validation part: by sequence, stratified, pure functions of the seed."""

from collections.abc import Sequence

import numpy as np

from ostinato import checks
from ostinato.errors import ArgumentError
from ostinato.preprocess.pack import Integers

Split = tuple[Integers, Integers]


def holdout(strata: Sequence[str] | None, n: int, fraction: float, seed: int) -> Split:
    """Hold out a fraction of n sequences for validation, every stratum in proportion.

    The validation part has ``fraction * n`` sequences, rounded, and at least one (none if fraction is 0).
    Every stratum keeps at least one sequence in training; a stratum with one member stays there.

    Args:
        strata: (n,) what is kept in proportion, such as the label; None: plain chance.
        n: the number of sequences.
        fraction: at least 0 and below 1.
        seed: at least 0.

    Returns:
        (train, valid): positions, each in rising order.

    Raises:
        ArgumentError: nothing can be held out, since every stratum has one member.

    Example:
        >>> train, valid = holdout(["a", "a", "a", "a", "b", "b", "b", "b", "c"], 9, 0.25, seed=0)
        >>> len(train), len(valid), 8 in train
        (7, 2, True)
    """
    wanted = round(checks.fraction("fraction", fraction) * n) or int(fraction > 0)
    generator = np.random.default_rng(seed)
    groups = _shuffled_groups(strata, n, generator)
    spare = np.array([len(group) - 1 for group in groups])
    if wanted and not spare.any():
        raise ArgumentError(
            f"a part of {fraction} cannot be held out: each of the {n} sequences is the only one of its "
            "class; add sequences, or hold out 0."
        )
    shares = _apportion(min(wanted, int(spare.sum())), spare, generator)
    valid = np.concatenate([group[:share] for group, share in zip(groups, shares, strict=True)])
    return _complement(valid, n), np.sort(valid)


def folds(strata: Sequence[str] | None, n: int, k: int, seed: int) -> list[Split]:
    """Cut n sequences into k folds, every stratum in proportion; each fold is the validation part once.

    The members of a stratum are dealt to the folds in turn, so folds differ by one sequence at most. A
    stratum with fewer than k members is validated on in some of the folds only; one with a single member
    is in the training part of all of them, and never validated on.

    Args:
        strata, n, seed: as for ``holdout``.
        k: the number of folds, at least 2.

    Returns:
        k pairs (train, valid) of positions, each in rising order.

    Raises:
        ArgumentError: k is below 2 or too high for every fold to get a sequence.

    Example:
        >>> [valid.tolist() for _, valid in folds(None, 3, 3, seed=1)]
        [[0], [1], [2]]
    """
    groups = _shuffled_groups(strata, n, np.random.default_rng(seed))
    several = [group for group in groups if strata is None or len(group) > 1]
    dealt: Integers = np.concatenate(several) if several else np.empty(0, np.int64)
    if not 2 <= checks.positive("folds", k) <= len(dealt):
        raise ArgumentError(
            f"folds is {k}; expected 2 to {len(dealt)}, the number of sequences that are not the only one of "
            "their class."
        )
    return [(_complement(dealt[fold::k], n), np.sort(dealt[fold::k])) for fold in range(k)]


def _shuffled_groups(strata: Sequence[str] | None, n: int, generator: np.random.Generator) -> list[Integers]:
    """Return the positions of each stratum, in random order; strata in the order of their names."""
    if strata is None:
        return [generator.permutation(n)]
    if len(strata) != n:
        raise ArgumentError(f"strata names {len(strata)} sequences; expected {n}.")
    names, inverse = np.unique(np.asarray(strata), return_inverse=True)
    return [generator.permutation(np.flatnonzero(inverse == group)) for group in range(len(names))]


def _apportion(total: int, spare: Integers, generator: np.random.Generator) -> Integers:
    """Share ``total`` out in proportion to group sizes, by largest remainder, at most ``spare`` each.

    Equal remainders are ordered by chance, so that no class is preferred for its name.
    """
    sizes = np.where(spare > 0, spare + 1, 0)
    exact = total * sizes / max(1, sizes.sum())
    shares: Integers = np.minimum(np.floor(exact).astype(np.int64), spare)
    while (missing := total - int(shares.sum())) > 0:
        behind = np.where(shares < spare, exact - shares, -np.inf) + 1e-9 * generator.random(len(spare))
        first = np.argsort(-behind)[: min(missing, int((shares < spare).sum()))]
        shares[first] += 1
    return shares


def _complement(indices: Integers, n: int) -> Integers:
    left = np.ones(n, dtype=bool)
    left[indices] = False
    return np.flatnonzero(left)
