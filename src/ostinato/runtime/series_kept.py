"""One followed series' state as the bytes that every stream's state is (``streams.kept``)."""

import json
from collections.abc import Mapping
from typing import Final

import numpy as np

from ostinato.errors import StreamError
from ostinato.runtime.base import Array, State
from ostinato.runtime.streams.kept import Kept, from_bytes, to_bytes

LACKING: Final = ("rows", "ahead", "levels")
"""What may hold NaN, where a value is missing: a state of bytes holds numbers alone, and where they are."""

ROWS, START = "rows", "start"


def written(
    fingerprint: bytes, state: State, most: int, static: tuple[str, ...], *, begun: bool = True
) -> bytes:
    """Return a state as bytes.

    Args:
        fingerprint: 32 bytes that stand for the model.
        state: arrays by name, as ``SeriesStream.state`` returns them.
        most: rows that a stream of the model keeps at most.
        static: what describes the series.
        begun: whether the stream has heard its history; if not, any stream's state gives the size.
    """
    rows, held = len(state[ROWS]) if begun else 0, json.dumps(static).encode()
    return to_bytes(fingerprint, Kept(rows, False, held, _even(state, most)))


def read(
    fingerprint: bytes, form: Mapping[str, Array], most: int, data: bytes
) -> tuple[State, tuple[str, ...]] | None:
    """Return the state that ``written`` wrote, and what describes its series; None: it has not begun.

    Args:
        fingerprint: 32 bytes that stand for the model.
        form: the state of any stream of the model.
        most: rows that a stream of the model keeps at most.
        data: the bytes.

    Raises:
        StreamError: these are no such bytes, or damaged, of another version or of another model.
    """
    kept = from_bytes(fingerprint, _even(form, most), data)
    if not kept.steps:
        return None
    if kept.steps > most:
        raise StreamError("the state keeps more rows than a stream of this model does; take the state anew.")
    return _uneven(kept.arrays, form, kept.steps), _words(kept.held)


def _even(state: Mapping[str, Array], most: int) -> State:
    """Return arrays of the same shapes for every stream, finite, and of no number below 0 that is whole."""
    found = {name: array for name, array in state.items() if name not in (*LACKING, START)}
    for name in LACKING:
        array = state[name]
        if name == ROWS:
            blank = np.full((most - len(array), *array.shape[1:]), np.nan)
            array = np.concatenate([blank, array])
        found[name] = np.nan_to_num(array)
        found[f"{name}.there"] = np.isfinite(array).astype(np.int64)
    start = np.asarray(state[START], np.int64)
    return found | {START: np.abs(start), f"{START}.before": (start < 0).astype(np.int64)}


def _uneven(arrays: State, form: Mapping[str, Array], rows: int) -> State:
    """Return the arrays of which ``_even`` made these."""
    found = {name: arrays[name] for name in form}
    for name in LACKING:
        found[name] = np.where(arrays[f"{name}.there"] > 0, arrays[name], np.nan)
    found[ROWS] = found[ROWS][len(found[ROWS]) - rows :]
    found[START] = np.where(arrays[f"{START}.before"] > 0, -arrays[START], arrays[START])
    return found


def _words(held: bytes) -> tuple[str, ...]:
    try:
        words = json.loads(held)
    except ValueError:
        words = None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise StreamError("the state does not tell what describes its series; take the state anew.")
    return tuple(words)
