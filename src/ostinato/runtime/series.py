"""Arrays that a caller hands to a loaded model, as the sequences that its preprocessor reads."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.errors import DataError
from ostinato.read.sequences import Sequences
from ostinato.runtime.streams.arrays import numeric
from ostinato.spec.preprocessing import Columns, Series


def named_series(series: Series, values: Any, times: Sequence[Any] | None, static: Any) -> Sequences:
    """Return N arrays with the model's channels in its order as sequences.

    Args:
        series: what the model reads.
        values: N arrays (T, I).
        times: (T,) of each, or None.
        static: (N, S), or None.

    Raises:
        DataError: they are no numbers, or there are more or fewer times or descriptors than arrays.
    """
    arrays = [numeric(f"sequence {number}", rows) for number, rows in enumerate(values, start=1)]
    clocks = None if times is None else [np.asarray(moments, np.float64) for moments in times]
    described = None if static is None else numeric("static", static)
    for name, given in (("times", clocks), ("static", described)):
        if given is not None and len(given) != len(arrays):
            raise DataError(
                f"{name} is of {len(given)} sequences; expected {len(arrays)}, one entry for each."
            )
    names = () if series.static is None else series.static.names
    return Sequences(
        "series",
        arrays,
        [str(number) for number in range(1, len(arrays) + 1)],
        channels=series.channels,
        columns=Columns(static=names),
        times=clocks,
        static=described,
    )
