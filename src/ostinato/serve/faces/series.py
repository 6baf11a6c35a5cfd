"""Models that read numbers: plain, missing now and then, at odd times, of sequences that are described."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import DataError, OstinatoError
from ostinato.runtime import Streams
from ostinato.runtime.streams.observed import ObservedStreams, Timed
from ostinato.serve.faces.base import Inputs, Outputs, fields, nan_for_null, one
from ostinato.serve.faces.told import ToldFace
from ostinato.serve.tensors import Form, Tensor
from ostinato.spec.preprocessing import Series

STEPS, TIMES, STATIC = "steps", "times", "static"


@dataclass(frozen=True)
class Chunk:
    """What a stream hears at once.

    Args:
        values: (T, I).
        times: (T,); None: the model reads none.
        static: (S,) what describes the sequence; None: nothing is said of it.
    """

    values: NDArray[Any]
    times: NDArray[Any] | None = None
    static: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.values)


class SeriesFace(ToldFace[Any]):
    """``steps`` (B, T, I) in, or (T, I) of one sequence, and what ``told`` says of it out.

    Where the model was trained with them, ``times`` (B, T) and ``static`` (B, S) stand beside, each of one
    sequence without B. A stream takes one sequence's steps, is described in its first request, and is
    answered after every step.
    """

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self._series: Series = model.preprocessor.spec
        self._bare = self._series.unit is None and self._series.static is None

    @property
    def inputs(self) -> tuple[Form, ...]:
        """Return the channels' values, unscaled; when they were, and what describes a sequence."""
        series = self._series
        missing = series.missing != "forbid"
        forms = [Form(STEPS, "FP32", (-1, -1, len(series.channels)), missing=missing)]
        if series.unit is not None:
            forms.append(Form(TIMES, "FP64", (-1, -1)))
        if series.static is not None:
            size = len(series.static.names)
            forms.append(Form(STATIC, "FP32", (-1, size), optional=True, missing=missing))
        return tuple(forms)

    def about(self) -> dict[str, Any]:
        """Return the channels, what is usual of each and of what describes a sequence, and what is told."""
        series = self._series
        usual: dict[str, Any] = {"channels": series.channels, "center": series.center}
        usual |= {"spread": series.spread, "unit": series.unit}
        if series.static is not None:
            usual |= {"static": series.static.center}
        return usual | super().about()

    def predict(self, inputs: Inputs) -> Outputs:
        """Answer whole sequences."""
        batch = self._batch(inputs)
        times, static = self._beside(inputs, TIMES, len(batch)), self._beside(inputs, STATIC, len(batch))
        clocks = None if times is None else [*times]
        return self.told.whole(self.model.predict([*batch], times=clocks, static=static))

    def plain(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Take ``{"sequences": [[[x, …], …], …]}``, and ``times`` and ``static`` where the model reads them.

        Where values may be missing, null stands for them.
        """
        beside = [form.name for form in self.inputs[1:]]
        found = fields(body, "sequences", "[[…], …]", beside)
        sequences, static = found["sequences"], found.get(STATIC)
        if self._series.missing != "forbid":
            sequences, static = nan_for_null(sequences), nan_for_null(static)
        return self.told.worded(self.model.predict(sequences, times=found.get(TIMES), static=static))

    def given(self, inputs: Inputs) -> NDArray[Any] | Chunk:
        """Return the steps of one sequence, (T, I), with what stands beside them where the model reads it."""
        batch = self._batch(inputs)
        if len(batch) != 1:
            raise DataError(f"{STEPS} holds {len(batch)} sequences; a stream takes the steps of one.")
        if self._bare:  # 10,000 a second come
            steps: NDArray[Any] = batch[0]
            return steps
        times, static = self._beside(inputs, TIMES, 1), self._beside(inputs, STATIC, 1)
        clock = None if times is None else times[0]
        if clock is not None and len(clock) != len(batch[0]):
            raise DataError(f"{TIMES} are {len(clock)}; expected {len(batch[0])}, one for each step.")
        return Chunk(batch[0], clock, None if static is None else static[0])

    def push(self, streams: Streams[Any, Any], given: Sequence[Any], numbers: Sequence[int]) -> list[Outputs]:
        """Take streams on, in one call for all chunks of the same length."""
        if self._bare:
            return pushed(streams, given, numbers, partial(side_by_side, streams), self.told.steps)
        described = any(chunk.static is not None for chunk in given)

        def heard(chunks: Sequence[Chunk], chosen: Sequence[int]) -> NDArray[Any]:
            _describe(streams, chunks, chosen)
            return np.asarray(streams.push(_together(chunks), chosen))

        return pushed(streams, given, numbers, heard, self.told.steps, keep=described)

    def _batch(self, inputs: Inputs) -> NDArray[Any]:
        steps = one(inputs, STEPS)
        batch = steps[None] if steps.ndim == 2 else steps
        channels = len(self._series.channels)
        if batch.ndim != 3 or batch.shape[2] != channels or 0 in batch.shape:
            raise DataError(
                f"{STEPS} has shape {[*steps.shape]}; expected [B, T, {channels}]: sequences, steps, "
                "channels."
            )
        return batch

    def _beside(self, inputs: Inputs, name: str, count: int) -> NDArray[Any] | None:
        """Return what stands beside so many sequences, a row each; None where it was not sent."""
        found: Tensor | None = inputs.get(name)
        if found is None:
            return None
        array = found.array[None] if found.array.ndim == 1 else found.array
        if array.ndim != 2 or len(array) != count:
            raise DataError(
                f"{name} has shape {[*found.array.shape]}; expected {count} rows, one a sequence."
            )
        return array


def side_by_side(streams: Streams[Any, Any], rows: Sequence[Any], numbers: Sequence[int]) -> NDArray[Any]:
    """Push rows (T, …) to each of n streams, and return what they say, (T, n, …)."""
    return np.asarray(streams.push(np.stack(rows, axis=1), numbers))


def pushed(
    streams: Streams[Any, Any],
    given: Sequence[Any],
    numbers: Sequence[int],
    heard: Callable[[Sequence[Any], Sequence[int]], NDArray[Any]],
    outputs: Callable[[NDArray[Any]], list[Outputs]],
    *,
    keep: bool = False,
) -> list[Outputs]:
    """Take streams of rows on, in one call of ``heard`` for all chunks of the same length.

    Where chunks have several lengths and a later call is refused, the earlier streams are put back.

    Args:
        streams, given, numbers: as of ``Face.push``.
        heard: from chunks of one length and their streams' numbers to what is said, (T, n, …).
        outputs: from that to the outputs of each.
        keep: whether a call that is refused may have changed its own streams.
    """
    found: dict[int, Outputs] = {}
    order = sorted(range(len(given)), key=lambda place: len(given[place]))
    groups = [[*group] for _, group in groupby(order, key=lambda place: len(given[place]))]
    kept = {number: streams.state(number) for number in numbers} if keep or len(groups) > 1 else {}
    try:
        for places in groups:
            said = heard([given[place] for place in places], [numbers[place] for place in places])
            found |= dict(zip(places, outputs(said), strict=True))
    except OstinatoError:
        for number, state in kept.items():
            streams.restore(state, number)
        raise
    return [found[place] for place in range(len(given))]


def _describe(streams: Streams[Any, Any], chunks: Sequence[Chunk], numbers: Sequence[int]) -> None:
    """Say what describes the streams that begin."""
    for chunk, number in zip(chunks, numbers, strict=True):
        if chunk.static is None:
            continue
        if not isinstance(streams, ObservedStreams) or streams.steps(number):
            raise DataError(
                f"{STATIC} describes a stream in its first request; leave it out of the next ones."
            )
        streams.describe(chunk.static, number)


def _together(chunks: Sequence[Chunk]) -> Any:
    """Return chunks of one length as streams are pushed them: (T, n, I), with the times where there are."""
    values = np.stack([chunk.values for chunk in chunks], axis=1)
    times = [chunk.times for chunk in chunks if chunk.times is not None]
    return Timed(values, np.stack(times, axis=1)) if times else values
