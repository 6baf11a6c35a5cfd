"""Piano rolls: sequences of frames of 88 keys, each of which sounds (1) or not (0).

    .mat   as Boulanger-Lewandowski et al. 2012 (arXiv:1206.6392) published them: the cell arrays traindata,
           validdata and testdata, one matrix (T, 88) a sequence
    .npz   one array (T, 88) a sequence; where the names begin with train_, valid_ or test_, they say the part

Key i is MIDI pitch 21 + i, from A0 to C8.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read.limits import Limits
from ostinato.read.mat import read_cells
from ostinato.read.npz import array, unpacked
from ostinato.read.source import Source, load
from ostinato.spec.preprocessing import Columns

Roll = NDArray[np.uint8]

KEYS = 88
LOWEST = 21
"""The MIDI pitch of key 0, A0."""

PARTS = ("train", "valid", "test")

_DEFAULT = Limits()
_CELLS = {"traindata": "train", "validdata": "valid", "testdata": "test"}


@dataclass(frozen=True)
class Rolls:
    """Piano rolls.

    Args:
        values: one (T, 88) uint8 array of 0 and 1 a sequence, T ≥ 1.
        ids: one name a sequence, unique, such as ``"train_12"``.
        parts: which part each belongs to: train, valid or test; None where the file does not say.
        places: where each one stands, for messages, such as ``"jsb.mat, traindata, sequence 12"``.
    """

    values: list[Roll]
    ids: list[str]
    parts: list[str] | None
    places: list[str]

    @property
    def columns(self) -> Columns:
        """Return that no columns were read."""
        return Columns()

    def __len__(self) -> int:
        return len(self.values)

    def select(self, indices: NDArray[np.int64]) -> "Rolls":
        """Return the sequences at these positions, in this order."""
        return replace(
            self,
            values=[self.values[i] for i in indices],
            ids=[self.ids[i] for i in indices],
            parts=None if self.parts is None else [self.parts[i] for i in indices],
            places=[self.places[i] for i in indices],
        )

    def part(self, name: str) -> "Rolls":
        """Return the sequences of one part: train, valid or test.

        Raises:
            DataError: the file has no parts, or none of this name.
        """
        checks.choice("part", name, PARTS)
        found = [index for index, part in enumerate(self.parts or ()) if part == name]
        if not found:
            raise DataError(f"the piano rolls have no part called {name}.")
        return self.select(np.array(found))

    def content(self) -> Iterator[bytes]:
        """Yield all that training depends on, as bytes."""
        for name, roll in zip(self.ids, self.values, strict=True):
            yield f"{name} {len(roll)}".encode("utf-8", "surrogatepass")
            yield roll.tobytes()


def read_rolls(path: str | os.PathLike[str], limits: Limits = _DEFAULT) -> Rolls:
    """Read piano rolls from a ``.mat`` or ``.npz`` file: all of it, or an error.

    Raises:
        ArgumentError: the name ends otherwise.
        DataError: the file is damaged, or a sequence is not (T, 88) of 0 and 1: its place, and the value.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "rolls.npz"
        >>> np.savez(path, train_1=np.zeros((5, 88)), test_1=np.ones((2, 88)))
        >>> rolls = read_rolls(path)
        >>> rolls.ids, rolls.part("test").values[0].shape
        (['train_1', 'test_1'], (2, 88))
    """
    suffix = PurePath(path).suffix.lower()
    if suffix not in (".mat", ".npz"):
        raise ArgumentError(
            f"{os.fspath(path)!r} ends in {suffix!r}; piano rolls are read from .mat and .npz."
        )
    source = load(path, limits)
    found = _from_mat(source, limits) if suffix == ".mat" else _from_npz(source, limits)
    if not found.values:
        raise DataError(f"{source.name}: holds no sequences.")
    checked = [_checked(place, roll, limits) for place, roll in zip(found.places, found.values, strict=True)]
    return replace(found, values=checked)


def _from_mat(source: Source, limits: Limits) -> Rolls:
    cells = read_cells(source, list(_CELLS), limits)
    if not cells:
        raise DataError(f"{source.name}: holds none of {', '.join(_CELLS)}; expected these cell arrays.")
    rows = [(name, number, roll) for name in cells for number, roll in enumerate(cells[name], start=1)]
    return Rolls(
        values=[roll for _, _, roll in rows],
        ids=[f"{_CELLS[name]}_{number}" for name, number, _ in rows],
        parts=[_CELLS[name] for name, _, _ in rows],
        places=[f"{source.name}, {name}, sequence {number}" for name, number, _ in rows],
    )


def _from_npz(source: Source, limits: Limits) -> Rolls:
    arrays = unpacked(source, limits)
    parts = [name.partition("_")[0] for name in arrays]
    known = [part in PARTS for part in parts]
    if any(known) and not all(known):
        odd = list(arrays)[known.index(False)]
        raise DataError(
            f"{source.name}: the name {checks.shown(odd)} says no part, but others do; begin all of them "
            f"with {', '.join(f'{part}_' for part in PARTS)}, or none."
        )
    return Rolls(
        values=[array(source.name, checks.shown(name), data) for name, data in arrays.items()],
        ids=list(arrays),
        parts=parts if any(known) else None,
        places=[f"{source.name}, {checks.shown(name)}" for name in arrays],
    )


def _checked(place: str, roll: NDArray[Any], limits: Limits) -> Roll:
    """Return a roll in uint8, C-contiguous."""
    if roll.ndim != 2 or roll.shape[1] != KEYS or len(roll) == 0:
        raise DataError(f"{place}: has shape {roll.shape}; expected (T, {KEYS}), a column for each key.")
    if len(roll) > limits.steps:
        raise DataError(f"{place}: has {len(roll):,} frames, above the limit of {limits.steps:,}; split it.")
    if roll.dtype.kind not in "biuf":
        raise DataError(f"{place}: holds values of type {roll.dtype}; expected 0 and 1.")
    wrong = np.argwhere((roll != 0) & (roll != 1))
    if len(wrong):
        frame, key = wrong[0].tolist()
        raise DataError(f"{place}, frame {frame + 1}, key {key + 1}: is {roll[frame, key]}; expected 0 or 1.")
    return np.ascontiguousarray(roll, dtype=np.uint8)
