"""Sequences that are in memory already: arrays, lists of arrays of different lengths, lists of texts."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read import numerals
from ostinato.read.clips import clip_of
from ostinato.read.finite import check_lengths, check_observed, narrow
from ostinato.read.labels import checked_labels
from ostinato.read.limits import Limits
from ostinato.read.sequences import Sequences, Times, Values
from ostinato.read.ucr import channel_names
from ostinato.spec.preprocessing import Columns
from ostinato.spec.video import FrameForm

_DEFAULT = Limits()
_EXPECTED = "a list of (T, I) or (T,) arrays, an (N, T, I) or (N, T) array, or a list of texts"


@runtime_checkable
class Array(Protocol):
    """Anything that NumPy can make an array of by itself, such as a tensor or a pandas column."""

    def __array__(self) -> NDArray[Any]:
        """Return the array."""


def from_arrays(
    X: object,
    y: object = None,
    *,
    times: object = None,
    static: object = None,
    missing: bool = False,
    limits: Limits = _DEFAULT,
) -> Sequences:
    """Return sequences from arrays; positions in messages are counted from 0, as in Python.

    Args:
        X: a list of (T, I) arrays or of (T,) arrays (one channel), T of each its own; one (N, T, I) array; an
            (N, T) array of N univariate sequences; or a list of N texts.
        y: N labels, which become text; None where there are none.
        times: when each step was: N arrays (T,) of rising numbers; None: not told.
        static: (N, S) numbers that describe each sequence; None: nothing does.
        missing: whether NaN stands for a missing value; else it is refused.
        limits: how much is taken.

    Raises:
        ArgumentError: X or y is something else, or they differ in length.
        DataError: a sequence is empty, has another number of features, or holds a value that is not a finite
            number; a text is blank.

    Example:
        >>> sequences = from_arrays([[[0.0, 1.0], [2.0, 3.0]], [[4.0, 5.0]]], ["a", "b"])
        >>> [value.shape for value in sequences.values], sequences.channels
        ([(2, 2), (1, 2)], ('channel_1', 'channel_2'))
    """
    items = _items(X)
    if all(isinstance(item, str) for item in items):
        return _texts(items, y, limits)
    values = [_series(item, position, missing) for position, item in enumerate(items)]
    _check_widths(values)
    check_lengths(np.array([len(value) for value in values], dtype=np.int64), _place, limits)
    check_observed(values, _place)
    channels = channel_names(values[0].shape[1])
    described = None if static is None else _static(static, len(values), missing)
    return Sequences(
        kind="series",
        values=values,
        ids=[str(position) for position in range(len(values))],
        labels=None if y is None else labels_of(y, len(values)),
        channels=channels,
        places=[_place(position) for position in range(len(values))],
        columns=Columns(inputs=channels, static=_names(described), missing=missing),
        times=None if times is None else _times(times, values),
        static=described,
    )


def clips_from_arrays(X: Sequence[Any], y: object, form: FrameForm) -> Sequences:
    """Return sequences of clips in memory.

    Args:
        X: a list of (T, height, width) or (T, height, width, 3) arrays of uint8, of any size.
        y: N labels, which become text; None where there are none.
        form: what frames are made to be.

    Raises:
        ArgumentError: X and y differ in length.
        DataError: an array is no clip.
    """
    return Sequences(
        kind="video",
        values=[clip_of(frames, form, _place(position)) for position, frames in enumerate(X)],
        ids=[str(position) for position in range(len(X))],
        labels=None if y is None else labels_of(y, len(X)),
        places=[_place(position) for position in range(len(X))],
    )


def labels_of(y: object, count: int) -> list[str]:
    """Return labels as text: what ``str`` makes of each, so that 1, 1.0 and True stay different.

    Example:
        >>> labels_of(np.array([1, 2]), 2)
        ['1', '2']
    """
    array = y if isinstance(y, list | tuple) else _array("y", y)
    if isinstance(array, np.ndarray) and array.ndim != 1:
        raise ArgumentError(f"y has shape {array.shape}; expected one label a sequence, ({count},).")
    if len(array) != count:
        raise ArgumentError(f"y has {len(array)} labels and X has {count} sequences; expected as many.")
    values = [value.item() if isinstance(value, np.generic) else value for value in array]
    for position, value in enumerate(values):
        if not isinstance(value, str | int | float | None):
            raise DataError(f"y[{position}] is a {type(value).__name__}; expected a text or a number.")
    texts = [None if value is None or value != value else str(value) for value in values]
    return checked_labels(texts, lambda position: f"y[{position}]", labelled=True) or []


def _items(X: object) -> list[Any]:
    """Return one item a sequence."""
    if isinstance(X, str | bytes | dict):
        raise ArgumentError(f"X is a {type(X).__name__}; expected {_EXPECTED}.")
    if type(X).__module__.startswith("scipy.sparse"):
        raise ArgumentError("X is a sparse matrix; expected a dense array: call X.toarray().")
    items = list(X) if isinstance(X, list | tuple) else _items_of_array(_array("X", X))
    if not items:
        raise DataError("X has no sequences.")
    return items


def _items_of_array(X: NDArray[Any]) -> list[Any]:
    if X.ndim == 1 and X.dtype.kind in "OUT":
        items: list[Any] = X.tolist()
        return items
    if X.ndim in (2, 3):
        _check_dtype("X", X)
        return list(X)
    raise ArgumentError(f"X has shape {X.shape}; expected {_EXPECTED}.")


def _array(name: str, value: object) -> NDArray[Any]:
    if not isinstance(value, Array):
        what = _EXPECTED if name == "X" else "a list or an array of labels"
        raise ArgumentError(f"{name} is a {type(value).__name__}; expected {what}.")
    return np.asarray(value)


def _texts(items: Iterable[str], y: object, limits: Limits) -> Sequences:
    texts = [str(item) for item in items]
    for position, text in enumerate(texts):
        if not text.strip():
            raise DataError(f"{_place(position)}: the text is blank; remove it or write something.")
    check_lengths(np.array([len(text) for text in texts]), _place, limits, unit="characters")
    return Sequences(
        kind="text",
        values=texts,
        ids=[str(position) for position in range(len(texts))],
        labels=None if y is None else labels_of(y, len(texts)),
        places=[_place(position) for position in range(len(texts))],
    )


def _times(times: object, values: list[Values]) -> list[Times]:
    """Return each sequence's times, one a step, rising."""
    if not isinstance(times, list | tuple | np.ndarray) or len(times) != len(values):
        raise ArgumentError(f"times is {checks.shown(times)}; expected one array for each of {len(values)}.")
    arrays = []
    for position, (given, rows) in enumerate(zip(times, values, strict=True)):
        array = np.asarray(given)
        _check_dtype(f"times[{position}]", array)
        array = array.astype(np.float64)
        if array.shape != (len(rows),) or not np.isfinite(array).all() or (np.diff(array) <= 0).any():
            raise DataError(
                f"times[{position}] has shape {array.shape}; expected {len(rows)} finite numbers that rise, "
                "one for each step."
            )
        arrays.append(array)
    return arrays


