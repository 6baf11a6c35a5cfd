"""Quantiles of distributions beside scipy's, order, intervals."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from ostinato.answers.outlook import (
    Chance,
    Said,
    counted,
    drawn,
    forecasts,
    intervals,
    quantile,
    student,
)
from ostinato.errors import DataError
from ostinato.spec.windows import Calibration, Outlook

PROBABILITIES = [0.005, 0.025, 0.1, 0.4, 0.5, 0.77, 0.9, 0.975, 0.995]


def chance(probability):
    return Chance(probability, stats.norm.ppf(probability))


def said(parameters, seed=0):
    random = np.random.default_rng(seed)
    return Said(
        random.normal(size=(3, 4, 2, parameters)), random.normal(size=(3, 2)) * 9, np.full((3, 2), 2.5)
    )


@pytest.mark.parametrize("probability", PROBABILITIES)
def test_students_quantiles_are_scipys(probability):
    freedom = np.array([2.01, 2.5, 3.0, 4.7, 9.0, 33.0, 1e4])
    np.testing.assert_allclose(
        student(freedom, chance(probability)), stats.t.ppf(probability, freedom), rtol=2e-3, atol=1e-6
    )


@pytest.mark.parametrize("probability", PROBABILITIES)
def test_quantiles_of_counts_are_scipys(probability):
    mean, dispersion = np.array([0.01, 0.8, 3.0, 40.0, 900.0]), np.array([0.5, 2.0, 0.01, 0.3, 0.1])
    size = 1 / dispersion
    expected = stats.nbinom.ppf(probability, size, size / (size + mean))
    np.testing.assert_array_equal(counted(mean, dispersion, chance(probability)), expected)


def test_large_counts_have_nearly_their_quantiles():
    mean, dispersion = np.array([5e4]), np.array([0.2])
    expected = stats.nbinom.ppf(0.9, 5, 5 / (5 + mean))
    np.testing.assert_allclose(counted(mean, dispersion, chance(0.9)), expected, rtol=0.01)


@pytest.mark.parametrize(
    "outlook",
    [
        Outlook(says="quantiles", quantiles=(0.1, 0.4, 0.5, 0.9), intervals="model"),
        Outlook(says="normal", intervals="model"),
        Outlook(says="student-t", intervals="model"),
        Outlook(says="negative-binomial", intervals="model"),
    ],
    ids=lambda outlook: outlook.says,
)
def test_quantiles_rise_and_intervals_hold_the_median(outlook):
    given = said(outlook.parameters)
    rows = [quantile(outlook, given, p) for p in (0.1, 0.25, 0.5, 0.75, 0.9)]
    for below, above in pairwise(rows):
        assert (below <= above).all()
    found = intervals(outlook, given)
    assert found
    for low, high in found.values():
        assert (low <= rows[2]).all()
        assert (rows[2] <= high).all()


def test_conformal_intervals_reach_as_far_as_was_measured_in_units_of_the_scale():
    reach = tuple(np.arange(1.0, 9.0))
    outlook = Outlook(says="point", intervals="conformal", calibration=(Calibration(level=0.8, reach=reach),))
    given = said(1)
    low, high = intervals(outlook, given)[0.8]
    np.testing.assert_allclose(
        (high - low) / 2 / given.scale[:, None], np.tile(np.reshape(reach, (4, 2)), (3, 1, 1))
    )
    np.testing.assert_allclose((high + low) / 2, forecasts(outlook, given).point)


def test_numbers_that_overflow_are_refused():
    with pytest.raises(DataError, match="overflow"):
        Said(np.full((1, 1, 1, 1), np.inf), np.zeros((1, 1)), np.ones((1, 1)))


@pytest.mark.parametrize("says", ["normal", "student-t", "negative-binomial"])
def test_what_is_drawn_is_distributed_as_was_said(says):
    outlook = Outlook(says=says)
    numbers = np.array([0.4, 1.2, 0.5])[: outlook.parameters]
    one = Said(numbers[None, None, None], np.full((1, 1), 3.0), np.full((1, 1), 2.0))
    found = drawn(outlook, one, Chance.of(np.random.default_rng(0), (40_000, 1, 1)))
    for probability in (0.05, 0.3, 0.5, 0.8, 0.99):
        expected = quantile(outlook, one, probability)[0, 0, 0]
        below, upto = (found < expected).mean(), (found <= expected).mean()
        assert below - 0.01 < probability < upto + 0.01


def test_what_is_said_of_batches_is_put_together_and_taken_apart():
    one = Said(np.zeros((2, 1, 1, 1)), np.zeros((2, 1)), np.ones((2, 1)), {0.1: np.array([[[1.0]], [[2.0]]])})
    both = Said.together([one, one]).take(np.array([3, 0]))
    assert both.sampled[0.1][:, 0, 0].tolist() == [2.0, 1.0]
    assert quantile(Outlook(says="normal"), both, 0.1)[:, 0, 0].tolist() == [2.0, 1.0]
