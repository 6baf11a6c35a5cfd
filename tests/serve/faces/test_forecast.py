"""Forecasting models of every kind: whole series, JSON tables, and streams that begin with a history."""

import json

import numpy as np
import pytest

import forecasters
from ostinato.errors import DataError
from ostinato.read import grid
from ostinato.serve.faces import face_of
from ostinato.serve.streams.asks import Ask
from ostinato.serve.tensors import numbers, texts
from serving import population

kinds = pytest.mark.parametrize("kind", forecasters.KINDS)
CUT = 61


def parts(kind, series=0):
    """Return a model, the rows of one of its series and where its columns that are known ahead begin."""
    data, model = forecasters.model(kind)
    rows = data.values[series].copy()
    rows[CUT - 1, 0] = 10.0 if np.isnan(rows[CUT - 1, 0]) else rows[CUT - 1, 0]
    return data, model, rows, rows.shape[1] - len(data.roles.known)


def inputs_of(kind, first=0, last=CUT, series=0, begins=True):
    """Return the rows of a series from ``first`` to ``last`` as a request holds them."""
    data, model, rows, known = parts(kind, series)
    found = {"history": numbers("history", rows[None, first:last])}
    if data.roles.known:
        ahead = rows[None, last : last + model.horizon, known:]
        found["future"] = numbers("future", ahead)
    if begins:
        start = grid.stamp(int(data.times(series)[first]), data.frequency)
        found["start"] = texts("start", [start])
    if begins and data.roles.static:
        found["static"] = texts("static", [*data.static[series]])
    return found


def told(kind, last=CUT, series=0):
    """Return what the runtime foretells after so many rows."""
    data, model, rows, known = parts(kind, series)
    ahead = rows[last : last + model.horizon].copy()
    ahead[:, :known] = np.nan
    whole = np.concatenate([rows[:last], ahead[:, : rows.shape[1]]])
    static = [data.static[series]] if data.static else [()]
    return model, model.panel([whole], [int(data.starts[series])], static)


def arrays(found):
    every = [found.point, *found.quantiles.values()]
    return every + [end for both in found.intervals.values() for end in both]


@kinds
def test_whole_series_get_the_runtimes_forecast(kind):
    model, panel = told(kind)
    face, expected = face_of(model), model.predict(panel)
    time, *said = face.predict(inputs_of(kind))
    assert [one.decode() for one in time.array[0]] == expected.stamps[0]
    for one, array in zip(said, arrays(expected.forecasts), strict=True):
        np.testing.assert_allclose(one.array, array, rtol=1e-6)
    for form, tensor in zip(face.outputs, (time, *said), strict=True):
        assert (form.name, form.datatype) == tensor[:2]
        assert form.shape[1:] == tensor.array.shape[1:]


@kinds
def test_a_stream_goes_on_from_its_history_though_it_moves(kind):
    model, panel = told(kind)
    here = model.follow(panel)
    servers = [population(model), population(model)]
    (reply,) = servers[0].advance([Ask("me", 1, inputs_of(kind), start=True, number=1)])
    np.testing.assert_allclose(reply.outputs[1].array, here.forecast().point, rtol=1e-6)
    data, _, rows, known = parts(kind)
    targets = len(panel.targets)
    for number, (first, last) in enumerate(((CUT, CUT + 1), (CUT + 1, CUT + 8)), start=1):
        there, before = servers[number % 2], servers[(number - 1) % 2]
        there.restore(Ask("me", 1, {}, start=True, number=number), before.state("me", 1, None)[0])
        inputs = inputs_of(kind, first, last, begins=False)
        (reply,) = there.advance([Ask("me", 1, inputs, number=number + 1, end=number == 2)])
        chunk = rows[first:last]
        here.update(chunk[:, :targets], chunk[:, targets:known], rows[first : last + model.horizon, known:])
        time, *said = reply.outputs
        for one, array in zip(said, arrays(here.forecast()), strict=True):
            np.testing.assert_allclose(one.array, array, rtol=1e-6)
        assert time.array[0, 0].decode() == grid.stamp(int(data.times(0)[last]), data.frequency)


