"""Schedules: factors between 1 and 0, and plateau's memory."""

import pytest

from ostinato.errors import ArgumentError
from ostinato.spec.options import TrainingOptions
from ostinato.train.schedules import Plateau, rate, wait


@pytest.mark.parametrize(
    ("schedule", "at_half", "at_end"),
    [("constant", 1.0, 1.0), ("plateau", 1.0, 1.0), ("linear", 0.5, 0.0), ("cosine", 0.5, 0.0)],
)
def test_schedule_runs_from_one_to_its_end(schedule, at_half, at_end):
    options = TrainingOptions(schedule=schedule)
    assert rate(options, 0.0) == 1.0
    assert rate(options, 0.5) == pytest.approx(at_half)
    assert rate(options, 1.0) == pytest.approx(at_end)


def test_cosine_stays_above_linear_at_first_and_below_it_at_last():
    linear, cosine = TrainingOptions(schedule="linear"), TrainingOptions(schedule="cosine")
    assert rate(cosine, 0.25) > rate(linear, 0.25)
    assert rate(cosine, 0.75) < rate(linear, 0.75)


@pytest.mark.parametrize("progress", [-0.1, 1.1, float("nan")])
def test_progress_beyond_training_is_refused(progress):
    with pytest.raises(ArgumentError, match="from 0 to 1"):
        rate(TrainingOptions(), progress)


def factors(scores, **options):
    state, found = Plateau(), []
    for score in scores:
        state = state.after(score, **options)
        found.append(state.factor)
    return found


def test_plateau_halves_after_waiting_and_waits_anew():
    assert factors([1, 1, 1, 1, 1], maximize=True, wait=2) == [1, 1, 0.5, 0.5, 0.25]


def test_plateau_keeps_the_rate_while_scores_get_better():
    assert factors([5, 4, 3, 2, 1], maximize=False, wait=1) == [1] * 5
    assert factors([5, 4, 3], maximize=True, wait=1) == [1, 0.5, 0.25]


def test_plateau_waits_a_third_of_patience():
    assert [wait(p) for p in (None, 0, 1, 3, 20)] == [5, 5, 1, 1, 6]
