"""Models that foretell series: a history in, the steps ahead out, whole or as values come."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.outlook import Forecasts, column_names, levels
from ostinato.errors import DataError
from ostinato.read import times
from ostinato.read.jsonl import RecordTable
from ostinato.read.limits import Limits
from ostinato.read.panel import Panel
from ostinato.read.source import Source
from ostinato.runtime import SeriesModel
from ostinato.runtime.forecast import Foretold
from ostinato.runtime.streams.followed import FollowedStreams, Foreseen, Told, before_and_ahead, begin
from ostinato.runtime.verb_forecast import series_in
from ostinato.serve.faces.base import Face, Inputs, Outputs, decoded, one
from ostinato.serve.protocol.strict_json import dumps
from ostinato.serve.tensors import BYTES, Form, numbers, texts
from ostinato.spec.windows import Outlook

HISTORY, FUTURE, START, STATIC = "history", "future", "start", "static"


class ForecastFace(Face[SeriesModel]):
    """``history`` (B, T, V) in, or (T, V) of one series: targets, past and known columns, NaN where missing.

    Beside it, where the model reads them: ``future`` (B, A, K), what is known of the A steps ahead; ``start``
    (B,), when the first row was; ``static`` (B, S). Out come ``time`` (B, H), ``forecast`` (B, H, C), and
    quantiles and the ends of intervals of the same shape, as they are called in files.

    A stream's first request holds the history, each later one what has come since, and B of all answers is 1.
    """

    def __init__(self, model: SeriesModel) -> None:
        super().__init__(model)
        self._spec = model.spec.preprocessing
        self._timed = self._spec.frequency.unit != "step"

    @property
    def inputs(self) -> tuple[Form, ...]:
        """Return the history, and what stands beside it."""
        spec = self._spec
        width = len(spec.targets) + len(spec.past) + len(spec.known)
        forms = [Form(HISTORY, "FP64", (-1, -1, width), missing=True)]
        if spec.known:
            forms.append(Form(FUTURE, "FP64", (-1, -1, len(spec.known)), optional=True, missing=True))
        if self._timed:
            forms.append(Form(START, BYTES, (-1,), optional=True))
        if spec.static:
            forms.append(Form(STATIC, BYTES, (-1, len(spec.static)), optional=True))
        return tuple(forms)

    @property
    def outputs(self) -> tuple[Form, ...]:
        """Return the times ahead, and what is foretold of each."""
        spec = self._spec
        shape = (-1, spec.horizon, len(spec.targets))
        names = _names(self.model.spec.answer)
        return Form("time", BYTES, (-1, spec.horizon)), *(Form(name, "FP64", shape) for name in names)

    def about(self) -> dict[str, Any]:
        """Return the columns, what is usual of them, and how much is read and told."""
        spec = self._spec
        return {
            "targets": spec.targets,
            "past": [{"name": one.name, "center": one.center} for one in spec.past],
            "known": [{"name": one.name, "center": one.center} for one in spec.known],
            "static": [one.words[0] if one.words else f"{one.center:g}" for one in spec.static],
            "timed": self._timed,
            "least": spec.segment,
            "context": spec.context,
            "horizon": spec.horizon,
            "bands": [name for name in _names(self.model.spec.answer) if name.startswith("low_")],
        }

    def why_not_stream(self) -> None:
        """Return None: a stream begins with a history."""

    def streams(self, count: int) -> FollowedStreams:
        """Return so many places for series."""
        return FollowedStreams(self.model, count)

    def predict(self, inputs: Inputs) -> Outputs:
        """Foretell whole series."""
        told, spec = self._told(inputs), self._spec
        panel = self.model.panel(
            [before_and_ahead(one, spec) for one in told],
            [begin(one, spec) for one in told],
            [one.static or () for one in told],
        )
        found = self.model.predict(panel)
        return self._outputs(found.forecasts, found.stamps)

    def plain(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Take ``{"history": ROWS, "future": ROWS}``: the tables that ``ostinato forecast`` takes.

        ROWS is a list of objects, one a row, or an object of lists, one a column. One object a series is
        answered.
        """
        if HISTORY not in body or set(body) - {HISTORY, FUTURE}:
            found = ", ".join(map(checks.shown, list(body)[:10])) or "nothing"
            raise DataError(f'the body has {found}; expected {{"{HISTORY}": rows, "{FUTURE}": rows}}.')
        panel = self._panel(body, HISTORY)
        if body.get(FUTURE) is not None:
            panel = panel.joined(self._panel(body, FUTURE))
        return worded(self.model.predict(panel))

    def given(self, inputs: Inputs) -> Told:
        """Return what one series is told: its history, or what has come since."""
        (told, *more) = self._told(inputs)
        if more:
            raise DataError(f"{HISTORY} holds {1 + len(more)} series; a stream is of one.")
        return told

    def push(self, streams: FollowedStreams, given: Sequence[Any], places: Sequence[int]) -> list[Outputs]:
        """Take streams on, one by one: each reads a history of its own."""
        return [self._seen(one) for one in streams.push(given, places)]

    def _told(self, inputs: Inputs) -> list[Told]:
        """Return what each series is told."""
        history = self._rows(inputs, HISTORY, self.inputs[0].shape[2])
        count, known = len(history), len(self._spec.known)
        ahead = self._rows(inputs, FUTURE, known) if FUTURE in inputs else np.zeros((count, 0, known))
        if len(ahead) != count:
            raise DataError(f"{FUTURE} holds {len(ahead)} series; expected {count}, as {HISTORY}.")
        starts, static = self._starts(inputs, count), self._static(inputs, count)
        return [
            Told(
                history[number],
                ahead[number],
                None if starts is None else starts[number],
                None if static is None else static[number],
            )
            for number in range(count)
        ]

    def _rows(self, inputs: Inputs, name: str, width: int) -> NDArray[Any]:
        given = one(inputs, name)
        batch = given[None] if given.ndim == 2 else given
        if batch.ndim != 3 or batch.shape[2] != width or 0 in batch.shape:
            raise DataError(
                f"{name} has shape {[*given.shape]}; expected [B, T, {width}]: series, steps, columns."
            )
        return batch

    def _starts(self, inputs: Inputs, count: int) -> list[int] | None:
        """Return the time of each series' first row; None where it is not said."""
        if START not in inputs:
            return None
        stamps = decoded(inputs, START)
        if len(stamps) != count:
            raise DataError(f"{START} holds {len(stamps)} times; expected {count}, one a series.")
        if times.are_numbers(stamps):
            raise DataError(f"{START} is {checks.shown(stamps[0])}; expected a date, or a date and a time.")
        found: list[int] = times.points([*stamps], lambda row: f"{START}, element {row + 1}").tolist()
        return found

    def _static(self, inputs: Inputs, count: int) -> list[tuple[str, ...]] | None:
        """Return what describes each series; None where it is not said."""
        if STATIC not in inputs:
            return None
        words, size = decoded(inputs, STATIC), len(self._spec.static)
        if len(words) != count * size:
            raise DataError(f"{STATIC} holds {len(words)} texts; expected {size} for each of {count} series.")
        return [tuple(words[size * number : size * (number + 1)]) for number in range(count)]

    def _panel(self, body: Mapping[str, Any], name: str) -> Panel:
        lines = b"\n".join(dumps(row) for row in _records(body[name], name))
        table = RecordTable(Source(name, lines), Limits())
        return series_in(self.model.spec, table, targets=name == HISTORY)

    def _seen(self, seen: Foreseen) -> Outputs:
        return self._outputs(seen.forecasts, [seen.stamps])

    def _outputs(self, found: Forecasts, stamps: Sequence[Sequence[str]]) -> Outputs:
        time = texts("time", [stamp for row in stamps for stamp in row])
        shaped = time._replace(array=time.array.reshape(len(stamps), -1))
        return shaped, *(numbers(name, values) for name, values in found.arrays().items())


