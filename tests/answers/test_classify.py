"""Classification and its metrics, against values worked out by hand."""

import math

import numpy as np
import pytest

from ostinato.answers.classify import (
    CLIP,
    MATRIX_LIMIT,
    Classification,
    details,
    interval,
    scores,
    softmax,
    targets_of,
)
from ostinato.errors import ArgumentError, DataError
from ostinato.read.sequences import Sequences

LABELS = ("a", "b", "c")

# Six sequences. True: a a a b b c; predicted: a a b b c c.
TARGETS = np.array([0, 0, 0, 1, 1, 2])
PROBABILITIES = np.array(
    [
        [0.7, 0.2, 0.1],
        [0.6, 0.3, 0.1],
        [0.3, 0.5, 0.2],
        [0.1, 0.8, 0.1],
        [0.2, 0.2, 0.6],
        [0.1, 0.0, 0.9],
    ]
)


def test_softmax_is_the_textbooks_and_does_not_overflow():
    e = math.e
    np.testing.assert_allclose(softmax(np.array([0.0, 1.0])), [1 / (1 + e), e / (1 + e)], rtol=1e-15)
    np.testing.assert_allclose(softmax(np.array([[1e30, 0.0], [-1e30, -1e30]])), [[1, 0], [0.5, 0.5]])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_softmax_refuses_scores_that_are_not_finite(bad):
    with pytest.raises(ArgumentError, match="not a finite number"):
        softmax(np.array([[0.0, bad]]))


def test_the_best_label_is_the_most_probable_and_of_equals_the_first():
    answer = Classification(np.array([[0.2, 0.5, 0.3], [0.4, 0.2, 0.4]]), LABELS)
    assert answer.best() == ["b", "a"]
    assert answer.indices().tolist() == [1, 0]
    assert answer.confidence().tolist() == [0.5, 0.4]
    assert len(answer) == 2


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (np.array([[0.5, 0.4, 0.0]]), "no distribution"),
        (np.array([[1.5, -0.5, 0.0]]), "no distribution"),
        (np.array([[np.nan, 0.5, 0.5]]), "no distribution"),
        (np.array([[0.5, 0.5]]), r"shape \(1, 2\); expected \(N, 3\)"),
    ],
)
def test_a_classification_refuses_rows_that_are_no_distribution(probabilities, message):
    with pytest.raises(ArgumentError, match=message):
        Classification(probabilities, LABELS)


def test_flat_metrics_are_those_worked_out_by_hand():
    found = scores(PROBABILITIES, TARGETS, LABELS)
    precision, recall, f1 = (1, 1 / 2, 1 / 2), (2 / 3, 1 / 2, 1), (4 / 5, 1 / 2, 2 / 3)
    expected = {
        "sequences": 6,
        "accuracy": 4 / 6,
        "precision_macro": sum(precision) / 3,
        "recall_macro": sum(recall) / 3,
        "f1_macro": sum(f1) / 3,
        "precision_weighted": (3 * precision[0] + 2 * precision[1] + precision[2]) / 6,
        "recall_weighted": 4 / 6,
        "f1_weighted": (3 * f1[0] + 2 * f1[1] + f1[2]) / 6,
        "log_loss": -sum(map(math.log, (0.7, 0.6, 0.3, 0.8, 0.2, 0.9))) / 6,
        # a: 9 of 9 pairs in order; b: against 0.2 0.3 0.5 0.0, 0.8 wins 4, 0.2 wins 1 and ties 1; c: 5 of 5
        "roc_auc": (1 + (4 + 1.5) / 8 + 1) / 3,
        # a: 1; b: half of it found at precision 1, the other half, which ties, at 2 / 5; c: 1
        "pr_auc": (1 + (1 + 2 / 5) / 2 + 1) / 3,
        # bins of width 0.1, as (confidence, right): 0.5 wrong, 0.6 right and wrong, 0.7, 0.8, 0.9 right
        "calibration_error": (0.5 + abs(1 - 1.2) + 0.3 + 0.2 + 0.1) / 6,
    }
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-12), name


def test_every_class_has_its_counts_and_the_matrix_its_rows_of_true_classes():
    found = details(PROBABILITIES, TARGETS, LABELS)
    assert [(one.label, one.support, one.predicted) for one in found.classes] == [
        ("a", 3, 2),
        ("b", 2, 2),
        ("c", 1, 2),
    ]
    assert found.confusion is not None
    assert found.confusion.tolist() == [[2, 1, 0], [0, 1, 1], [0, 0, 1]]
    assert found.undefined == ()


