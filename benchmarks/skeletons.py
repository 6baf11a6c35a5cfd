"""Skeletons told by models of other recordings; how training varies them is chosen by other recordings too.

The 18 recordings form six blocks, one of each action in each. Models of four blocks judge the two others, in
all fifteen ways, and for a block that variation is chosen by which most windows of the five other blocks were
told rightly by models that had not seen it. So a recording chooses nothing of what it is judged by.
"""

import sys
from collections.abc import Sequence
from itertools import combinations, product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

VARIATIONS = [
    {"channel_offset": offset, "channel_mask": mask} for offset, mask in product((0.0, 1.0, 2.0), (0.0, 0.5))
]
"""What is chosen among; of equals the first."""

LEAP = 1.0
"""No joint turns so far, in radians, from one frame to the next: what is measured so, is measured wrongly."""

Values = NDArray[np.float32]


class Teller(NamedTuple):
    """A model that tells actions.

    Args:
        model: a fitted classifier.
        columns: those that it reads.
    """

    model: Any
    columns: NDArray[np.bool_]

    def beliefs(self, values: Values) -> NDArray[np.float64]:
        """Return the probabilities of the windows' actions, (windows, actions), actions by the alphabet."""
        model = self.model.model_
        return np.asarray(model.predict(model.windows([values[:, self.columns]])).probabilities)

    def whole(self, values: Values) -> str:
        """Return what is said of a whole recording."""
        return str(self.model.predict([values[:, self.columns]])[0])


class Recordings(NamedTuple):
    """Recordings of skeletons.

    Args:
        values: joint angles, (T, 111) each.
        actions: what is done in each.
        seed: that of every training.
        mended: whether models leave out the joints that leap in one of the recordings they learn from.
    """

    values: list[Values]
    actions: list[str]
    seed: int
    mended: bool = False

    def without(self, left: Sequence[int], variation: dict[str, float]) -> Teller:
        """Return a model of all recordings but these, which its training varied so."""
        from ostinato import SequenceClassifier

        kept = [number for number in range(len(self.actions)) if number not in left]
        columns = np.ones(self.values[0].shape[1], bool)
        if self.mended:
            columns = steady([self.values[one] for one in kept])
        fixed = {"window": 60, "stride": 30, "folds": 0, "valid_fraction": 0.0, "epochs": 12, "threads": 1}
        model = SequenceClassifier(**fixed, **variation, seed=self.seed)
        model.fit([self.values[one][:, columns] for one in kept], [self.actions[one] for one in kept])
        return Teller(model, columns)

    def right(self, beliefs: NDArray[np.float64], number: int) -> int:
        """Return how many windows of a recording are told rightly by these beliefs."""
        action = sorted(set(self.actions)).index(self.actions[number])
        return int((beliefs.argmax(axis=1) == action).sum())


def recordings(data: Path, seed: int, mended: bool = False) -> Recordings:
    """Return the recordings without the hips' place and heading (the first six columns).

    Where a person stands says nothing of what he does. Mended, the second frame stands for the first, too,
    which is no movement but a pose to calibrate by, the same in all.
    """
    paths = sorted((data / "skeleton_cmu_mocap").glob("*/*/*.txt"))
    values = [np.loadtxt(path, delimiter=",", dtype=np.float32)[:, 6:] for path in paths]
    if mended:
        values = [np.concatenate([rows[1:2], rows[1:]]) for rows in values]
    return Recordings(values, [path.parent.name for path in paths], seed, mended)


def steady(values: Sequence[Values]) -> NDArray[np.bool_]:
    """Return which columns are of joints that leap in none of these recordings; no label is looked at."""
    leaps = np.max([np.abs(np.diff(rows, axis=0)).max(axis=0) for rows in values], axis=0)
    return np.repeat(leaps.reshape(-1, 3).max(axis=1) <= LEAP, 3)


def blocks(actions: Sequence[str]) -> list[list[int]]:
    """Return blocks of recordings, the first of each action, the second of each, and so on."""
    places = [[n for n, one in enumerate(actions) if one == name] for name in sorted(set(actions))]
    return [list(block) for block in zip(*places, strict=True)]


Heard = dict[tuple[int, int], list[NDArray[np.float64]]]
"""By recording and block: what models that saw neither its own block nor that one believe of its windows."""


def heard(given: Recordings, variation: dict[str, float], seeds: int = 1) -> Heard:
    """Return what models of four blocks say of the two others, in all fifteen ways, for so many seeds."""
    parts, found = blocks(given.actions), Heard()
    for seed, (one, other) in product(
        range(given.seed, given.seed + seeds), combinations(range(len(parts)), 2)
    ):
        model = given._replace(seed=seed).without(parts[one] + parts[other], variation)
        for own, left in ((one, other), (other, one)):
            for number in parts[own]:
                found.setdefault((number, left), []).append(model.beliefs(given.values[number]))
    return found


def chosen(given: Recordings, said: Sequence[Heard]) -> list[int]:
    """Return for each block which of ``said`` tells the other blocks best, by models that saw neither."""
    choices = []
    for block, part in enumerate(blocks(given.actions)):
        counts = [
            sum(
                given.right(beliefs, number)
                for (number, left), each in one.items()
                if left == block
                for beliefs in each
            )
            for one in said
        ]
        _say(f"recordings {part}: the other blocks' windows told rightly, by variation: {counts}")
        choices.append(int(np.argmax(counts)))
    return choices


def left_out(given: Recordings, variations: Sequence[dict[str, float]]) -> tuple[int, int, int]:
    """Leave each recording out in turn; return the windows told rightly, all windows, and recordings.

    Args:
        given: the recordings.
        variations: one for each block.
    """
    right, windows, whole = 0, 0, 0
    for block, variation in zip(blocks(given.actions), variations, strict=True):
        for number in block:
            model = given.without([number], variation)
            beliefs = model.beliefs(given.values[number])
            told = given.right(beliefs, number)
            right, windows = right + told, windows + len(beliefs)
            whole += int(model.whole(given.values[number]) == given.actions[number])
            _say(f"{given.actions[number]} {number}: {told} of {len(beliefs)} windows, {variation}")
    return right, windows, whole


def together(given: Recordings, variations: Sequence[dict[str, float]], seeds: int) -> tuple[int, int, int]:
    """Tell each recording by the mean of the models that saw neither it nor its block.

    A model learns from four blocks, so that five of each seed judge a block. Two people who stand alike and
    do different things are told apart by models that have not learnt from the one how the other stands.

    Args:
        given: the recordings, with the first seed.
        variations: of which one is chosen for each block, by the other blocks.
        seeds: how many.

    Returns:
        What ``left_out`` does.
    """
    said = [heard(given, variation, seeds) for variation in variations]
    right, windows, whole = 0, 0, 0
    for part, which in zip(blocks(given.actions), chosen(given, said), strict=True):
        for number in part:
            each = [one for (told, _), found in said[which].items() if told == number for one in found]
            beliefs = np.mean(each, axis=0)
            told = given.right(beliefs, number)
            right, windows = right + told, windows + len(beliefs)
            whole += given.right(beliefs.mean(axis=0, keepdims=True), number)
            _say(f"{given.actions[number]} {number}: {told} of {len(beliefs)} windows, {variations[which]}")
    return right, windows, whole


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
