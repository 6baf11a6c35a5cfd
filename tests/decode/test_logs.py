"""Sums of log-probabilities, the largest of many, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ostinato.decode.logs import check_log_probabilities, largest, log_softmax, log_sum_exp, numbers
from ostinato.errors import ArgumentError

FINITE = st.floats(-1e3, 1e3)


@given(arrays.arrays(np.float64, (3, 4), elements=FINITE), st.sampled_from([0, 1]))
def test_sums_agree_with_adding_two_at_a_time(values, axis):
    np.testing.assert_allclose(log_sum_exp(values, axis), np.logaddexp.reduce(values, axis), atol=1e-12)


def test_sums_hold_at_the_ends_of_the_range():
    assert log_sum_exp(np.array([[-np.inf, -np.inf], [-np.inf, 3.0]]), axis=1).tolist() == [-np.inf, 3.0]
    assert log_sum_exp(np.array([-1e300, -1e300]), axis=0) == -1e300
    assert log_sum_exp(np.array([1e300, -1e300]), axis=0) == 1e300


@given(arrays.arrays(np.float32, (2, 5), elements=st.floats(-1e3, 1e3, width=32)))
def test_log_softmax_sums_to_one_and_keeps_differences(scores):
    logs = log_softmax(scores)
    assert logs.dtype == np.float64
    np.testing.assert_allclose(np.exp(logs).sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(logs - logs[:, :1], scores.astype(float) - scores[:, :1], atol=1e-9)


@given(
    st.lists(st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 2.0]), min_size=1, max_size=30),
    st.integers(1, 40),
)
def test_the_largest_are_those_that_a_stable_sort_puts_first(values, count):
    order = sorted((i for i, v in enumerate(values) if v > -np.inf), key=lambda i: -values[i])
    assert largest(np.array(values), count).tolist() == order[:count]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_refuses_what_is_none(bad):
    with pytest.raises(ArgumentError, match="scores holds NaN"):
        numbers("scores", [0.0, bad])


@pytest.mark.parametrize("bad", [["a"], [True], [1j]])
def test_numbers_refuses_other_types(bad):
    with pytest.raises(ArgumentError, match="scores is of type"):
        numbers("scores", bad)


def test_numbers_checks_the_shape():
    with pytest.raises(ArgumentError, match=r"scores has shape \(2,\); expected \(T, 3\)"):
        numbers("scores", [1.0, 2.0], ("T", 3))


@pytest.mark.parametrize("bad", [0.1, np.nan, np.inf])
def test_log_probabilities_above_0_are_refused(bad):
    with pytest.raises(ArgumentError, match=f"log_probabilities holds {bad}; expected nothing above 0"):
        check_log_probabilities(np.array([-1.0, bad]))


def test_rounding_above_0_is_none_of_it():
    check_log_probabilities(np.array([1e-6, -np.inf]))
    check_log_probabilities(np.zeros((0, 3)))