def test_binary_roc_area_is_that_of_the_second_label():
    second = np.array([0.1, 0.4, 0.35, 0.8])
    probabilities = np.stack([1 - second, second], axis=1)
    found = scores(probabilities, np.array([0, 0, 1, 1]), ("no", "yes"))
    assert found["roc_auc"] == pytest.approx(3 / 4)  # of four pairs one, 0.4 before 0.35, is out of order


def test_metrics_of_one_class_alone_are_undefined_and_not_a_number():
    found = details(np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([0, 0]), ("no", "yes"))
    yes = found.classes[1]
    assert (yes.precision, yes.recall, yes.f1, yes.roc_auc) == (None, None, None, None)
    assert found.scores["roc_auc"] is None
    assert found.scores["f1_macro"] == 1.0  # over the one class for which it is defined
    assert any("all sequences in the data are of one class" in sentence for sentence in found.undefined)


def test_a_class_never_predicted_has_no_precision_but_an_f1_of_zero():
    found = details(np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([0, 1]), ("no", "yes"))
    yes = found.classes[1]
    assert (yes.precision, yes.recall, yes.f1) == (None, 0.0, 0.0)
    assert found.scores["precision_macro"] == 0.25  # as in scikit-learn: 'yes' counts as 0
    assert found.scores["precision_weighted"] == 0.25
    assert found.undefined == ("precision of 'yes': never predicted; 0 in the means.",)


def test_a_class_that_the_data_lacks_is_left_out_of_the_means_and_named():
    found = details(PROBABILITIES[:5], TARGETS[:5], LABELS)
    assert found.classes[2].recall is None
    assert found.scores["recall_macro"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found.scores["roc_auc"] is not None
    assert any(sentence.startswith("roc_auc of 'c'") for sentence in found.undefined)


def test_log_loss_takes_no_probability_below_the_clip():
    found = scores(np.array([[1.0, 0.0]]), np.array([1]), ("no", "yes"))
    assert found["log_loss"] == pytest.approx(-math.log(CLIP))


def test_probabilities_in_float32_give_the_same_metrics():
    probabilities = softmax(np.random.default_rng(0).standard_normal((50, 3)))
    targets = np.arange(50) % 3
    wide = scores(probabilities, targets, LABELS)
    narrow = scores(probabilities.astype(np.float32), targets, LABELS)
    assert narrow == pytest.approx(wide, rel=1e-6)


def test_beyond_the_limit_no_matrix_is_made():
    classes = MATRIX_LIMIT + 1
    probabilities = np.full((2, classes), 1 / classes)
    found = details(probabilities, np.array([0, 1]), [str(c) for c in range(classes)])
    assert found.confusion is None
    assert found.scores["accuracy"] == 0.5
    assert all(len(sentence) < 300 for sentence in found.undefined)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.array([0, 3]), "expected 0 to 2"),
        (np.array([-1, 0]), "expected 0 to 2"),
        (np.array([0]), r"shape \(1,\); expected \(2\)"),
    ],
)
def test_targets_that_do_not_fit_are_refused(targets, message):
    with pytest.raises(ArgumentError, match=message):
        scores(PROBABILITIES[:2], targets, LABELS)


def test_no_sequences_cannot_be_scored():
    with pytest.raises(ArgumentError, match="no sequence"):
        scores(np.zeros((0, 3)), np.zeros(0, dtype=np.int64), LABELS)


def test_labels_become_the_models_numbers():
    sequences = Sequences("text", ["x", "y"], ["1", "2"], labels=["c", "a"])
    assert targets_of(sequences, LABELS).tolist() == [2, 0]


def test_a_label_that_the_model_does_not_know_is_named_with_its_place():
    sequences = Sequences("text", ["x"], ["1"], labels=["d\x1b"], places=["test.csv, line 7"])
    with pytest.raises(DataError) as caught:
        targets_of(sequences, LABELS)
    expected = "test.csv, line 7: label 'd\\x1b' is not one of the model's 3 labels ('a', 'b', 'c');"
    assert str(caught.value).startswith(expected)


def test_data_without_labels_is_refused():
    with pytest.raises(DataError, match="no labels"):
        targets_of(Sequences("text", ["x"], ["1"]), LABELS)


def test_the_interval_holds_the_proportion_and_stays_within_0_and_1():
    low, high = interval(0, 10)
    assert (low, round(high, 4)) == (0.0, 0.2775)  # z² / (n + z²)
    low, high = interval(10, 10)
    assert (round(low, 4), high) == (0.7225, 1.0)
    low, high = interval(50, 100)
    assert (low + high) / 2 == pytest.approx(0.5)
