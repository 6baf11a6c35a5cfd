"""The forecaster in scikit-learn's shape: frames in and out, arrays, streams, saving."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from ostinato import Forecaster
from ostinato.errors import ArgumentError, DataError
from ostinato.estimators.errors import NotFittedError

QUICK = {"horizon": 4, "season": 6, "context": 12, "epochs": 2, "hidden_size": 6, "learning_rate": 0.01}


def wave(steps):
    return 10 + np.sin(np.arange(steps) * 2 * np.pi / 6)


def frame(steps, first=0):
    days = pd.date_range("2024-01-01", periods=first + steps)
    parts = [
        pd.DataFrame({"unique_id": name, "ds": days, "y": scale * wave(first + steps)})[first:]
        for name, scale in (("a", 1.0), ("b", 50.0))
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def fitted():
    return Forecaster(**QUICK).fit(frame(60))


def test_a_frame_goes_in_and_a_frame_comes_out(fitted):
    found = fitted.predict(frame(60))
    assert [*found.columns] == ["unique_id", "ds", "forecast", "low_80", "high_80", "low_95", "high_95"]
    assert found["ds"].dtype == frame(60)["ds"].dtype
    assert found["ds"].iloc[0] == pd.Timestamp("2024-03-01")
    expected = np.concatenate([scale * wave(64)[60:] for scale in (1.0, 50.0)])
    np.testing.assert_allclose(found["forecast"], expected, rtol=0.02)
    assert isinstance(fitted.predict(pl.from_pandas(frame(60))), pl.DataFrame)


def test_series_of_the_users_validate():
    found = Forecaster(**QUICK).fit(frame(40), valid=frame(20, first=40))
    assert found.model_.spec.training.scores
    again = Forecaster(**QUICK).fit(frame(40), valid=frame(60))
    assert again.model_.spec.answer.calibration == found.model_.spec.answer.calibration
    arrays = Forecaster(**QUICK).fit(wave(40), valid=wave(60))
    assert arrays.model_.spec.answer.calibration
    with pytest.raises(DataError, match="no series to validate on has 4 steps"):
        Forecaster(**QUICK).fit(wave(40), valid=wave(40))


def test_paths_go_on_from_a_series():
    model = Forecaster(decoder="autoregressive", segment=2, distribution="normal", **QUICK).fit(frame(60))
    found = model.paths(frame(60), count=30, seed=1)
    assert found.shape == (2, 30, 4, 1)
    np.testing.assert_array_equal(model.paths(frame(60), count=30, seed=1), found)


def test_a_stream_moves_on_without_its_history(fitted):
    expected = fitted.predict(frame(60))["forecast"].iloc[4:]
    np.testing.assert_allclose(fitted.observe(frame(60)).forecast("b")[:, 0], expected, rtol=1e-5)
    state = fitted.state("b")
    fitted.update(frame(3, first=60))
    np.testing.assert_allclose(fitted.forecast("b")[:, 0], 50 * wave(67)[63:], rtol=0.02)
    fitted.restore(state, "b")
    np.testing.assert_allclose(fitted.forecast("b")[:, 0], 50 * wave(64)[60:], rtol=0.02)
    assert fitted.outlook("a").intervals.keys() == {0.8, 0.95}


def test_rows_that_do_not_go_on_are_refused_and_nothing_moves(fitted):
    fitted.observe(frame(60))
    before = fitted.forecast("a")
    with pytest.raises(DataError, match="one step after what its stream has heard"):
        fitted.update(frame(3, first=61))
    mixed = pd.concat([frame(2, first=60).iloc[:2], frame(2, first=61).iloc[2:]])
    with pytest.raises(DataError, match="one step after"):
        fitted.update(mixed)
    np.testing.assert_array_equal(fitted.forecast("a"), before)
    other = frame(3, first=60)[:3].assign(unique_id="c")
    with pytest.raises(DataError, match="'c' has no stream"):
        fitted.update(other)
    with pytest.raises(ArgumentError, match="there are 2 series; name one"):
        fitted.forecast()


def test_arrays_and_lists_of_arrays_are_series():
    series = [wave(50), 9 * wave(60)]
    model = Forecaster(**QUICK).fit(series)
    both = model.predict(series)
    np.testing.assert_allclose(both[1][:, 0], 9 * wave(64)[60:], rtol=0.02)
    two = Forecaster(**QUICK).fit(np.stack([wave(60), -wave(60)], axis=1))
    assert two.predict(np.stack([wave(60), -wave(60)], axis=1)).shape == (4, 2)
    with pytest.raises(DataError, match="X has 1 columns; the model foretells 2"):
        two.predict(wave(60))


def test_what_was_saved_answers_as_before(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    loaded = Forecaster.load(tmp_path / "model")
    assert loaded.horizon == 4
    pd.testing.assert_frame_equal(loaded.predict(frame(60)), fitted.predict(frame(60)))
    with pytest.raises(DataError, match="begin one with its history"):
        loaded.update(frame(1, first=60))
    loaded.observe(frame(60)).update(frame(1, first=60))


def test_a_backtest_scores_what_comes_after_training(fitted):
    assert -0.6 < fitted.score(frame(70)) < 0
    assert fitted.evaluate(frame(70)).smape < 2


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.array([1.0, np.inf]), "holds infinity"),
        (["a", "b"], "expected numbers"),
        (np.zeros((2, 2, 2)), "expected"),
        ([np.zeros(3), np.zeros((3, 2))], "as many in each"),
    ],
)
def test_what_are_no_series_is_refused(X, message):
    with pytest.raises(DataError, match=message):
        Forecaster(**QUICK).fit(X)


def test_it_must_be_fitted_first_and_told_a_horizon():
    with pytest.raises(NotFittedError):
        Forecaster(horizon=3).predict(wave(30))
    with pytest.raises(ArgumentError, match="horizon is missing"):
        Forecaster().fit(wave(30))
