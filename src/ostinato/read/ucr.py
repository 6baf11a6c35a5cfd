"""What the two forms of the UCR and UEA archives share, ``.ts`` and ``.arff``: no columns, a label built in.

The channels of a sequence are called ``channel_1``, ``channel_2`` …
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read import numerals
from ostinato.read.finite import check_lengths, narrow
from ostinato.read.labels import checked_labels
from ostinato.read.limits import Limits
from ostinato.read.sequences import Sequences, Values
from ostinato.read.source import Source
from ostinato.read.table import listed
from ostinato.spec.preprocessing import Columns


def channel_names(size: int) -> tuple[str, ...]:
    """Return the names of the channels of data that has none.

    Example:
        >>> channel_names(2)
        ('channel_1', 'channel_2')
    """
    return tuple(f"channel_{number}" for number in range(1, size + 1))


def sequence(dimensions: Sequence[Sequence[str]], where: str) -> Values:
    """Return one sequence (T, I) from its I dimensions of T cells each.

    Args:
        dimensions: the cells, as text.
        where: its place, for messages.

    Raises:
        DataError: two dimensions differ in length, or a cell is not a finite number.
    """
    lengths = [len(cells) for cells in dimensions]
    if len(set(lengths)) > 1:
        other = next(i for i, length in enumerate(lengths) if length != lengths[0])
        raise DataError(
            f"{where}: dimension {other + 1} has {lengths[other]} values, dimension 1 has {lengths[0]}; "
            "the channels of a sequence must be equally long."
        )
    values = narrow(np.stack([numerals.floats(cells) for cells in dimensions], axis=1))
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        step, dimension = (int(i) for i in bad[0])
        place = f"{where}, channel_{dimension + 1}, step {step + 1}"
        raise DataError(
            f"{place}: {numerals.fault(dimensions[dimension][step])} ({len(bad)} such values there)."
        )
    return values


def assemble(
    source: Source,
    values: list[Values],
    labels: list[str | None],
    lines: list[int],
    columns: Columns,
    *,
    labelled: bool,
    limits: Limits,
) -> Sequences:
    """Return the sequences of an archive, with the channels that ``columns.inputs`` names.

    ``columns.label``, ``sequence`` and ``time`` name columns, which an archive has not: they are ignored.
    """
    if columns.text is not None:
        raise ArgumentError(f"{source.name}: holds series, no text; drop text (--text).")
    if not values:
        raise DataError(f"{source.name}: has no rows after @data.")
    if len(values) > limits.rows:
        raise DataError(
            f"{source.name}: has {len(values):,} sequences, above the limit of {limits.rows:,}; split it."
        )
    _check_widths(source, values, lines)
    lengths: NDArray[np.int64] = np.array([len(value) for value in values], dtype=np.int64)
    check_lengths(lengths, lambda i: source.line(lines[i]), limits)
    names = channel_names(values[0].shape[1])
    chosen = names if columns.inputs is None else columns.inputs
    return Sequences(
        kind="series",
        values=_select(source, values, names, chosen),
        ids=[str(number) for number in range(1, len(values) + 1)],
        labels=checked_labels(labels, lambda i: source.line(lines[i]), labelled),
        channels=chosen,
        places=[source.line(line) for line in lines],
        columns=columns.model_copy(update={"inputs": chosen}),
    )


def _check_widths(source: Source, values: list[Values], lines: list[int]) -> None:
    """Check that every sequence has as many channels as the first."""
    expected = values[0].shape[1]
    for value, line in zip(values, lines, strict=True):
        if value.shape[1] != expected:
            raise DataError(
                f"{source.line(line)}: {value.shape[1]} dimensions, but the first sequence has {expected}."
            )


def _select(
    source: Source, values: list[Values], names: tuple[str, ...], chosen: tuple[str, ...]
) -> list[Values]:
    if chosen == names:
        return values
    for name in chosen:
        if name not in names:
            raise DataError(
                f"{source.name}: has no channel {checks.shown(name)}; its channels are called "
                f"{listed(list(names))}."
            )
    indices = [names.index(name) for name in chosen]
    return [np.ascontiguousarray(value[:, indices]) for value in values]
