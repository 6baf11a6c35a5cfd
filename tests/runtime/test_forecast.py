"""Forecasting models at work: times, short histories, backtests that begin where training ended."""

import numpy as np
import pytest

import forecasters
from ostinato.errors import ArgumentError, DataError
from ostinato.read.grid import parse
from ostinato.runtime.forecast import SeriesModel


def longer(data, steps):
    """Return series that go on for more steps than training saw."""
    more = forecasters.panel(len(data), len(data.values[0]) + steps)
    values = [
        np.concatenate([seen, come[len(seen) :]]) for seen, come in zip(data.values, more.values, strict=True)
    ]
    return type(data)(**(vars(data) | {"values": values}))


def test_forecasts_stand_at_the_steps_after_the_last_value():
    data, model = forecasters.model("direct")
    found = model.predict(data)
    assert found.forecasts.point.shape == (2, forecasters.HORIZON, 1)
    assert found.stamps[0] == [f"2024-01-04 {8 + step:02}:00:00" for step in range(forecasters.HORIZON)]
    rows = data.values[1].copy()
    rows[-2:] = np.nan
    shorter = model.predict(type(data)(**(vars(data) | {"values": [data.values[0], rows]})))
    assert shorter.stamps[1][0] == "2024-01-04 06:00:00"


def test_a_good_model_of_a_wave_goes_on_with_it():
    data, model = forecasters.model("direct")
    come = longer(data, forecasters.HORIZON)
    found = model.predict(data).forecasts
    for number in range(2):
        truth = come.values[number][-forecasters.HORIZON :, 0]
        spread = data.values[number].std()
        assert np.abs(found.point[number, :, 0] - truth).mean() < 0.6 * spread


def test_of_a_short_history_the_segments_that_are_there_are_read():
    data, model = forecasters.model("direct")
    whole = model.spec.preprocessing
    short = data.cut(np.array([whole.segment, whole.context]))
    found = model.predict(short)
    alone = model.predict(short.select(np.array([1]))).forecasts.point[0]
    np.testing.assert_allclose(found.forecasts.point[1], alone, rtol=0, atol=1e-5)
    with pytest.raises(
        DataError, match=f"expected at least {whole.segment}; a whole context has {whole.context}"
    ):
        model.predict(data.cut(np.array([whole.segment - 1, 20])))


def test_a_series_without_values_is_refused():
    data, model = forecasters.model("direct")
    empty = type(data)(**(vars(data) | {"values": [data.values[0], np.full((30, 1), np.nan)]}))
    with pytest.raises(DataError, match="no value to go on from"):
        model.predict(empty)


def test_a_backtest_begins_after_what_was_trained_on():
    data, model = forecasters.model("direct")
    come = longer(data, 10)
    found = model.backtest(come)
    assert found.origins.min() == len(data.values[0]) - 1
    assert len(found.series) == 2 * (10 - forecasters.HORIZON + 1)
    every = model.backtest(come, stride=3)
    assert np.unique(every.origins).tolist() == [79, 82, 85]
    with pytest.raises(DataError, match="after what the model was trained on"):
        model.backtest(data)


def test_a_backtest_says_what_predict_says_at_each_origin():
    data, model = forecasters.model("everything")
    come = forecasters.panel(2, 90, past=1, known=2, static=1, gaps=5)
    for rows, seen in zip(come.values, data.values, strict=True):
        rows[:80] = seen
    found = model.backtest(come)
    place = int(np.flatnonzero((found.series == 1) & (found.origins == 82))[0])
    rows = come.values[1].copy()
    rows[83:, :2] = np.nan
    hidden = type(come)(**(vars(come) | {"values": [come.values[0], rows]})).select(np.array([1]))
    assert np.isfinite(rows[82, 0])
    expected = model.predict(hidden).forecasts
    np.testing.assert_allclose(found.found.point[place], expected.point[0], rtol=0, atol=1e-4)


def test_simple_methods_are_those_of_the_same_windows():
    data, model = forecasters.model("direct")
    come = longer(data, 10)
    found = model.backtest(come)
    place = 2
    series, origin = int(found.series[place]), int(found.origins[place])
    values = come.values[series][: origin + 1, 0]
    season, horizon = forecasters.SEASON, forecasters.HORIZON
    expected = {
        "last value": np.full(horizon, values[-1]),
        "seasonal naive": values[-season:][:horizon],
    }
    for name, simple in expected.items():  # the model takes logarithms and gives them back
        np.testing.assert_allclose(found.simple[name][place, :, 0], simple, rtol=1e-12)
    follows = come.values[series][origin + 1 : origin + 1 + horizon, 0]
    np.testing.assert_allclose(found.truth[place, :, 0], follows, rtol=1e-12)
    history = come.values[series][:80, 0]
    error = np.abs(history[season:] - history[:-season]).mean()
    assert found.in_sample[place, 0] == pytest.approx(error)


