"""The options of ``forecast``: the shared groups and what this task adds."""

from typing import Annotated, Literal, Self

from pydantic import Field

from ostinato.spec.option import option
from ostinato.spec.options import DataOptions, NetworkOptions, Positive, TaskOptions, TrainingOptions

Probability = Annotated[float, Field(gt=0.0, lt=1.0)]


class ForecastData(DataOptions):
    """Which columns to read, how far to look back and ahead, and what a step of time is."""

    target: tuple[str, ...] | None = option(None, "columns to foretell; else every numeric one left over")
    time: str | None = option(None, "column that holds the time; without it, every row is one series")
    series: str | None = option(None, "column that names the series, where there are several")
    past: tuple[str, ...] = option((), "numeric columns that are known up to now only")
    known_future: tuple[str, ...] = option((), "numeric columns that are known ahead, such as holidays")
    static: tuple[str, ...] = option((), "columns that hold one value a series, numbers or words")
    horizon: Positive | None = option(None, "steps to foretell", le=100_000)
    context: Positive | None = option(None, "steps that are looked back at", le=1_000_000)
    season: Positive | None = option(None, "steps of a season, such as 24 of hours; 1: none")
    calendar: bool | None = option(None, "read hour, weekday and month from the time stamps")
    time_zone: str | None = option(
        None, "whose calendar, such as Europe/Vienna; stamps without an offset are UTC then"
    )
    irregular: Literal["refuse", "resample"] = option(
        "refuse", "where steps of time differ: refuse; resample: means on an even grid, gaps are missing"
    )
    frequency: str | None = option(
        None, "a step of time: a number and s, min, h, D, W, M or Y, such as 30min; else the stamps say"
    )
    transform: Literal["none", "log"] | None = option(
        None, "log: foretell logarithms, for values above 0 that grow and vary by a part of themselves"
    )
    until: str | None = option(None, "train on what was before this time only")

    def whole(self) -> Self:
        """Return how a file is read of which nothing is left out: one that validates."""
        return self.model_copy(update={"until": None})


class ForecastNetwork(NetworkOptions):
    """A recurrent network over segments of the context, and how it says the steps ahead."""

    segment: Positive | None = option(None, "steps that the network reads at once")
    decoder: Literal["direct", "autoregressive", "seq2seq"] | None = option(
        None,
        "direct: all steps at once; autoregressive: a segment at a time, each read again; seq2seq: a second "
        "network reads what is known of each step ahead",
    )
    attention: bool = option(False, "seq2seq: look back at the context at every step ahead")
    together: bool = option(False, "several targets: one answer of all, not each target as its own series")
    linear: bool = option(True, "learn what a linear model of the context leaves, not the whole")


class ForecastTraining(TrainingOptions):
    """How weights are found, and what the model says: points, quantiles, or a distribution."""

    loss: Literal["squared", "absolute"] = option(
        "squared",
        "loss of a model that says points",
        needs={"quantiles": (None,), "distribution": (None,)},
    )
    quantiles: Annotated[tuple[Probability, ...], Field(max_length=99)] | None = option(
        None, "say these quantiles, 0.5 among them, such as 0.1,0.5,0.9"
    )
    distribution: Literal["normal", "student-t", "negative-binomial"] | None = option(
        None, "say a distribution; negative-binomial is for counts"
    )
    intervals: Literal["model", "conformal"] | None = option(
        None, "intervals by what the model says, or by its errors on the validation part"
    )
    windows: Positive | None = option(None, "windows that are trained on in an epoch, drawn anew each time")


class ForecastOptions(TaskOptions):
    """All options of ``ostinato train forecast``."""

    data: ForecastData = ForecastData()
    network: ForecastNetwork = ForecastNetwork()
    training: ForecastTraining = ForecastTraining()
