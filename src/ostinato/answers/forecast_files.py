"""Forecasts as files and as text: a row for each series, step ahead and target."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ostinato import checks
from ostinato.answers.files import write_file
from ostinato.answers.outlook import Forecasts
from ostinato.answers.write import FORMULA, NUMBER
from ostinato.errors import ArgumentError

Row = tuple[str | float, ...]


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
        names = [*named, self.time, *(["target"] if len(self.targets) > 1 else []), "forecast"]
        names += [f"quantile_{probability:g}" for probability in self.forecasts.quantiles]
        for level in self.forecasts.intervals:
            names += [f"low_{100 * level:g}", f"high_{100 * level:g}"]
        return names

    def rows(self) -> Iterator[Row]:
        """Yield the rows: series by series, target by target, step by step."""
        found = self.forecasts
        arrays = [found.point, *found.quantiles.values()]
        arrays += [end for both in found.intervals.values() for end in both]
        for number, name in enumerate(self.ids):
            for place, target in enumerate(self.targets):
                told = [target] if len(self.targets) > 1 else []
                for step, stamp in enumerate(self.stamps[number]):
                    numbers = [float(array[number, step, place]) for array in arrays]
                    yield (*([] if self.series is None else [name]), stamp, *told, *numbers)


def write(path: Path, rows: ForecastRows) -> None:
    """Write forecasts to a file whose ending names the format: .csv, .jsonl or .parquet.

    Raises:
        ArgumentError: the ending is unknown, or the file cannot be written.
        MissingExtraError: Parquet without pyarrow.
    """
    formats: dict[str, Callable[[ForecastRows], bytes]] = {
        ".csv": lambda rows: to_csv(rows).encode(),
        ".jsonl": lambda rows: to_json_lines(rows).encode(),
        ".parquet": to_parquet,
    }
    ending = path.suffix.lower()
    if ending not in formats:
        raise ArgumentError(f"{path} ends in {ending or 'nothing'!r}; choose one of {', '.join(formats)}.")
    write_file(path, formats[ending](rows))


def to_csv(rows: ForecastRows) -> str:
    """Return forecasts as CSV; a text that a spreadsheet would take for a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(_cell, rows.columns()))
    writer.writerows([_cell(cell) for cell in row] for row in rows.rows())
    return out.getvalue()


def to_json_lines(rows: ForecastRows) -> str:
    """Return forecasts as JSON Lines, one object a row, with the columns as keys."""
    names = rows.columns()
    lines = (json.dumps(dict(zip(names, row, strict=True)), allow_nan=False) for row in rows.rows())
    return "".join(line + "\n" for line in lines)


def to_parquet(rows: ForecastRows) -> bytes:
    """Return forecasts as a Parquet file: names, times and targets are text, numbers float64."""
    arrow = checks.extra("pyarrow", "tables", "writing Parquet files")
    parquet = checks.extra("pyarrow.parquet", "tables", "writing Parquet files")
    columns = zip(*rows.rows(), strict=True)
    out = io.BytesIO()
    arrays = [arrow.array(list(column)) for column in columns]
    parquet.write_table(arrow.Table.from_arrays(arrays, names=rows.columns()), out)
    return out.getvalue()


def _cell(cell: str | float) -> str:
    if isinstance(cell, float):
        return repr(cell)
    return "'" + cell if cell.startswith(FORMULA) and not NUMBER.fullmatch(cell) else cell
