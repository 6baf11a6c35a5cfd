"""Stretches of time with a label each, as tools for annotating video write them, and the labels of frames."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.labels import checked_labels
from ostinato.read.table import Table


class Stretch(NamedTuple):
    """From ``start`` up to but not including ``end``, in seconds, a video shows what ``label`` says.

    Args:
        start, end: seconds from the first frame.
        label: what is shown.
        place: where this is written, for messages.
    """

    start: float
    end: float
    label: str
    place: str


def stretches(table: Table, start: str, end: str, label: str) -> list[Stretch]:
    """Return the stretch of every row of a table.

    Raises:
        DataError: a column is missing, a time is no number, a label is blank, or an end not after its start.
    """
    columns = [table.require(name, role) for name, role in ((start, "start"), (end, "end"))]
    starts, ends = (table.numbers(name) for name in columns)
    texts = table.texts(table.require(label, "label"))
    labels = checked_labels(texts, lambda row: table.cell(row, label), labelled=True) or []
    found = []
    for row, (first, last) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        for name, time in zip(columns, (first, last), strict=True):
            if not np.isfinite(time):
                raise DataError(f"{table.cell(row, name)}: {table.explain(name, row)}; expected seconds.")
        if first >= last:
            raise DataError(f"{table.place(row)}: ends at {last:g} s, not after its start at {first:g} s.")
        found.append(Stretch(first, last, labels[row], table.place(row)))
    return found


def frame_labels(
    given: Sequence[Stretch], steps: int, rate: float, background: str | None, name: str
) -> list[str]:
    """Return the label of every frame of a video.

    Args:
        given: its stretches, in any order.
        steps: how many frames it has.
        rate: frames a second; frame k is shown at k / rate.
        background: the label of frames outside of every stretch; None: there must be none.
        name: the video, for messages.

    Raises:
        DataError: two stretches overlap, or a frame has no label.

    Example:
        >>> walk = Stretch(0.0, 0.3, "walk", "a.csv, line 2")
        >>> frame_labels([walk], 5, 10.0, "rest", "a.mp4")
        ['walk', 'walk', 'walk', 'rest', 'rest']
    """
    ordered = sorted(given)
    for one, next in pairwise(ordered):
        if next.start < one.end:
            raise DataError(f"{next.place}: begins at {next.start:g} s, before the one of {one.place} ends.")
    times = np.arange(steps) / rate + 1e-9  # a frame on a border belongs to what begins there
    labels: list[str | None] = [background] * steps
    for one in ordered:
        for index in np.flatnonzero((times >= one.start) & (times < one.end)):
            labels[index] = one.label
    if None in labels:
        time = labels.index(None) / rate
        raise DataError(
            f"{name}: no stretch says what is shown at {time:g} s; add one, or name what such frames show "
            f"(--background), as by {checks.shown('nothing')}."
        )
    return [label for label in labels if label is not None]
