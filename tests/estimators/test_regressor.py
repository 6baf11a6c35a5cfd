"""Regression in scikit-learn's shape."""

import numpy as np
import pytest

from ostinato import SequenceRegressor
from ostinato.errors import ArgumentError, DataError
from patients import engines, patients

QUICK = {"hidden_size": 12, "epochs": 60, "valid_fraction": 0.0, "learning_rate": 0.02, "threads": 1}


def test_a_number_a_step_is_learnt_saved_and_loaded(tmp_path):
    data = engines()
    model = SequenceRegressor(per_step=True, **QUICK).fit(data.values, data.targets)
    assert model.score(data.values, data.targets) > 0.9
    model.save(tmp_path / "model")
    again = SequenceRegressor.load(tmp_path / "model")
    assert again.get_params()["per_step"] is True
    for mine, its in zip(again.predict(data.values), model.predict(data.values), strict=True):
        np.testing.assert_array_equal(mine, its)


def test_a_number_a_sequence_from_values_that_are_missing():
    data = patients(16)
    y = [float(np.nanmean(rows[:, 0])) for rows in data.values]
    beside = {"times": data.times, "static": data.static}
    model = SequenceRegressor(missing="mask", **QUICK).fit(data.values, y, **beside)
    assert model.predict(data.values, **beside).shape == (16,)
    assert model.score(data.values, y, **beside) > 0.8


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ([1.0], ArgumentError, "expected one entry for each of the 8"),
        ([float("nan")] * 8, DataError, r"y\[0\] is \[nan\]; expected a finite number"),
        ([np.ones(3)] * 8, DataError, "has 3 targets; expected 1"),
    ],
)
def test_targets_that_do_not_fit_are_refused(y, error, message):
    with pytest.raises(error, match=message):
        SequenceRegressor(**QUICK).fit(engines().values, y)


def test_another_model_is_refused(tmp_path):
    from ostinato import SequenceClassifier

    data = patients()
    fitted = SequenceClassifier(missing="mask", hidden_size=4, epochs=1, folds=0, valid_fraction=0.0)
    fitted.fit(data.values, data.labels).save(tmp_path / "m")
    with pytest.raises(ArgumentError, match="this is a classify model; expected one of regression"):
        SequenceRegressor.load(tmp_path / "m")
