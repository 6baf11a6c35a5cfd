"""Numeric sequences varied for training: each variation by itself, and what is missing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.preprocess.augment_series import varied_rows
from ostinato.preprocess.observed import whole
from ostinato.preprocess.scale import fit_series
from ostinato.spec.series_options import SeriesAugmentation
from patients import engines, patients

NOTHING = SeriesAugmentation()


def varied(rows, series, seed=0, **options):
    return varied_rows(rows, series, SeriesAugmentation(**options), np.random.default_rng(seed))


def fitted(scale="standard"):
    data = engines()
    return data.values[5], fit_series(data, scale)


def test_nothing_varies_where_nothing_is_asked_for():
    rows, series = fitted()
    assert not NOTHING.varies
    np.testing.assert_allclose(varied(rows, series), rows, rtol=1e-6, atol=1e-7)


def test_an_offset_moves_each_channel_as_a_whole_by_spreads_of_it():
    rows, series = fitted()
    moved = [varied(rows, series, seed, channel_offset=2.0) - rows for seed in range(400)]
    for one in moved:
        np.testing.assert_allclose(one, np.broadcast_to(one[0], one.shape), atol=1e-4)
    offsets = np.array([one[0] for one in moved]) / series.spread
    np.testing.assert_allclose(offsets.std(axis=0), 2.0, rtol=0.15)
    np.testing.assert_allclose(offsets.mean(axis=0), 0.0, atol=0.35)
    assert abs(np.corrcoef(offsets.T)[0, 1]) < 0.2


@given(seed=st.integers(0, 999))
def test_scaling_keeps_the_mean_and_is_one_factor_a_channel(seed):
    rows, series = fitted()
    made = varied(rows, series, seed, channel_scaling=0.5)
    np.testing.assert_allclose(made.mean(axis=0), rows.mean(axis=0), atol=1e-5)
    factor = made.std(axis=0) / rows.std(axis=0)
    middle = rows.mean(axis=0)
    np.testing.assert_allclose(made, middle + factor * (rows - middle), atol=1e-4)
    assert (factor > 0).all()
    assert len(np.unique(factor.round(4))) == 3


def test_factors_are_as_often_below_as_above_1():
    rows, series = fitted()
    swings = [varied(rows, series, seed, channel_scaling=0.5).std(axis=0) for seed in range(300)]
    logs = np.log(np.array(swings) / rows.std(axis=0))
    np.testing.assert_allclose(logs.mean(axis=0), 0.0, atol=0.12)
    np.testing.assert_allclose(logs.std(axis=0), 0.5, rtol=0.2)


def test_noise_is_a_number_of_its_own_for_every_value():
    rows = np.zeros((500, 3), np.float32)
    _, series = fitted()
    noise = varied(rows, series, channel_noise=0.1) / series.spread
    np.testing.assert_allclose(noise.std(axis=0), 0.1, rtol=0.15)
    assert abs(np.corrcoef(noise[1:, 0], noise[:-1, 0])[0, 1]) < 0.2


@pytest.mark.parametrize(("scale", "given"), [("standard", 0.0), ("minmax", 0.5), ("none", 0.0)])
def test_a_hidden_channel_is_the_middle_of_the_scale_throughout(scale, given):
    rows, series = fitted(scale)
    made = [varied(rows, series, seed, channel_mask=0.4, channel_noise=0.01) for seed in range(200)]
    (scaled,) = whole(series, [np.concatenate(made)], None, None)
    hidden = np.isclose(scaled, given, atol=1e-6).reshape(200, len(rows), 3).all(axis=1)
    assert 0.3 < hidden.mean() < 0.5


@pytest.mark.parametrize(
    "options", [{"channel_offset": 1.0}, {"channel_scaling": 0.3}, {"channel_noise": 0.3}]
)
def test_what_is_missing_stays_missing_and_nothing_else_is(options):
    data = patients(20)
    series = fit_series(data, "standard", "mask")
    for number, rows in enumerate(data.values):
        made = varied(rows, series, number, **options)
        np.testing.assert_array_equal(np.isnan(made), np.isnan(rows))
        assert (made != rows)[~np.isnan(rows)].any()


def test_a_hidden_channel_is_one_that_was_never_observed_where_values_may_be_missing():
    data = patients(20)
    series = fit_series(data, "standard", "mask")
    rows = data.values[8]
    made = varied(rows, series, 3, channel_mask=0.5)
    hidden = np.isnan(made).all(axis=0) & ~np.isnan(rows).all(axis=0)
    assert hidden.any()
    np.testing.assert_allclose(made[:, ~hidden], rows[:, ~hidden], rtol=1e-6)


def test_the_rows_that_are_given_stay_as_they_are():
    rows, series = fitted()
    before = rows.copy()
    varied(rows, series, channel_offset=1.0, channel_mask=0.5, channel_noise=1.0, channel_scaling=1.0)
    np.testing.assert_array_equal(rows, before)
