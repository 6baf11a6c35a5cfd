"""Conformal intervals: every series counts alike, few windows widen, gaps do not count."""

from types import SimpleNamespace

import numpy as np
import pytest

from ostinato.answers.outlook import Said
from ostinato.spec.windows import Outlook
from ostinato.tasks.forecast_calibration import Told, calibration, independent, widened

POINT = Outlook(says="point", intervals="conformal")


class Teller:
    """A model that says the same of all windows, whose scale is 2."""

    def __init__(self, outlook, horizon, raw):
        self.outlook, self.spec, self.raw = outlook, SimpleNamespace(horizon=horizon), raw

    def said(self, laid, series, origins):
        raw = np.broadcast_to(self.raw, (len(series), self.spec.horizon, 1, len(self.raw)))
        return Said(raw, np.zeros((len(series), 1)), np.full((len(series), 1), 2.0))


def told(truth, series, origins):
    """Return windows after which this came, (B, H)."""
    truth = np.asarray(truth, float)[..., None]
    return Told(SimpleNamespace(targets=lambda *_: truth), series, origins)


def reach(truth, series, origins, outlook=POINT, raw=(0.0,), trained=0.0):
    """Return by level how far intervals reach, (H,), where a model says ``raw`` of what comes."""
    held = told(truth, series, origins)
    horizon = held.laid.targets().shape[1]
    before = told(np.full((5, horizon), trained), np.zeros(5, int), np.arange(5))
    found = calibration(Teller(outlook, horizon, np.array(raw)), held, before)
    return {one.level: np.array(one.reach) for one in found}


def test_every_series_counts_alike_however_many_windows_it_has():
    series = np.repeat([0, 1], [900, 100])
    found = reach(np.where(series, 10.0, 2.0)[:, None], series, np.arange(1000))
    assert found[0.8] == pytest.approx(5.0, rel=0.01)  # half of what counts erred by 10, in scales of 2


def test_of_few_windows_that_overlap_as_many_values_lie_inside_as_promised():
    random, origins, steps = np.random.default_rng(0), np.arange(12), np.arange(1, 5)
    inside = {0.8: [], 0.95: []}
    for _ in range(600):
        walk = np.cumsum(random.normal(size=60))
        truth = walk[origins[:, None] + steps] - walk[origins[:, None]]
        come = np.abs(walk[40 + steps] - walk[40])
        for level, far in reach(truth, np.zeros(12, int), origins).items():
            inside[level].append((come <= 2 * far).mean())
    assert np.mean(inside[0.8]) == pytest.approx(0.8, abs=0.03)
    assert np.mean(inside[0.95]) == pytest.approx(0.95, abs=0.03)


def test_many_independent_windows_widen_nothing():
    apart = independent(np.zeros(3, int), np.array([0, 40, 400]), 2)
    np.testing.assert_array_equal(apart, [401, 201])
    assert widened(np.array([1e6]), 0.95) == pytest.approx(1.0, abs=1e-4)
    assert (np.diff(widened(np.arange(1.0, 30.0), 0.8)) < 0).all()


def test_few_windows_reach_as_far_as_the_errors_of_training_at_least():
    few, many = (
        reach(np.full((count, 1), 1.0), np.zeros(count, int), np.arange(count), trained=30.0)[0.8][0]
        for count in (4, 40)
    )
    assert few == 15.0
    assert many < 1.0
    assert reach(np.full((4, 1), 60.0), np.zeros(4, int), np.arange(4), trained=3.0)[0.8] > 30


def test_what_is_missing_does_not_count_and_a_step_without_errors_reaches_nowhere():
    truth = np.full((1000, 2), np.nan)
    truth[::2, 0] = 4.0
    found = reach(truth, np.zeros(1000, int), np.arange(1000))
    np.testing.assert_allclose(found[0.8], [2.0, 0.0], rtol=0.01)


def test_a_models_own_interval_is_widened_or_drawn_in_until_it_holds_enough():
    outlook = Outlook(says="quantiles", quantiles=(0.1, 0.5, 0.9), intervals="conformal")
    truth = np.linspace(-8, 8, 1001)[:, None]
    wide, narrow = (
        reach(truth, np.zeros(1001, int), np.arange(1001), outlook, np.array([-half, 0.0, half]))[0.8]
        for half in (5.0, 1.0)
    )
    assert wide == pytest.approx(-1.8, rel=0.02)  # 0.8 of what came lay within 6.4, or 3.2 scales
    assert narrow == pytest.approx(2.2, rel=0.02)
