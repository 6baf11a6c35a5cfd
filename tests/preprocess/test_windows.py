"""Windows of series: shift and scale do not matter, gaps are masked, nothing leaks from what comes after."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import forecasters
from ostinato.errors import DataError
from ostinato.preprocess.windows import WindowPreprocessor, carried_on, spread
from ostinato.tasks.forecast_defaults import describe


def spec_of(panel, **data):
    network = {"segment": 3, "decoder": "seq2seq"}
    options = forecasters.options(network=network, calendar=False, **data)
    return describe(panel, options)


def laid(panel):
    return WindowPreprocessor(spec_of(panel)).lay(panel)


@settings(max_examples=25, deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(0.1, 1e3))
def test_neither_level_nor_scale_of_a_series_matters(level, scale):
    panel = forecasters.panel(1)
    moved = type(panel)(**(vars(panel) | {"values": [level + scale * panel.values[0]]}))
    places = np.array([0]), np.array([40])
    one, other = laid(panel).window(*places, further=2), laid(moved).window(*places, further=2)
    np.testing.assert_allclose(other.steps, one.steps, rtol=0, atol=1e-4)
    np.testing.assert_allclose(other.levels, level + scale * one.levels, rtol=1e-9, atol=1e-9)


def test_a_window_is_nothing_but_differences_to_the_last_values_over_the_spread():
    panel = forecasters.panel(1)
    found = laid(panel).window(np.array([0]), np.array([20]))
    values = panel.values[0][9:21, 0]  # twelve steps, the last of them row 20
    scale = values.std()
    ends = values[2::3]
    expected = (values.reshape(4, 3) - ends[:, None]) / scale
    np.testing.assert_allclose(found.steps[:, 0, :3], expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.steps[1:, 0, 3], np.diff(ends) / scale, rtol=0, atol=1e-6)
    assert found.steps[0, 0, 3] == 0
    assert found.level.item() == values[-1]


def test_missing_values_are_masked_and_what_is_known_goes_on():
    panel = forecasters.panel(1, gaps=20)
    found = laid(panel)
    values = panel.values[0][:, 0]
    window = found.window(np.array([0]), np.array([20]))
    gaps = np.isnan(values[9:21]).reshape(4, 3)
    np.testing.assert_array_equal(window.steps[:, 0, 3:6], gaps)
    assert (window.steps[:, 0, :3][gaps] == 0).all()
    assert window.level.item() == values[:21][np.isfinite(values[:21])][-1]


def test_a_model_without_masks_refuses_gaps_and_nothing_at_all():
    panel = forecasters.panel(1)
    spec = spec_of(panel)
    rows = panel.values[0].copy()
    rows[15] = np.nan
    holed = WindowPreprocessor(spec).lay(type(panel)(**(vars(panel) | {"values": [rows]})))
    with pytest.raises(DataError, match="2024-01-01 15:00:00 is missing"):
        holed.check(np.array([0]), np.array([20]), 4)
    rows[:] = np.nan
    empty = WindowPreprocessor(spec).lay(type(panel)(**(vars(panel) | {"values": [rows]})))
    with pytest.raises(DataError, match="all missing"):
        empty.check(np.array([0]), np.array([20]), 4)


@settings(max_examples=20, deadline=None)
@given(st.integers(12, 60))
def test_nothing_of_a_window_depends_on_what_comes_after_its_origin(origin):
    panel = forecasters.panel(2, past=1, gaps=5)
    spoilt = [rows.copy() for rows in panel.values]
    for rows in spoilt:
        rows[origin + 1 :] = 1e9
    spec = spec_of(panel)
    places = np.array([0, 1]), np.array([origin, origin])
    one, other = (
        WindowPreprocessor(spec).lay(type(panel)(**(vars(panel) | {"values": values})))
        for values in (panel.values, spoilt)
    )
    windows = one.window(*places), other.window(*places)
    for name in ("steps", "levels", "scale"):
        np.testing.assert_array_equal(getattr(windows[0], name), getattr(windows[1], name))
    np.testing.assert_array_equal(one.ahead(*places, windows[0]), other.ahead(*places, windows[1]))


def test_no_series_reads_another_one():
    panel = forecasters.panel(2, known=1)
    spec = spec_of(panel)
    spoilt = [np.full_like(panel.values[0], 1e9), panel.values[1]]
    one, other = (
        WindowPreprocessor(spec).lay(type(panel)(**(vars(panel) | {"values": values})))
        for values in (panel.values, spoilt)
    )
    places = np.array([1]), np.array([5])
    window = one.window(*places, segments=2)
    np.testing.assert_array_equal(window.steps, other.window(*places, segments=2).steps)
    np.testing.assert_array_equal(one.ahead(*places, window), other.ahead(*places, window))


def test_places_have_a_whole_horizon_and_something_in_it():
    panel = forecasters.panel(2)
    panel.values[0][30:50] = np.nan
    series, origins = laid(panel).places(12)
    assert origins.min() == 11
    assert origins.max() == 80 - 1 - forecasters.HORIZON
    first = origins[series == 0]
    assert not {*range(41, 46)} & {*first.tolist()}  # nothing in the context, or nothing to come
    assert (series == 1).sum() == 80 - 12 - forecasters.HORIZON + 1


def test_windows_with_gaps_are_left_out_where_a_model_takes_none():
    panel = forecasters.panel(1)
    spec = spec_of(panel)
    rows = panel.values[0].copy()
    rows[40] = np.nan
    found = WindowPreprocessor(spec).lay(type(panel)(**(vars(panel) | {"values": [rows]})))
    _, every = found.places(12)
    _, readable = found.places(12, readable=True)
    assert {*every.tolist()} - {*readable.tolist()} == {*range(40, 52)}


def test_columns_that_are_known_ahead_must_be():
    panel = forecasters.panel(1, known=1)
    found = laid(panel)
    with pytest.raises(DataError, match=r"^the series at .*: 'k0' is not known at 2024-01-04 08:00:00"):
        found.window(np.array([0]), np.array([79]))


def test_other_columns_and_other_steps_are_refused():
    panel = forecasters.panel(1)
    spec = spec_of(panel)
    with pytest.raises(DataError, match="reads 'y0'"):
        WindowPreprocessor(spec).lay(forecasters.panel(1, past=1))
    daily = type(panel)(**(vars(panel) | {"frequency": panel.frequency.model_copy(update={"count": 1})}))
    with pytest.raises(DataError, match="trained on steps of 1h"):
        WindowPreprocessor(spec).lay(daily)


def test_a_word_that_training_never_saw_is_refused():
    panel = forecasters.panel(2, static=1)
    words = type(panel)(**(vars(panel) | {"static": [("red",), ("blue",)]}))
    spec = spec_of(words)
    assert WindowPreprocessor(spec).lay(words).static.tolist() == [[0, 1], [1, 0]]
    other = type(panel)(**(vars(panel) | {"static": [("red",), ("green",)]}))
    with pytest.raises(DataError, match="'green', which training never saw"):
        WindowPreprocessor(spec).lay(other)


def test_spread_and_last_values_know_of_gaps():
    values = np.array([[[np.nan], [2.0], [np.nan], [4.0]]])
    assert spread(values).item() == 1.0
    assert carried_on(values, np.array([[np.nan]]))[0, :, 0].tolist()[1:] == [2.0, 2.0, 4.0]
    assert spread(np.zeros((1, 3, 1))).item() == 1.0
