"""What a user hands to an estimator, told apart: texts, ragged sequences, or one array."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Number
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError
from ostinato.read.sequences import Sequences
from ostinato.spec.preprocessing import Preprocessing, Series

Array = NDArray[Any]
LabelType = Literal["text", "integer", "float", "boolean"]
PARSE: dict[LabelType, Callable[[str], Any]] = {
    "text": str,
    "integer": int,
    "float": float,
    "boolean": {"True": True, "False": False}.__getitem__,
}
LABEL_TYPES: dict[str, LabelType] = {"b": "boolean", "i": "integer", "u": "integer", "f": "float"}


def listed(X: Any) -> list[Any] | None:
    """Return X's sequences or texts if it is a list of them, or None if it is one array or frame.

    A list of arrays or texts is a list, and so is anything one-dimensional that holds objects or texts, such
    as a column of a frame. A list of equally long lists of numbers is an array, as all over scikit-learn.

    Example:
        >>> listed(["so it goes", "again"])
        ['so it goes', 'again']
        >>> listed(np.zeros((3, 24))) is None, listed([[0, 1], [2, 3]]) is None, listed([[0, 1], [2]])
        (True, True, [[0, 1], [2]])
    """
    if isinstance(X, list | tuple):
        return None if _is_array(X) else list(X)
    array = np.asarray(X)
    return list(array) if array.ndim == 1 and array.dtype.kind in "OUT" and array.size else None


def are_clips(values: Sequence[Any]) -> bool:
    """Return whether listed values are clips: arrays of uint8 with an axis of frames and two of pixels.

    Example:
        >>> are_clips([np.zeros((5, 8, 8), np.uint8)]), are_clips([np.zeros((5, 8), np.uint8)])
        (True, False)
    """
    arrays = [one for one in values if isinstance(one, np.ndarray) and one.dtype == np.uint8]
    return bool(values) and len(arrays) == len(values) and all(one.ndim >= 3 for one in arrays)


def dimensions(X: Any) -> int:
    """Return the dimensions of whatever NumPy can make an array of."""
    return np.asarray(X).ndim


def named_as(prepared: Preprocessing, sequences: Sequences) -> Sequences:
    """Return arrays as sequences whose channels and descriptors are called as the model's, in its order.

    Of another number of them, they keep their names, and the model refuses them.
    """
    if not isinstance(prepared, Series) or len(prepared.channels) != len(sequences.channels):
        return sequences
    names = () if prepared.static is None else prepared.static.names
    if len(names) != len(sequences.columns.static):
        return replace(sequences, channels=prepared.channels)
    columns = sequences.columns.model_copy(update={"static": names})
    return replace(sequences, channels=prepared.channels, columns=columns)


def classes_of(y: Any) -> tuple[Array, list[str]]:
    """Return the sorted classes (C,), in their own type, and each label as text.

    Raises:
        ArgumentError: there are not two classes.
        ValueError: scikit-learn's own, where y is no list of classes.
    """
    validation = checks.extra("sklearn.utils.validation", "train", "SequenceClassifier")
    multiclass = checks.extra("sklearn.utils.multiclass", "train", "SequenceClassifier")
    if y is None:
        raise ArgumentError("SequenceClassifier requires y to be passed, but the target y is None.")
    labels = validation.column_or_1d(y, warn=True)
    validation.assert_all_finite(labels, input_name="y")
    multiclass.check_classification_targets(labels)
    classes = np.unique(labels)
    if len(classes) < 2:
        raise ArgumentError(
            f"y holds one class, {classes.tolist()}; a classifier needs at least two classes."
        )
    return classes, [str(label) for label in labels.tolist()]


def label_type(classes: Array) -> LabelType:
    """Return what the labels are, for the model file."""
    return LABEL_TYPES.get(classes.dtype.kind, "text")


def restored(labels: tuple[str, ...], kind: LabelType) -> Array | None:
    """Return the classes of a model file in their type, in scikit-learn's order; None if they are not of it.

    Example:
        >>> restored(("10", "9"), "integer").tolist()
        [9, 10]
    """
    try:
        classes = np.unique(np.array([PARSE[kind](label) for label in labels]))
    except (ValueError, KeyError, OverflowError):
        return None
    return classes if sorted(map(str, classes.tolist())) == sorted(labels) else None


def _is_array(X: list[Any] | tuple[Any, ...]) -> bool:
    """Return whether a list is a table of numbers, or no list of sequences at all (scikit-learn says why)."""
    if all(isinstance(item, list | tuple) and item and _is_number(item[0]) for item in X):
        return len({len(item) for item in X}) < 2
    return all(_is_number(item) for item in X)


def _is_number(item: Any) -> bool:
    return isinstance(item, Number) or (isinstance(item, np.ndarray) and item.ndim == 0)
