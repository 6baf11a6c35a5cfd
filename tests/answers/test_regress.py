"""How far numbers are off: formulas, steps that are not known, and the last step alone."""

import numpy as np
import pytest

from ostinato.answers.estimates import rows
from ostinato.answers.regress import Estimates, cmapss, scores
from ostinato.errors import ArgumentError

NAN = float("nan")


def test_scores_are_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    generator = np.random.default_rng(0)
    true, told = generator.normal(size=(2, 30)) * 10
    found = scores(list(told[:, None]), list(true[:, None]))
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(true, told))
    assert found["rmse"] == pytest.approx(metrics.mean_squared_error(true, told) ** 0.5)
    assert found["r2"] == pytest.approx(metrics.r2_score(true, told))
    assert set(found) == {"count", "mae", "rmse", "r2"}


def test_steps_of_which_nothing_is_known_do_not_count():
    told, true = [np.array([1.0, 5.0, 9.0]), np.array([2.0])], [np.array([2.0, 3.0, NAN]), np.array([2.0])]
    found = scores(told, true)
    assert (found["count"], found["mae"], found["mae_last"]) == (3, 1.0, 1.0)


def test_where_all_is_equal_r2_is_left_out():
    assert "r2" not in scores([np.ones(1), np.zeros(1)], [np.ones(1), np.ones(1)])


def test_too_late_costs_more_than_too_early():
    assert cmapss(np.array([20.0])) > cmapss(np.array([-20.0]))
    assert cmapss(np.zeros(4)) == 0
    found = scores([np.array([30.0])], [np.array([20.0])], "cmapss")
    assert found["cmapss"] == pytest.approx(np.e - 1)


def test_numbers_that_do_not_belong_together_are_refused():
    with pytest.raises(ArgumentError, match="differ in number"):
        scores([np.ones(2)], [np.ones(1)])


ANSWER = Estimates([np.array([1.5, 2.5]), np.array([3.0])], "left", per_step=True)


def test_every_format_has_a_row_a_step(tmp_path):
    assert rows(["a", "=b"], ANSWER).to_csv() == "id,step,left\na,1,1.5\na,2,2.5\n'=b,1,3.0\n"
    assert rows(["a", "b"], ANSWER).to_json_lines().splitlines()[1] == '{"id": "a", "step": 2, "left": 2.5}'
    rows(["a", "b"], ANSWER).write(tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == rows(["a", "b"], ANSWER).to_parquet()


def test_a_number_called_as_another_column_is_a_prediction():
    answer = Estimates([np.array([1.0])], "id", per_step=False)
    assert rows(["a"], answer).to_csv() == "id,prediction\na,1.0\n"


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match="choose one of"):
        rows(["a", "b"], ANSWER).write(tmp_path / "a.txt")