def worded(found: Foretold) -> list[dict[str, Any]]:
    """Return one object a series, with a list for each target."""
    arrays = found.forecasts.arrays()
    return [
        {"series": name, "time": found.stamps[number]}
        | {
            called: {target: values[number, :, place].tolist() for place, target in enumerate(found.targets)}
            for called, values in arrays.items()
        }
        for number, name in enumerate(found.ids)
    ]


def _names(outlook: Outlook) -> list[str]:
    """Return how everything is called that a model tells of a step."""
    calibrated = tuple(one.level for one in outlook.calibration)
    told = calibrated if outlook.intervals == "conformal" else levels(outlook) if outlook.intervals else ()
    return column_names(outlook.quantiles, told)


def _records(rows: Any, name: str) -> list[Any]:
    """Return a table of JSON row by row."""
    if isinstance(rows, dict) and rows and all(isinstance(column, list) for column in rows.values()):
        if len({len(column) for column in rows.values()}) > 1:
            raise DataError(f"the columns of {name} differ in length; expected a value for every row.")
        return [dict(zip(rows, row, strict=True)) for row in zip(*rows.values(), strict=True)]
    if not isinstance(rows, list) or not rows:
        raise DataError(f"{name} is {checks.shown(rows)}; expected a list of rows, or an object of columns.")
    return rows
