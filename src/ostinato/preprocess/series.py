"""Numeric sequences: channels matched by name, and scaled."""

from typing import Literal, cast

from ostinato import checks
from ostinato.errors import DataError
from ostinato.preprocess.base import Prepared, SequencePreprocessor
from ostinato.preprocess.cut import Cut, cut
from ostinato.preprocess.observed import whole
from ostinato.preprocess.scale import fit_series
from ostinato.read.sequences import Sequences, Values
from ostinato.spec.preprocessing import Missing, Series


class SeriesPreprocessor(SequencePreprocessor):
    """Scales the channels that the model was trained on, in whatever order they stand.

    Args:
        spec: the channels and their scaling.

    Example:
        >>> import numpy as np
        >>> rows = np.array([[1.0], [3.0]], np.float32)
        >>> sequences = Sequences("series", [rows], ["a"], channels=("x",))
        >>> SeriesPreprocessor.fit(sequences, "standard").apply(sequences)[0].tolist()
        [[-1.0], [1.0]]
    """

    def __init__(self, spec: Series) -> None:
        self.spec: Series = spec

    @classmethod
    def fit(
        cls,
        sequences: Sequences,
        method: Literal["standard", "minmax", "none"],
        missing: Missing = "forbid",
        window: int | None = None,
        stride: int | None = None,
    ) -> "SeriesPreprocessor":
        """Fit to these sequences and to nothing else; arguments and errors are those of ``fit_series``."""
        fitted = fit_series(sequences, method, missing)
        return cls(fitted.model_copy(update={"window": window, "stride": stride}))

    def cut(self, sequences: Sequences) -> Cut | None:
        """Return the windows that are read of each sequence, or None where they are read whole."""
        window, stride = self.spec.window, self.spec.stride
        return None if window is None or stride is None else cut(sequences, window, stride)

    def _applied(self, sequences: Sequences) -> Prepared:
        values = cast(list[Values], sequences.values)
        if sequences.channels != self.spec.channels:
            order = _order(self.spec.channels, sequences.channels)
            values = [rows[:, order] for rows in values]
        described = () if self.spec.static is None else self.spec.static.names
        if sequences.static is not None and sequences.columns.static != described:
            raise DataError(
                f"the data has the descriptors {_named(list(sequences.columns.static))}; the model reads "
                f"{_named(list(described)) or 'none'}."
            )
        return list(whole(self.spec, values, sequences.times, sequences.static))


def _order(expected: tuple[str, ...], given: tuple[str, ...]) -> list[int]:
    """Return where each channel of the model stands in the data."""
    missing = [name for name in expected if name not in given]
    unknown = [name for name in given if name not in expected]
    if missing or unknown or len(given) != len(expected):
        raise DataError(_mismatch(expected, missing, unknown))
    return [given.index(name) for name in expected]


def _mismatch(expected: tuple[str, ...], missing: list[str], unknown: list[str]) -> str:
    parts = []
    if missing:
        parts.append(f"lacks {_named(missing)}")
    if unknown:
        parts.append(f"has {_named(unknown)}, which the model does not know")
    return f"the data {' and '.join(parts)}; the model reads the channels {_named(list(expected))}."


def _named(names: list[str]) -> str:
    shown = [checks.shown(name) for name in names[:10]]
    return ", ".join(shown) + (" …" if len(names) > 10 else "")
