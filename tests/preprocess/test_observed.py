"""Missing values: the network is told what was observed and when, and nothing of what comes later."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato.errors import DataError
from ostinato.preprocess.observed import given_rows
from ostinato.preprocess.scale import fit_series
from ostinato.read.sequences import Sequences
from ostinato.spec.preprocessing import Columns, Series

POLICIES = ["forward-fill", "mask", "decay"]
NAN = float("nan")


def patients(count=6, channels=3, seed=0, static=True):
    generator = np.random.default_rng(seed)
    values, times = [], []
    for length in generator.integers(1, 12, count):
        rows = generator.normal(5, 2, (length, channels)).astype(np.float32)
        rows[generator.random(rows.shape) < 0.6] = np.nan
        rows[0, 0] = 1.0
        values.append(rows)
        times.append(np.cumsum(generator.random(length) * 10))
    described = generator.normal(size=(count, 2)).astype(np.float32)
    described[0, 1] = np.nan
    return Sequences(
        "series",
        values,
        [str(n) for n in range(count)],
        channels=tuple("abcdefg"[:channels]),
        columns=Columns(static=("age", "weight") if static else (), missing=True),
        times=times,
        static=described if static else None,
    )


def by_hand(series, rows, times):
    """Return filled values and times since the last observation, step by step, by the paper's recursion."""
    unit = series.unit or 1.0
    clock = np.arange(len(rows)) if series.unit is None else times / unit
    last = (np.array(series.mean) - series.center) / series.spread
    scaled = (rows - np.array(series.center)) / series.spread
    filled, gaps, since = [], [], np.zeros(rows.shape[1])
    for t, row in enumerate(scaled):
        since = since + (clock[t] - clock[t - 1] if t else 0)
        gaps.append(since)
        last = np.where(np.isnan(row), last, row)
        since = np.where(np.isnan(row), since, 0)
        filled.append(last)
    return np.array(filled), np.array(gaps)


@pytest.mark.parametrize("scale", ["standard", "minmax", "none"])
@pytest.mark.parametrize("missing", POLICIES)
def test_values_masks_and_gaps_are_those_of_the_recursion(missing, scale):
    data = patients()
    series = fit_series(data, scale, missing)
    for rows, times, static in zip(data.values, data.times, data.static, strict=True):
        found, _ = given_rows(series, rows, times, static)
        filled, gaps = by_hand(series, rows, times)
        observed = ~np.isnan(rows)
        if missing == "decay":
            steps = np.diff(times, prepend=times[0])[:, None] / series.unit
            expected = [np.where(observed, filled, 0), observed, steps]
        else:
            expected = [filled, observed, np.log1p(gaps)][: 1 if missing == "forward-fill" else 3]
        expected = np.concatenate(expected, axis=1)
        np.testing.assert_allclose(found[:, : expected.shape[1]], expected, rtol=1e-5, atol=1e-5)
        assert found.shape == (len(rows), series.flow().size)
        assert found.dtype == np.float32


@pytest.mark.parametrize("missing", POLICIES)
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 50), cut=st.integers(0, 11))
def test_parts_say_what_the_whole_says(missing, seed, cut):
    data = patients(count=3, seed=seed)
    series = fit_series(data, "standard", missing)
    for rows, times, static in zip(data.values, data.times, data.static, strict=True):
        whole, after = given_rows(series, rows, times, static)
        past, parts = None, []
        for part in (slice(0, cut), slice(cut, len(rows))):
            if len(rows[part]):
                said, past = given_rows(series, rows[part], times[part], static, past)
                parts.append(said)
        np.testing.assert_allclose(np.concatenate(parts), whole, rtol=0, atol=1e-6)
        for name, kept in after.items():
            np.testing.assert_allclose(past[name], kept, atol=1e-9)


def test_a_descriptor_that_is_missing_is_its_mean_and_says_so():
    data = patients()
    series = fit_series(data, "standard", "mask")
    found, _ = given_rows(series, data.values[0], data.times[0], data.static[0])
    age, weight, age_known, weight_known = found[0, -4:]
    assert (weight, age_known, weight_known) == (0, 1, 0)
    assert age == pytest.approx((data.static[0, 0] - series.static.center[0]) / series.static.spread[0])


def test_without_times_a_step_is_the_unit():
    data = patients()
    whole = Sequences("series", data.values, data.ids, channels=data.channels)
    series = fit_series(whole, "none", "decay")
    assert series.unit is None
    found, _ = given_rows(series, np.ones((3, 3), np.float32), None, None)
    assert found[:, -1].tolist() == [0, 1, 1]


def test_what_is_missing_counts_in_no_statistic():
    rows = np.array([[1.0, NAN], [3.0, 10.0], [NAN, NAN]], np.float32)
    series = fit_series(Sequences("series", [rows], ["a"], channels=("x", "y")), "standard", "mask")
    assert (series.center, series.spread, series.mean) == ((2.0, 10.0), (1.0, 1.0), (2.0, 10.0))


def test_a_channel_without_any_value_is_refused_by_its_name():
    rows = np.array([[1.0, NAN], [3.0, NAN]], np.float32)
    with pytest.raises(DataError, match="channel 'y' has no value in the training data"):
        fit_series(Sequences("series", [rows], ["a"], channels=("x", "y")), "standard", "mask")


SERIES = Series(channels=("x",), scale="none", center=(0.0,), spread=(1.0,), missing="mask", mean=(0.0,))


@pytest.mark.parametrize(
    ("rows", "times", "message"),
    [
        ([[1.0], [2.0]], None, "comes without times"),
        ([[1.0], [2.0]], [1.0], r"2 steps and times of shape \(1,\)"),
        ([[1.0], [2.0]], [3.0, NAN], r"times of shape \(2,\); expected a finite one each"),
        ([[1.0], [2.0]], [3.0, 1.0], "step 2: its time 1 is before 3"),
        ([[1.0], [np.inf]], [1.0, 2.0], "step 2, channel 'x' is inf"),
    ],
)
def test_times_and_values_that_cannot_be_are_refused(rows, times, message):
    timed = SERIES.model_copy(update={"unit": 2.0})
    with pytest.raises(DataError, match=message):
        given_rows(timed, np.array(rows, np.float32), times, None)


def test_descriptors_must_be_those_of_training():
    data = patients()
    series = fit_series(data, "standard", "mask")
    with pytest.raises(DataError, match=r"shape \(0,\); expected 2 \('age, weight'\)"):
        given_rows(series, data.values[0], data.times[0], None)
    with pytest.raises(DataError, match="the model was trained without"):
        given_rows(SERIES, np.ones((1, 1), np.float32), None, np.ones(1, np.float32))
    with pytest.raises(DataError, match="descriptor 'age' is inf"):
        given_rows(series, data.values[0], data.times[0], np.array([np.inf, 0]))
