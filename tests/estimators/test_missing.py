"""Classifiers in scikit-learn's shape whose sequences have gaps."""

import numpy as np
import pytest

from ostinato import SequenceClassifier
from ostinato.errors import DataError
from patients import patients

QUICK = {
    "hidden_size": 8,
    "epochs": 40,
    "folds": 0,
    "valid_fraction": 0.0,
    "learning_rate": 0.02,
    "threads": 1,
}


@pytest.mark.parametrize("missing", ["forward-fill", "mask", "decay"])
def test_times_and_descriptors_are_taken_beside_the_sequences(missing, tmp_path):
    data = patients(16)
    beside = {"times": data.times, "static": data.static}
    model = SequenceClassifier(missing=missing, **QUICK).fit(data.values, data.labels, **beside)
    assert model.predict(data.values, **beside).tolist() == data.labels
    model.save(tmp_path / "model")
    again = SequenceClassifier.load(tmp_path / "model")
    assert again.get_params()["missing"] == missing
    np.testing.assert_array_equal(
        again.predict_proba(data.values, **beside), model.predict_proba(data.values, **beside)
    )


def test_one_array_with_gaps_is_taken_where_they_may_be():
    X = np.random.default_rng(0).normal(size=(12, 6))
    X[:6] += 3
    X[::2, 3] = np.nan
    y = [1] * 6 + [0] * 6
    with pytest.raises(ValueError, match="contains NaN"):
        SequenceClassifier(**QUICK).fit(X, y)
    assert SequenceClassifier(missing="mask", **QUICK).fit(X, y).score(X, y) == 1.0


def test_a_patient_without_a_measurement_is_refused():
    data = patients()
    data.values[3][:] = np.nan
    with pytest.raises(DataError, match=r"X\[3\]: the sequence has no measurement"):
        SequenceClassifier(missing="mask", **QUICK).fit(data.values, data.labels)
