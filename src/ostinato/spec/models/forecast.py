"""Models that say what comes next in series."""

from typing import Literal, Self

from pydantic import model_validator

from ostinato.spec.flow import Flow
from ostinato.spec.forecast import ForecastOptions
from ostinato.spec.models.base import Model, check_made, check_taken
from ostinato.spec.windows import Outlook, SeriesColumns, Windows


class ForecastModel(Model):
    """A model that reads the past of series and says what comes next, at once or a segment at a time.

    The network reads the segments of a context. It says the steps ahead after each of them or, with an
    encoder, step by step. A branch called ``linear`` says what a linear model of the context does.
    """

    task: Literal["forecast"] = "forecast"
    columns: SeriesColumns
    preprocessing: Windows
    answer: Outlook
    recipe: ForecastOptions

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        windows, network = self.preprocessing, self.network
        numbers = windows.width * self.answer.parameters
        *_, made = network.flows()
        reader = network if network.encoder is None else network.encoder
        check_taken(windows.flow(), reader.flows()[0])
        if network.encoder is None:
            check_made(made, Flow("steps", windows.said * numbers), "numbers")
        else:
            check_taken(windows.ahead(), network.flows()[0])
            check_made(made, Flow("steps", numbers), "numbers")
        wanted = {"linear": Flow("steps", windows.said * windows.width)}
        if (found := {b.name: reader.branch(b).flows()[-1] for b in reader.branches}) != wanted:
            raise ValueError(f"the network's branches are {found}; expected {wanted}")
        return self
