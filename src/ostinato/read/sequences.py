"""Sequences in memory: what every reader returns and everything else takes."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ostinato.read.clip import Clip
from ostinato.spec.preprocessing import Columns

Values = NDArray[np.float32]
Times = NDArray[np.float64]
Targets = NDArray[np.float64]


@dataclass(frozen=True)
class Sequences:
    """Labelled or unlabelled sequences, all series, all text, all sound or all video.

    Args:
        kind: ``"series"``, ``"text"``, ``"audio"`` or ``"video"``.
        values: one (T, I) float32 array a sequence, T ≥ 1, all finite, or NaN where one is missing and
            ``columns`` say that it may be; one text a sequence; one (n,) float32 array of samples a
            recording, n ≥ 1, all finite; or one clip a sequence.
        ids: one name a sequence, unique.
        labels: one text a sequence, or None where the data has no labels.
        channels: the names of the I channels; empty for text, sound and video.
        places: where each sequence begins, for messages, such as ``"train.csv, line 12"``.
        step_labels: one text a step of each sequence, for models that label steps; then ``labels`` is None.
        columns: what was read, with the inputs or the text named, so that a model finds them again.
        sample_rate: of sound: samples a second.
        times: when each step was, (T,) a sequence, rising: numbers as they are written, of time stamps
            seconds; None where no times were read.
        static: (N, S) what describes each sequence, NaN where it is missing, by the names in
            ``columns.static``; None where nothing does.
        targets: the numbers to tell, (1,) a sequence, or with ``columns.per_step`` (T,), NaN at a step that
            has none; None where the data has none.
        flags: (N, L) which of the labels in ``columns.labels`` each sequence has; None where none is told.
    """

    kind: Literal["series", "text", "audio", "video"]
    values: list[Values] | list[str] | list[Clip]
    ids: list[str]
    labels: list[str] | None = None
    channels: tuple[str, ...] = ()
    places: list[str] = field(default_factory=list)
    columns: Columns = field(default_factory=Columns)
    step_labels: list[list[str]] | None = None
    sample_rate: int | None = None
    times: list[Times] | None = None
    static: Values | None = None
    targets: list[Targets] | None = None
    flags: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def select(self, indices: NDArray[np.int64]) -> "Sequences":
        """Return the sequences at these positions, in this order."""
        return replace(
            self,
            values=[self.values[i] for i in indices],
            ids=[self.ids[i] for i in indices],
            labels=None if self.labels is None else [self.labels[i] for i in indices],
            places=[self.places[i] for i in indices] if self.places else [],
            times=None if self.times is None else [self.times[i] for i in indices],
            static=None if self.static is None else self.static[indices],
            flags=None if self.flags is None else self.flags[indices],
            targets=None if self.targets is None else [self.targets[i] for i in indices],
            step_labels=None if self.step_labels is None else [self.step_labels[i] for i in indices],
        )

    def content(self) -> Iterator[bytes]:
        """Yield all that training depends on: kind, channels, rate, values, names, labels, times, …"""
        rate = () if self.sample_rate is None else (str(self.sample_rate),)
        yield "\n".join((self.kind, *self.channels, *rate)).encode()
        for values in self.values:
            if isinstance(values, str):
                yield values.encode("utf-8", "surrogatepass")
            elif isinstance(values, Clip):
                yield repr((values.steps, values.form.shape, values.form.frame_rate)).encode()
                yield values.sha256
            else:
                yield repr(values.shape).encode()
                yield np.ascontiguousarray(values).tobytes()
        for names in (self.ids, self.labels or [], *(self.step_labels or [])):
            yield len(names).to_bytes(8, "little")
            for name in names:
                yield name.encode("utf-8", "surrogatepass")
        described = [array for array in (self.static, self.flags) if array is not None]
        for array in (*(self.times or ()), *described, *(self.targets or ())):
            yield np.ascontiguousarray(array).tobytes()
