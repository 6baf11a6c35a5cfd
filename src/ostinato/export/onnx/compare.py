"""Two answers side by side: what the runtime says, and what an export says."""

import numpy as np

from ostinato.errors import ExportError
from ostinato.runtime.base import Array

TOLERANCE = 1e-5
"""How far numbers may lie apart, as a part of the largest of an array or, if that is below 1, of 1."""

SIZES = ((1, 1), (9, 4), (50, 3))
"""Lengths of the longest sequence, and numbers of sequences, with which an export is checked."""


def lengths_of(steps: int, sequences: int) -> Array:
    """Return lengths from so many steps down to one, never rising."""
    return np.linspace(steps, 1, sequences).astype(np.int64)


def padded(arrays: list[Array]) -> Array:
    """Return sequences as one array (B, T, …), zero behind each end."""
    longest = max(map(len, arrays))
    spread = np.zeros((len(arrays), longest, *arrays[0].shape[1:]), arrays[0].dtype)
    for row, array in zip(spread, arrays, strict=True):
        row[: len(array)] = array
    return spread


def same(name: str, given: Array, expected: Array, where: str) -> None:
    """Refuse an answer that is not the expected one.

    Args:
        name: the answer's.
        given, expected: by the export, and by the runtime.
        where: for messages, such as ``"9 steps of 4 sequences"``.

    Raises:
        ExportError: the message says how far apart they are.
    """
    if given.shape != expected.shape:
        raise _differs(name, where, f"its shape is {given.shape}; expected {expected.shape}")
    if expected.dtype.kind in "OU":
        if given.tolist() != expected.tolist():
            raise _differs(name, where, f"it is {given.tolist()}; expected {expected.tolist()}")
        return
    most = TOLERANCE * max(1.0, float(np.abs(expected).max(initial=0.0)))
    apart = float(np.abs(given.astype(np.float64) - expected).max(initial=0.0))
    if not apart <= most:
        raise _differs(name, where, f"it is {apart:.2g} away; expected at most {most:.2g}")


def _differs(name: str, where: str, how: str) -> ExportError:
    return ExportError(
        f"the ONNX graph does not say what the model says: {name!r}, {where}: {how}; nothing was written. "
        "Report this with the model's network, please."
    )
