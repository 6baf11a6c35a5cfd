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


class Recordings(NamedTuple):
    """Recordings of skeletons.

    Args:
        values: joint angles, (T, 111) each.
        actions: what is done in each.
        seed: that of every training.
    """

    values: list[Values]
    actions: list[str]
    seed: int

    def without(self, left: Sequence[int], variation: dict[str, float]) -> Any:
        """Return a model of all recordings but these, which its training varied so."""
        from ostinato import SequenceClassifier

        kept = [number for number in range(len(self.actions)) if number not in left]
        fixed = {"window": 60, "stride": 30, "folds": 0, "valid_fraction": 0.0, "epochs": 12, "threads": 1}
        model = SequenceClassifier(**fixed, **variation, seed=self.seed)
        return model.fit([self.values[one] for one in kept], [self.actions[one] for one in kept])

    def right(self, model: Any, number: int) -> tuple[int, int]:
        """Return how many windows of a recording a model tells rightly, and how many there are."""
        said = model.model_.predict(model.model_.windows([self.values[number]])).best()
        return said.count(self.actions[number]), len(said)


def recordings(data: Path, seed: int, mended: bool = False) -> Recordings:
    """Return the recordings without the hips' place and heading (the first six columns).

    Where a person stands says nothing of what he does.

    Args:
        data: the folder of all data.
        seed: that of every training.
        mended: whether what is measured wrongly is left out.
    """
    paths = sorted((data / "skeleton_cmu_mocap").glob("*/*/*.txt"))
    values = [np.loadtxt(path, delimiter=",", dtype=np.float32)[:, 6:] for path in paths]
    return Recordings(mend(values) if mended else values, [path.parent.name for path in paths], seed)


def mend(values: Sequence[Values]) -> list[Values]:
    """Return recordings without the joints that leap in any of them, the first frame being the second one.

    The first is no movement but a pose to calibrate by, the same in all. No label is looked at.
    """
    moving = [rows[1:] for rows in values]
    leaps = np.max([np.abs(np.diff(rows, axis=0)).max(axis=0) for rows in moving], axis=0)
    kept = np.repeat(leaps.reshape(-1, 3).max(axis=1) <= LEAP, 3)
    return [np.concatenate([rows[:1], rows])[:, kept] for rows in moving]


def blocks(actions: Sequence[str]) -> list[list[int]]:
    """Return blocks of recordings, the first of each action, the second of each, and so on."""
    places = [[n for n, one in enumerate(actions) if one == name] for name in sorted(set(actions))]
    return [list(block) for block in zip(*places, strict=True)]


def chosen(given: Recordings) -> list[dict[str, float]]:
    """Return for each block the variation by which the other blocks are told best."""
    parts = blocks(given.actions)
    right = np.zeros((len(parts), len(VARIATIONS)), int)
    for (one, other), (which, variation) in product(
        combinations(range(len(parts)), 2), enumerate(VARIATIONS)
    ):
        model = given.without(parts[one] + parts[other], variation)
        right[one, which] += sum(given.right(model, number)[0] for number in parts[other])
        right[other, which] += sum(given.right(model, number)[0] for number in parts[one])
    for part, counts in zip(parts, right, strict=True):
        _say(f"recordings {part}: the other blocks' windows told rightly, by variation: {counts.tolist()}")
    return [VARIATIONS[which] for which in right.argmax(axis=1)]


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
            told, count = given.right(model, number)
            right, windows = right + told, windows + count
            whole += int(model.predict([given.values[number]])[0] == given.actions[number])
            _say(f"{given.actions[number]} {number}: {told} of {count} windows, {variation}")
    return right, windows, whole


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
