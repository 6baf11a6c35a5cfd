"""Forecasts as rows to be written: one for each series, step ahead and target."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ostinato.answers.outlook import Forecasts
from ostinato.answers.rows import Rows


@dataclass(frozen=True)
class ForecastRows:
    """Forecasts ready to be written.

    Args:
        ids: the n series.
        series: what the column of their names is called; None: there is one series, and no such column.
        time: what the column of times is called.
        stamps: (n, H) times as they are written.
        targets: the C targets; a column tells them apart where there are several.
        forecasts: (n, H, C) each.
    """

    ids: Sequence[str]
    series: str | None
    time: str
    stamps: Sequence[Sequence[str]]
    targets: Sequence[str]
    forecasts: Forecasts

    def columns(self) -> list[str]:
        """Return the names of the columns: ``forecast``, then ``low_80`` and ``high_80`` and their like."""
        named = [] if self.series is None else [self.series]
        told = ["target"] if len(self.targets) > 1 else []
        return [*named, self.time, *told, *self.forecasts.arrays()]

    def table(self) -> Rows:
        """Return the rows, to be written: series by series, target by target, step by step."""
        return Rows(self.columns(), [*self._rows()])

    def _rows(self) -> Iterator[tuple[str | float, ...]]:
        arrays = [*self.forecasts.arrays().values()]
        for number, name in enumerate(self.ids):
            for place, target in enumerate(self.targets):
                told = [target] if len(self.targets) > 1 else []
                for step, stamp in enumerate(self.stamps[number]):
                    numbers = [float(array[number, step, place]) for array in arrays]
                    yield (*([] if self.series is None else [name]), stamp, *told, *numbers)
