"""Errors, coverage and simple methods."""

import numpy as np
import pytest

from ostinato.answers.forecast import Backtest, Errors, in_sample_error, seasonal_naive
from ostinato.answers.outlook import Forecasts


def backtest(truth, point, last, intervals=None, quantiles=None):
    truth, point, last = (np.asarray(one, float).reshape(len(truth), -1, 1) for one in (truth, point, last))
    simple = {"last value": last, "seasonal naive": last + 100, "linear": last + 200}
    zeros = np.zeros(len(truth), np.int64)
    found = Forecasts(point, quantiles or {}, intervals or {})
    return Backtest(zeros, zeros, truth, found, simple, np.ones((len(truth), 1)), zeros)


def test_errors_are_the_textbooks_and_gaps_do_not_count():
    truth = np.array([[[1.0], [np.nan], [4.0]]])
    found = Errors.of(truth, np.array([[[2.0], [9.0], [2.0]]]), np.array([[0.5]]))
    assert (found.mae, found.mse, found.mase) == (1.5, 2.5, 3.0)
    assert found.smape == pytest.approx((200 / 3 + 400 / 6) / 2)
    assert found.rmse == pytest.approx(np.sqrt(2.5))
    assert Errors.of(np.zeros((1, 1, 1)), np.zeros((1, 1, 1)), np.array([[np.nan]])).mase is None


def test_coverage_and_quantile_loss_count_what_is_there():
    low, high = np.zeros((1, 4, 1)), np.ones((1, 4, 1))
    truth = [[0.5, 2.0, 1.0, np.nan]]
    found = backtest(truth, [[0, 0, 0, 0]], [[0, 0, 0, 0]], {0.8: (low, high)})
    assert found.coverage() == {0.8: pytest.approx(2 / 3)}
    assert found.width() == {0.8: 1.0}
    below, above = (0.05 + 0.2 + 0.1) / 3, (0.05 + 0.9 + 0.0) / 3
    assert found.quantile_loss() == pytest.approx((below + above) / 2)
    assert backtest(truth, [[0, 0, 0, 0]], [[0, 0, 0, 0]]).quantile_loss() is None


@pytest.mark.parametrize(
    ("point", "verdict"),
    [(9.0, "beats every simple method: 90.0 % less MAE than last value"), (0.0, "as good as last value"),
     (-10.0, r"does not beat the simple methods: last value is better \(\+100.0 %")],
)  # fmt: skip
def test_one_line_says_whether_the_model_beats_the_simple_methods(point, verdict):
    import re

    assert re.search(verdict, backtest([[10.0]], [[point]], [[0.0]]).verdict())


def test_of_several_series_the_verdict_goes_by_what_has_no_unit():
    found = backtest([[10.0], [1000.0]], [[9.0], [1500.0]], [[0.0], [1400.0]])
    several = type(found)(
        **(vars(found) | {"series": np.array([0, 1]), "in_sample": np.array([[1.0], [1000.0]])})
    )
    assert "does not beat" in found.verdict()
    assert "less MASE than last value" in several.verdict()


def test_errors_by_step_are_those_of_each_step():
    found = backtest([[1.0, 2.0], [3.0, 4.0]], [[0, 0], [0, 0]], [[1, 1], [1, 1]])
    np.testing.assert_array_equal(found.by_step()["model"], [2, 3])


def test_the_last_season_goes_on_and_fills_its_gaps_from_the_one_before():
    context = np.array([[1.0, 2, 3, 4, np.nan, 6]])[..., None]
    np.testing.assert_array_equal(seasonal_naive(context, 3, 4)[0, :, 0], [4, 2, 6, 4])
    np.testing.assert_array_equal(seasonal_naive(context, 9, 2)[0, :, 0], [6, 6])


def test_the_naive_error_of_a_history_knows_gaps_and_short_ones():
    assert in_sample_error(np.array([[1.0], [np.nan], [4.0], [5.0]]), 1)[0] == 1.0
    assert np.isnan(in_sample_error(np.array([[1.0]]), 1)[0])
