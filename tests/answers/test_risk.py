"""How belief moves: a curve for each true class, as far as enough sequences reach."""

import numpy as np
import pytest

from ostinato.answers.classify import Classification, details
from ostinato.answers.curves import best_threshold
from ostinato.answers.risk import LEAST, POINTS, risk_curves
from ostinato.errors import ArgumentError

LABELS = ("well", "ill")


def course(*risks):
    return np.array([[1 - risk, risk] for risk in risks])


def test_a_curve_is_the_mean_of_those_that_last_so_long():
    courses = [course(0.2, 0.4)] * LEAST + [course(0.8)] * LEAST + [course(0.9, 0.9, 0.9)]
    targets = np.array([1] * (2 * LEAST + 1))
    (found,) = risk_curves(courses, targets, LABELS)
    assert (found.label, found.steps) == ("ill", (1, 2))
    assert found.mean == pytest.approx(
        [(LEAST * 0.2 + LEAST * 0.8 + 0.9) / (2 * LEAST + 1), (0.4 * 5 + 0.9) / 6], abs=1e-6
    )
    assert found.low[0] == 0.2


def test_few_sequences_and_many_classes_have_no_curve():
    assert risk_curves([course(0.5)] * (LEAST - 1), np.zeros(LEAST - 1, int), LABELS) == ()
    assert risk_curves([np.ones((1, 3)) / 3] * 9, np.zeros(9, int), ("a", "b", "c")) == ()


def test_long_courses_are_thinned():
    curves = risk_curves([course(*np.linspace(0, 1, 1000))] * LEAST, np.zeros(LEAST, int), LABELS)
    assert len(curves[0].steps) <= POINTS
    assert curves[0].steps[-1] == 1000


@pytest.mark.parametrize(("by", "expected"), [("f1", 0.35), ("youden", 0.35)])
def test_a_threshold_is_where_what_is_wanted_is_highest(by, expected):
    positive = np.array([False, False, True, True, True, False])
    score = np.array([0.1, 0.2, 0.35, 0.8, 0.9, 0.3])
    assert best_threshold(positive, score, by) == expected


def test_a_threshold_needs_both_classes():
    assert best_threshold(np.ones(3, bool), np.ones(3), "f1") is None
    with pytest.raises(ArgumentError, match="choose one of f1, youden"):
        best_threshold(np.array([True, False]), np.ones(2), "mcc")


def test_what_is_said_goes_by_the_threshold_and_areas_do_not():
    risk = np.array([0.3, 0.45, 0.1, 0.6])
    probabilities, targets = np.stack([1 - risk, risk], axis=1), np.array([1, 1, 0, 0])
    answer = Classification(probabilities, LABELS, 0.3)
    assert answer.best() == ["ill", "ill", "well", "ill"]
    assert answer.confidence().tolist() == pytest.approx([0.3, 0.45, 0.9, 0.6])
    plain, tuned = details(probabilities, targets, LABELS), details(probabilities, targets, LABELS, 0.3)
    assert (plain.classes[1].recall, tuned.classes[1].recall) == (0, 1)
    for name in ("roc_auc", "pr_auc", "log_loss", "calibration_error"):
        assert plain.scores[name] == tuned.scores[name]
