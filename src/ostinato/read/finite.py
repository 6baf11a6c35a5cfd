"""From a table's numbers to float32, where every value must be finite, or missing where one may be.

Else the error names the first that is neither.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.limits import Limits
from ostinato.read.sequences import Values
from ostinato.read.table import Nested, Table


def narrow(values: NDArray[np.float64]) -> Values:
    """Return values as float32, infinite where they are too large for it."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def matrix(table: Table, inputs: Sequence[str], missing: bool = False) -> Values:
    """Return columns side by side, (rows, I); with ``missing`` NaN stands where a cell is empty.

    Raises:
        DataError: values are missing, not numbers, or not finite: the first one's place, and how many there
            are by column.
    """
    values = np.empty((table.rows, len(inputs)), dtype=np.float32)
    for index, name in enumerate(inputs):
        values[:, index] = narrow(table.numbers(name))
    bad = ~np.isfinite(values)
    if missing:
        for index, name in enumerate(inputs):
            bad[:, index] &= ~table.absent(name)
    if bad.any():
        row, index = (int(i) for i in np.argwhere(bad)[0])
        counts = dict(zip(inputs, bad.sum(axis=0).tolist(), strict=True))
        fault = table.explain(inputs[index], row)
        raise DataError(f"{table.cell(row, inputs[index])}: {fault}. {_counted(counts)}")
    return values


def nested_matrix(table: Table, blocks: Mapping[str, Nested], missing: bool = False) -> Values:
    """Return columns of lists end to end and side by side, (sum of lengths, I); else as ``matrix``."""
    values = {name: narrow(block.values) for name, block in blocks.items()}
    usable = {name: np.isfinite(values[name]) | (block.absent & missing) for name, block in blocks.items()}
    bad = {name: np.argwhere(~block) for name, block in usable.items()}
    faulty = [name for name in values if len(bad[name])]
    if faulty:
        name = faulty[0]
        flat_row, feature = (int(i) for i in bad[name][0])
        ends = np.cumsum(blocks[name].lengths)
        row = int(np.searchsorted(ends, flat_row, side="right"))
        step = flat_row - int(ends[row] - blocks[name].lengths[row])
        fault = table.explain(name, row, step, feature)
        counts = {name: len(bad[name]) for name in faulty}
        raise DataError(f"{table.cell(row, name)}, step {step + 1}: {fault}. {_counted(counts)}")
    return np.concatenate(list(values.values()), axis=1)


def check_observed(values: Sequence[Values], place: Callable[[int], str]) -> None:
    """Check that of every sequence (T, I) some value is there."""
    empty = [number for number, rows in enumerate(values) if np.isnan(rows).all()]
    if empty:
        raise DataError(
            f"{place(empty[0])}: the sequence has no measurement, every value is missing ({len(empty)} such "
            "sequences); remove it."
        )


def check_lengths(
    lengths: NDArray[np.int64], place: Callable[[int], str], limits: Limits, unit: str = "steps"
) -> None:
    """Check that every sequence has a step, and none more than the limit."""
    if len(empty := np.flatnonzero(lengths == 0)):
        raise DataError(
            f"{place(int(empty[0]))}: the sequence has no {unit}; remove it ({len(empty)} have none)."
        )
    longest = int(np.argmax(lengths))
    if lengths[longest] > limits.steps:
        raise DataError(
            f"{place(longest)}: the sequence has {int(lengths[longest]):,} {unit}, above the limit of "
            f"{limits.steps:,}; cut it into shorter ones."
        )


def _counted(counts: Mapping[str, int]) -> str:
    """Return how many values cannot be used, by column, most of them first."""
    found = sorted(((count, name) for name, count in counts.items() if count), key=lambda pair: -pair[0])
    shown = ", ".join(f"{checks.shown(name)} {count:,}" for count, name in found[:8])
    rest = f" and {len(found) - 8} more columns" if len(found) > 8 else ""
    return f"Unusable values by column: {shown}{rest}."
