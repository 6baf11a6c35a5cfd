"""What the network is given of series in which values may be missing: causal, step by step or as a whole.

A whole sequence is one chunk from the fresh start of a stream, so both are the same computation.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.preprocess.scale import scale_rows
from ostinato.read.sequences import Times, Values
from ostinato.spec.preprocessing import Series

Past = dict[str, NDArray[np.float64]]
"""What a stream keeps of its input, by name: ``count`` and ``time`` (), ``last`` and ``since`` (I,)."""


def start(series: Series) -> Past:
    """Return what is kept before the first step: nothing where nothing may be missing.

    ``last`` is the last observation of each channel, scaled, and before the first one the mean; ``since`` how
    long before the last step that was, 0 if it was then; ``time`` that of the last step.
    """
    if series.missing == "forbid":
        return {}
    size = len(series.channels)
    past = {"count": np.zeros(()), "time": np.zeros(()), "last": scaled_mean(series)}
    return past | {"since": np.zeros(size)}


def scaled_mean(series: Series) -> NDArray[np.float64]:
    """Return the mean of what was observed of each channel in training, scaled, (I,).

    Where nothing may be missing it is not kept: then it is the middle of the scale.
    """
    if series.mean is None:
        return np.full(len(series.channels), 0.5 if series.scale == "minmax" else 0.0)
    return np.asarray((np.array(series.mean) - series.center) / series.spread)


def given_rows(
    series: Series,
    rows: Values,
    times: Times | None,
    static: Values | None,
    past: Past | None = None,
    name: str = "the sequence",
) -> tuple[Values, Past]:
    """Return what the network is given at these steps, (T, F), and what is kept after them.

    Args:
        series: what was fitted.
        rows: (T, I) values as they are, NaN where one is missing.
        times: (T,) when each step was; None where the model reads no times.
        static: (S,) what describes the sequence, NaN where it is missing; None where nothing does.
        past: what was kept before; None: the sequence begins.
        name: what to call the sequence in messages.

    Raises:
        DataError: a value is missing where none may be, is out of range, times are lacking or do not rise,
            or descriptors are lacking or too many.

    Example:
        >>> series = Series(channels=("x",), scale="none", center=(0.0,), spread=(1.0,), missing="mask",
        ...     mean=(5.0,))
        >>> rows = np.array([[np.nan], [2.0], [np.nan]], np.float32)
        >>> given, _ = given_rows(series, rows, None, None)
        >>> given.astype(float).round(2).tolist()
        [[5.0, 0.0, 0.0], [2.0, 1.0, 0.69], [2.0, 0.0, 0.69]]
    """
    past = start(series) if past is None else past
    scaled = scale_rows(series, rows, name)
    described = _described(series, static, len(rows), name)
    if series.missing == "forbid":
        return np.concatenate([scaled, *described], axis=1), past
    observed = ~np.isnan(scaled)
    moments = _moments(series, times, len(rows), past, name)
    clock = moments / (series.unit or 1.0)
    gaps, since = _gaps(observed, clock, past["since"])
    filled, last = _filled(scaled, observed, past["last"])
    after = {"count": past["count"] + len(rows), "time": moments[-1], "last": last, "since": since}
    parts = {
        "forward-fill": [filled],
        "mask": [filled, observed, np.log1p(gaps)],
        "decay": [np.where(observed, scaled, 0), observed, np.diff(clock)[:, None]],
    }[series.missing]
    return np.concatenate([*parts, *described], axis=1).astype(np.float32), after


def mean_rows(series: Series, rows: Values) -> Values:
    """Return what the network is given of a sequence measured at the same times, in which all is the mean.

    Args:
        series: what was fitted.
        rows: (T, F), what the network is given of the sequence itself.
    """
    channels = len(series.channels)
    described = 0 if series.static is None else len(series.static.names)
    known = described * (2 if series.masked else 1)
    other = rows.copy()
    observed = rows[:, channels : 2 * channels] if series.missing == "decay" else 1.0
    other[:, :channels] = scaled_mean(series) * observed
    other[:, rows.shape[1] - known : rows.shape[1] - known + described] = 0
    return other


def whole(
    series: Series, values: list[Values], times: list[Times] | None, static: Values | None
) -> list[Values]:
    """Return what the network is given of whole sequences; arguments and errors as for ``given_rows``."""
    return [
        given_rows(
            series,
            rows,
            None if times is None else times[number],
            None if static is None else static[number],
            name=f"sequence {number + 1}",
        )[0]
        for number, rows in enumerate(values)
    ]


def check_static(series: Series, values: Values | None, name: str) -> None:
    """Refuse descriptors (S,) that are not those that the model was trained with.

    Raises:
        DataError: they are lacking, too many, infinite, or missing where nothing may be missing.
    """
    static = series.static
    names = () if static is None else static.names
    given = np.zeros(0) if values is None else np.asarray(values, dtype=np.float64)
    if given.shape != (len(names),):
        wanted = checks.shown(", ".join(names)) if names else "none: the model was trained without"
        raise DataError(f"{name} has descriptors of shape {given.shape}; expected {len(names)} ({wanted}).")
    unusable = np.isinf(given) if series.missing != "forbid" else ~np.isfinite(given)
    if unusable.any():
        which = int(np.argmax(unusable))
        raise DataError(
            f"{name}: descriptor {checks.shown(names[which])} is {given[which]}; expected a finite number"
            f"{' or, for a missing one, NaN' if series.missing != 'forbid' else ''}."
        )


def _described(series: Series, values: Values | None, steps: int, name: str) -> list[NDArray[Any]]:
    """Return the descriptors, and their masks where the network is told them, at every step."""
    check_static(series, values, name)
    if series.static is None or values is None:
        return []
    given = np.asarray(values, dtype=np.float64)
    row = np.nan_to_num((given - series.static.center) / series.static.spread).astype(np.float32)
    parts = [row, np.isfinite(given).astype(np.float32)] if series.masked else [row]
    return [np.broadcast_to(part, (steps, len(part))) for part in parts]


def _moments(series: Series, times: Times | None, steps: int, past: Past, name: str) -> NDArray[np.float64]:
    """Return when the step before these was, and each of them, (1 + T,); the first one follows itself."""
    if series.unit is None:
        moments = past["count"] + np.arange(1.0, steps + 1)
    elif times is None:
        raise DataError(f"{name} comes without times; the model was trained with them: pass each step's.")
    else:
        moments = np.asarray(times, dtype=np.float64)
        if moments.shape != (steps,) or not np.isfinite(moments).all():
            raise DataError(
                f"{name} has {steps} steps and times of shape {moments.shape}; expected a finite one each."
            )
    whole = np.append(past["time"] if past["count"] else moments[0], moments)
    if (np.diff(whole) < 0).any():
        step = int(np.argmax(np.diff(whole) < 0))
        raise DataError(f"{name}, step {step + 1}: its time {whole[step + 1]:g} is before {whole[step]:g}.")
    return whole


def _gaps(
    observed: NDArray[np.bool_], clock: NDArray[np.float64], since: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how long before each step its channels were last observed, (T, I), and before the next, (I,).

    The next one is taken to be at the time of the last one.
    """
    seen = np.where(observed, np.arange(1, len(clock))[:, None], 0)
    latest = np.maximum.accumulate(np.vstack([np.zeros_like(seen[:1]), seen]))
    moments = clock[:, None]
    gaps = np.where(latest > 0, moments - clock[latest], moments - clock[0] + since)
    return gaps[:-1] + np.diff(moments, axis=0), gaps[-1]


def _filled(
    scaled: Values, observed: NDArray[np.bool_], last: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the last observation at each step, (T, I), and after them, (I,)."""
    known = np.vstack([last, scaled])
    places = np.where(observed, np.arange(1, len(scaled) + 1)[:, None], 0)
    filled = np.take_along_axis(known, np.maximum.accumulate(places), axis=0)
    return filled, filled[-1]
