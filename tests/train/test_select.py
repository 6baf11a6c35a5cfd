"""The best epoch and the end of patience, as functions of the curve."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.train.select import Point, best_epoch, is_over, mean_curve, smooth

METRICS = st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=12)


def curve(*metrics):
    return [Point(metric, None) for metric in metrics]


def test_an_epoch_without_a_number_never_wins():
    assert best_epoch(curve(None, 0.1, None), maximize=True) == 1
    assert best_epoch(curve(None, None), maximize=True) is None


def test_less_is_better_where_it_is():
    assert best_epoch(curve(0.3, 0.1, 0.2), maximize=False) == 1


def test_equal_metrics_go_to_the_lower_loss_and_then_to_the_first():
    assert best_epoch([Point(0.9, 0.5), Point(0.9, 0.4), Point(0.9, 0.4)], maximize=True) == 1
    assert best_epoch([Point(0.9, None), Point(0.9, 0.4)], maximize=True) == 1


@pytest.mark.parametrize(
    ("metrics", "over"),
    [
        ((0.5,), False),
        ((0.5, 0.4), False),
        ((0.5, 0.4, 0.3), True),
        ((0.5, 0.4, 0.6), False),
        ((None, None), True),
    ],
)
def test_patience_counts_epochs_since_the_best(metrics, over):
    assert is_over(curve(*metrics), maximize=True, patience=2) is over
    assert is_over(curve(*metrics), maximize=True, patience=0) is False


def test_a_spike_does_not_win_over_a_plateau_once_smoothed():
    spiky = curve(0.5, 0.95, 0.5, 0.8, 0.85, 0.85, 0.8)
    assert best_epoch(spiky, maximize=True) == 1
    assert best_epoch(smooth(spiky), maximize=True) in (4, 5)


def test_folds_average_the_epochs_that_all_have():
    mean = mean_curve([curve(0.2, 0.4, 0.9), curve(0.4, None)])
    assert [point.metric for point in mean] == [pytest.approx(0.3), None]


@given(METRICS, METRICS, st.integers(1, 4), st.booleans())
def test_the_best_epoch_of_a_prefix_changes_only_to_a_later_one(metrics, more, patience, maximize):
    first = best_epoch(curve(*metrics), maximize=maximize)
    later = best_epoch(curve(*metrics, *more), maximize=maximize)
    assert later == first or later >= len(metrics)


@given(METRICS)
def test_smoothing_stays_within_the_curves_bounds(metrics):
    known = [metric for metric in metrics if metric is not None]
    for point, metric in zip(smooth(curve(*metrics)), metrics, strict=True):
        assert (point.metric is None) == (metric is None)
        if point.metric is not None:
            assert min(known) - 1e-12 <= point.metric <= max(known) + 1e-12