def _static(static: object, count: int, missing: bool) -> Values:
    """Return descriptors, (N, S)."""
    array = _array("static", static) if not isinstance(static, list | tuple) else np.asarray(static)
    _check_dtype("static", array)
    if array.ndim != 2 or len(array) != count or not array.shape[1]:
        raise ArgumentError(f"static has shape {array.shape}; expected ({count}, S), one row a sequence.")
    values = narrow(array.astype(np.float64))
    bad = np.isinf(values) if missing else ~np.isfinite(values)
    if bad.any():
        row, column = (int(place) for place in np.argwhere(bad)[0])
        raise DataError(f"static[{row}, {column}]: {numerals.number_fault(float(array[row, column]))}.")
    return values


def _names(static: Values | None) -> tuple[str, ...]:
    return () if static is None else tuple(f"static_{number}" for number in range(1, static.shape[1] + 1))


def _series(item: Any, position: int, missing: bool) -> Values:
    """Return one sequence, (T, I) float32."""
    name = _place(position)
    if isinstance(item, str):
        raise DataError(f"{name} is a text, but X has arrays, too; expected all of one sort.")
    try:
        array = np.asarray(item)
    except ValueError as error:
        raise DataError(f"{name}: its steps differ in length; expected a (T, I) or (T,) array.") from error
    _check_dtype(name, array)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] == 0:
        raise DataError(f"{name} has shape {np.shape(item)}; expected (T, I) or (T,).")
    values = narrow(array.astype(np.float64, copy=False))
    bad = np.argwhere(np.isinf(values) if missing else ~np.isfinite(values))
    if len(bad):
        step, channel = (int(i) for i in bad[0])
        fault = numerals.number_fault(float(array[step, channel]))
        raise DataError(f"{name}, step {step}, channel {channel}: {fault} ({len(bad)} such values there).")
    return values


def _check_dtype(name: str, array: NDArray[Any]) -> None:
    if array.dtype.kind == "c":
        raise DataError(f"{name}: Complex data not supported; pass real and imaginary parts as two channels.")
    if array.dtype.kind not in "biuf" and array.size:
        raise DataError(f"{name} has dtype {array.dtype}; expected numbers: convert it, as by astype(float).")


def _check_widths(values: list[Values]) -> None:
    expected = values[0].shape[1]
    for position, value in enumerate(values):
        if value.shape[1] != expected:
            raise DataError(
                f"{_place(position)} has {value.shape[1]} features and {_place(0)} has {expected}; "
                "every sequence needs the same."
            )


def _place(position: int) -> str:
    return f"X[{position}]"