def test_targets_apart_are_foretold_each_by_itself():
    data, model = forecasters.model("apart")
    swapped = type(data)(**(vars(data) | {"values": [rows[:, ::-1] for rows in data.values]}))
    one, other = model.predict(data).forecasts.point, model.predict(swapped).forecasts.point
    np.testing.assert_allclose(one, other[:, :, ::-1], rtol=0, atol=1e-5)


def test_a_preprocessor_of_another_model_is_refused():
    _, model = forecasters.model("direct")
    _, other = forecasters.model("apart")
    with pytest.raises(ArgumentError, match="not those that the model's spec describes"):
        SeriesModel(model.spec, model.network, other.preprocessor)


def test_steps_of_another_length_are_refused():
    data, model = forecasters.model("direct")
    with pytest.raises(DataError, match="steps of 1D; this model was trained on steps of 1h"):
        model.predict(type(data)(**(vars(data) | {"frequency": parse("D")})))


def test_paths_are_those_of_their_seed_and_series_whatever_else_is_given():
    data, model = forecasters.model("paths")
    found = model.paths(data, count=50, seed=3)
    assert found.shape == (2, 50, forecasters.HORIZON, 1)
    np.testing.assert_array_equal(found, model.paths(data, count=50, seed=3))
    assert (found != model.paths(data, count=50, seed=4)).mean() > 0.9
    alone = model.paths(data.select(np.array([1])), count=50, seed=3)
    np.testing.assert_allclose(alone[0], found[1], rtol=0, atol=1e-4)
    ranks = [np.argsort(np.argsort(one[:, 0, 0])) for one in found]
    assert abs(np.corrcoef(*ranks)[0, 1]) < 0.5  # series draw by themselves


def test_intervals_of_paths_are_their_quantiles():
    data, model = forecasters.model("paths")
    drawn = model.paths(data)
    for level, (low, high) in model.predict(data).forecasts.intervals.items():
        expected = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=1)
        np.testing.assert_allclose([low, high], expected, rtol=1e-2)  # of logarithms, the nearest is another


def test_a_path_reads_its_own_values_again():
    data, model = forecasters.model("paths")
    laid = model.windows.lay(data)
    series, origins = np.array([0]), np.array([60])
    window = laid.window(series, origins)
    last = model.teller.heard(window)
    paths = model.teller.paths(laid, series, origins, window, last, count=3)
    read = []
    np.testing.assert_array_equal(model.teller.paths(laid, series, origins, window, last, count=3), paths)
    again = model.teller.rolled(
        laid, series, origins, window, last,
        read=lambda one: read.append(one) or paths[:, 1, 2 * len(read) - 2 : 2 * len(read)],
    )  # fmt: skip
    straight = model.teller.rolled(laid, series, origins, window, last)
    np.testing.assert_array_equal(again.raw[:, :2], straight.raw[:, :2])
    assert (again.raw[:, 2:] != straight.raw[:, 2:]).any()


def test_targets_apart_have_paths_beside_each_other():
    data = forecasters.panel(targets=2)
    given = forecasters.options(
        network={"decoder": "autoregressive", "segment": 2}, training={"distribution": "normal"}
    )
    model = forecasters.loaded(forecasters.fit(forecasters.FORECAST, data, given))
    found = model.paths(data, count=40).mean(axis=1)
    assert found.shape == (2, forecasters.HORIZON, 2)
    np.testing.assert_allclose(found, model.predict(data).forecasts.point, atol=3.0)


@pytest.mark.parametrize("kind", ["direct", "autoregressive", "student-t"])
def test_a_model_without_paths_says_why(kind):
    data, model = forecasters.model(kind)
    with pytest.raises(ArgumentError, match="paths are drawn by the decoder 'autoregressive'"):
        model.paths(data)


@pytest.mark.parametrize(("count", "seed", "message"), [(0, 0, "count is 0"), (3, -1, "seed is -1")])
def test_paths_that_cannot_be_drawn_are_refused(count, seed, message):
    data, model = forecasters.model("paths")
    with pytest.raises(ArgumentError, match=message):
        model.paths(data, count, seed)