@pytest.mark.parametrize("kind", ["direct", "apart", "everything"])
@pytest.mark.parametrize("form", ["rows", "columns"])
def test_tables_of_json_get_the_same(kind, form):
    data, model, _, known = parts(kind)
    names = ("id", "time", *data.columns(), *data.roles.static)
    history, future = [], []
    for series in range(len(data)):
        _, _, rows, _ = parts(kind, series)
        stamps = [grid.stamp(int(one), data.frequency) for one in data.times(series)]
        static = data.static[series] if data.static else ()
        for row, stamp in zip(rows[: CUT + model.horizon], stamps, strict=False):
            values = [None if np.isnan(one) else one for one in row.tolist()]
            one = dict(zip(names, (data.ids[series], stamp, *values, *static), strict=True))
            (history if stamp < stamps[CUT] else future).append(one)
    targets = {*data.targets, *data.roles.past}
    future = [{name: one for name, one in row.items() if name not in targets} for row in future]
    body = {"history": history} | ({"future": future} if known < len(data.columns()) else {})
    if form == "columns":
        body = {part: {n: [row[n] for row in rows] for n in rows[0]} for part, rows in body.items()}
    model.spec.__dict__["columns"] = data.roles  # tests make series in memory, which name no columns
    said = face_of(model).plain(json.loads(json.dumps(body)))
    for series, one in enumerate(said):
        _, panel = told(kind, series=series)
        expected = model.predict(panel)
        assert one["series"] == data.ids[series]
        assert one["time"] == expected.stamps[0]
        for place, target in enumerate(data.targets):
            np.testing.assert_allclose(
                one["forecast"][target], expected.forecasts.point[0, :, place], rtol=1e-6
            )


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "nothing"),
        ({"history": []}, "a list of rows"),
        ({"history": 5}, "a list of rows"),
        ({"history": [5]}, "one object a line"),
        ({"history": {"a": [1], "b": [1, 2]}}, "differ in length"),
        ({"history": [{"y": 1}], "more": 1}, "more"),
        ({"history": [{"y": 1}]}, "column"),
    ],
    ids=str,
)
def test_other_objects_are_refused(body, word):
    _, model = forecasters.model("direct")
    with pytest.raises(DataError, match=word):
        face_of(model).plain(body)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"history": numbers("history", np.ones((1, 5, 2)))}, "shape"),
        ({"history": numbers("history", np.ones((0, 5, 5)))}, "shape"),
        ({"history": numbers("history", np.ones((2, 60, 4)))}, "as history|holds 1"),
        ({"start": texts("start", ["7"])}, "a date"),
        ({"start": texts("start", ["a"])}, "no point in time"),
        ({"start": texts("start", ["2024-01-01"] * 2)}, "2 times"),
        ({"start": None}, "start is missing"),
        ({"static": texts("static", ["0", "1"])}, "2 texts"),
        ({"future": None}, "known ahead"),
    ],
    ids=str,
)
def test_inputs_that_do_not_fit_are_refused(change, word):
    _, model = forecasters.model("everything")
    inputs = {name: one for name, one in (inputs_of("everything") | change).items() if one is not None}
    with pytest.raises(DataError, match=word):
        face_of(model).predict(inputs)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"static": texts("static", ["0"])}, "first request"),
        ({"start": texts("start", ["2030-01-01"])}, "one step after"),
        ({"future": None}, "known has shape"),
        ({"history": numbers("history", np.ones((2, 3, 4)))}, "2 series"),
    ],
    ids=str,
)
def test_a_refused_step_leaves_the_stream_as_it_was(change, word):
    _, model = forecasters.model("everything")
    streams = population(model)
    streams.advance([Ask("me", 1, inputs_of("everything"), start=True)])
    before = streams.state("me", 1, None)[0]
    inputs = inputs_of("everything", CUT, CUT + 2, begins=False) | change
    inputs = {name: one for name, one in inputs.items() if one is not None}
    (refused,) = streams.advance([Ask("me", 1, inputs)])
    assert word in str(refused) or "as history" in str(refused)
    assert streams.state("me", 1, None)[0] == before


def test_one_of_several_that_is_refused_keeps_no_other_back():
    _, model = forecasters.model("direct")
    streams = population(model)
    short = {"history": numbers("history", np.ones((1, 1, 1))), "start": texts("start", ["2024-01-01"])}
    asks = [Ask("me", n, short if n == 1 else inputs_of("direct"), start=True) for n in range(3)]
    first, refused, last = streams.advance(asks)
    assert "expected at least" in str(refused)
    np.testing.assert_array_equal(first.outputs[1].array, last.outputs[1].array)
    assert len(streams.table) == 2


def test_a_stream_of_timed_steps_is_told_when_it_begins():
    _, model = forecasters.model("direct")
    inputs = inputs_of("direct", begins=False)
    (refused,) = population(model).advance([Ask("me", 1, inputs, start=True)])
    assert "start is missing" in str(refused)


def test_a_history_that_ends_with_nothing_known_begins_no_stream():
    _, model = forecasters.model("everything")
    inputs = inputs_of("everything")
    inputs["history"].array[0, -1, 0] = np.nan
    (refused,) = population(model).advance([Ask("me", 1, inputs, start=True)])
    assert "no value to go on from" in str(refused)
