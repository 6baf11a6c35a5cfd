"""Calibration and ROC curves, against values worked out by hand."""

import numpy as np
import pytest

from ostinato.answers.curves import POINTS, Bin, expected_calibration_error, reliability, roc_curve


def test_confidence_falls_into_the_bin_whose_upper_edge_it_does_not_pass():
    confidence = np.array([0.5, 0.51, 1.0])
    bins = reliability(confidence, np.array([True, True, False]), bins=2)
    assert bins[0] == Bin(0.0, 0.5, 1, 0.5, 1.0)
    assert (bins[1].count, bins[1].accuracy) == (2, 0.5)
    assert bins[1].confidence == pytest.approx(0.755)


def test_an_empty_bin_has_neither_confidence_nor_accuracy():
    empty = reliability(np.array([0.9]), np.array([True]))[0]
    assert (empty.count, empty.confidence, empty.accuracy) == (0, None, None)


def test_calibration_error_is_the_mean_gap_weighted_by_answers():
    bins = [Bin(0.0, 0.5, 1, 0.4, 1.0), Bin(0.5, 1.0, 3, 0.9, 2 / 3)]
    assert expected_calibration_error(bins) == pytest.approx((1 * 0.6 + 3 * (0.9 - 2 / 3)) / 4)


def test_roc_curve_passes_through_its_corners():
    curve = roc_curve(np.array([False, True, True]), np.array([0.3, 0.2, 0.9]), "yes")
    assert curve is not None
    points = list(zip(curve.false_positive, curve.true_positive, strict=True))
    assert points[0] == (0.0, 0.0)
    assert (0.0, 0.5) in points
    assert points[-1] == (1.0, 1.0)
    assert curve.auc == 0.5


@pytest.mark.parametrize("positive", [True, False])
def test_roc_curve_of_one_side_alone_is_undefined(positive):
    assert roc_curve(np.array([positive, positive]), np.array([0.1, 0.9]), "yes") is None


def test_a_long_roc_curve_is_thinned_and_keeps_its_area():
    rng = np.random.default_rng(0)
    positive = rng.random(5_000) < 0.5
    score = positive * 0.3 + rng.random(5_000)
    curve = roc_curve(positive, score, "yes")
    assert curve is not None
    assert len(curve.false_positive) <= POINTS
    wins = (score[positive][:, None] > score[~positive][None]).mean()
    assert curve.auc == pytest.approx(wins)
