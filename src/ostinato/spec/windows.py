"""What a forecasting model reads of tables with time stamps, as data."""

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ostinato.spec.base import Spec
from ostinato.spec.flow import Flow

Text = Annotated[str, Field(max_length=4096)]
Count = Annotated[int, Field(ge=1, le=2**24)]
Unit = Literal["step", "microsecond", "month"]


class SeriesColumns(Spec):
    """Which columns of a table hold what.

    Args:
        series: which series a row belongs to; None: all rows are one. Without ``time`` a row is a series.
        time: the time of a row; None: a row is a whole series, its steps are the columns behind ``series``.
        targets: what is foretold; None: every numeric column that is nothing else.
        past, known, static: known up to now, known ahead, and one value a series.
    """

    series: Text | None = None
    time: Text | None = None
    targets: tuple[Text, ...] | None = None
    past: tuple[Text, ...] = ()
    known: tuple[Text, ...] = ()
    static: tuple[Text, ...] = ()


class Frequency(Spec):
    """One step of time.

    Args:
        unit: ``"step"`` where times are plain numbers; months have no fixed length.
        count: how many of it.
    """

    unit: Unit = "step"
    count: Annotated[int, Field(ge=1, lt=2**53)] = 1


class Scaled(Spec):
    """A numeric covariate: x becomes (x - center) / spread.

    Args:
        name: its column.
        masked: whether it has missing values, so that where they are is an input too.
    """

    name: Text
    center: float
    spread: Annotated[float, Field(gt=0.0)]
    masked: bool = False


class Described(Spec):
    """What is told of a series as a whole: a number, scaled, or a word, one input for each known word.

    Args:
        name: its column.
        words: the known ones; empty for a number.
    """

    name: Text
    words: tuple[Text, ...] = ()
    center: float = 0.0
    spread: Annotated[float, Field(gt=0.0)] = 1.0


Calendar = Literal["hour", "weekday", "month"]
CALENDAR: dict[Calendar, int] = {"hour": 4, "weekday": 7, "month": 4}
"""The parts of a calendar, and how many inputs each is: waves, and one input for each day of the week."""


class Windows(Spec):
    """Windows of series: a context, read in segments, and a horizon, which is foretold.

    Of every target the network reads differences to the last value of each segment, over the spread of the
    window's context, so that neither level nor scale of a series matters.

    Args:
        targets: the names of what is foretold.
        together: whether all targets are one series of C numbers; else each is a series of its own.
        masked: whether targets have missing values, so that where they are is an input too.
        log: whether logarithms of the targets are read and said.
        past, known, static: covariates.
        calendar: the parts of the calendar that are read.
        time_zone: whose calendar.
        frequency: the step of time.
        season: steps of a season; 1: none.
        segment: w, steps that are read at once.
        segments: k, of a context.
        horizon: H, steps to foretell.
        said: steps that the network says at once: H, or w where it reads its own answers.
        lags: seq2seq: how far before each step ahead the values lie that are read with it.
        last: the latest time that training saw, validation included, in the unit of times.
        ends: the same of each series, where there are several.
    """

    kind: Literal["windows"] = "windows"
    targets: Annotated[tuple[Text, ...], Field(min_length=1)]
    together: bool = False
    masked: bool = False
    log: bool = False
    past: tuple[Scaled, ...] = ()
    known: tuple[Scaled, ...] = ()
    static: tuple[Described, ...] = ()
    calendar: tuple[Calendar, ...] = ()
    time_zone: Text | None = None
    frequency: Frequency = Frequency()
    season: Count = 1
    segment: Count = 1
    segments: Count
    horizon: Count
    said: Count
    lags: tuple[Count, ...] = ()
    last: int = 0
    ends: dict[Text, int] = Field(default_factory=dict)

    @property
    def context(self) -> int:
        """Return M, the steps of a context."""
        return self.segment * self.segments

    @property
    def width(self) -> int:
        """Return C, how many numbers a step of one series has."""
        return len(self.targets) if self.together else 1

    @property
    def rounds(self) -> int:
        """Return how often the network is asked for one forecast."""
        return math.ceil(self.horizon / self.said)

    def flow(self) -> Flow:
        """Return what the network is given, a step for each segment."""
        masks = sum(one.masked for one in self.past)
        values = self.width * (2 if self.masked else 1) + len(self.past) + masks
        per_segment = self.width + self.said * len(self.known) + self._calendar() + self._static()
        return Flow("steps", self.segment * (values + len(self.known)) + per_segment)

    def own(self) -> int:
        """Return how many of a segment's inputs are of the targets; they come first."""
        return self.width * (self.segment * (2 if self.masked else 1) + 1)

    def ahead(self) -> Flow:
        """Return what the decoder of seq2seq is given, a step for each step ahead."""
        lagged = len(self.lags) * (self.width + len(self.known))
        return Flow("steps", 1 + len(self.known) + self._calendar() + self._static() + lagged)

    def _calendar(self) -> int:
        return sum(CALENDAR[part] for part in self.calendar)

    def _static(self) -> int:
        return sum(len(one.words) or 1 for one in self.static)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        scaled, static = (*self.past, *self.known), self.static
        names = [*self.targets, *(one.name for one in scaled), *(one.name for one in static)]
        if len(set(names)) != len(names):
            raise ValueError("a column is named twice")
        if any(lag < self.horizon for lag in self.lags):
            raise ValueError(f"lags are {self.lags}; expected at least the horizon, {self.horizon}")
        return self


class Calibration(Spec):
    """How far intervals reach beyond what the model says, from its errors on the validation part.

    Args:
        level: the part of values that should lie inside.
        reach: (H * C,) by step ahead, then target, in units of the window's scale.
    """

    level: Annotated[float, Field(gt=0.0, lt=1.0)]
    reach: tuple[float, ...]


class Outlook(Spec):
    """What a forecasting model says of each step ahead, and how intervals are made of it.

    Args:
        says: a ``"point"``, ``"quantiles"``, or the parameters of a distribution.
        quantiles: which ones, rising; empty where it says none.
        intervals: how they are made; None: there are none.
        calibration: for ``"conformal"`` intervals, one entry a level.
    """

    says: Literal["point", "quantiles", "normal", "student-t", "negative-binomial"]
    quantiles: tuple[Annotated[float, Field(gt=0.0, lt=1.0)], ...] = ()
    intervals: Literal["model", "conformal"] | None = None
    calibration: tuple[Calibration, ...] = ()

    @property
    def parameters(self) -> int:
        """Return P, how many numbers the network says of each step and target."""
        counts = {"point": 1, "quantiles": len(self.quantiles), "normal": 2, "student-t": 3}
        return counts.get(self.says, 2)

    @model_validator(mode="after")
    def _quantiles_rise(self) -> Self:
        if list(self.quantiles) != sorted(set(self.quantiles)) or bool(self.quantiles) != (
            self.says == "quantiles"
        ):
            raise ValueError(f"the model says {self.says}, and quantiles are {self.quantiles}")
        return self
