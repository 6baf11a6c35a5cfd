"""The classifier of frames in scikit-learn's shape: labels a frame, types of labels, saving."""

import numpy as np
import pytest
from sklearn.base import clone

import ostinato
import videos
from ostinato import FrameClassifier, SequenceClassifier
from ostinato.errors import ArgumentError
from ostinato.estimators.errors import NotFittedError

QUICK = {"frame_size": 12, "hidden_size": 12, "dropout": 0.0, "epochs": 30, "learning_rate": 0.01, "folds": 0}
QUICK |= {"valid_fraction": 0.0, "batch_size": 4, "schedule": "constant"}


def clips(count=8):
    return [videos.moving(5 + number % 4, number % 2 == 0, number) for number in range(count)]


def ways(given, right=1, left=0):
    return [np.full(len(one), right if number % 2 == 0 else left) for number, one in enumerate(given)]


@pytest.fixture(scope="module")
def fitted():
    return FrameClassifier(**QUICK).fit(clips(), ways(clips()))


def test_every_frame_has_a_label_of_the_type_it_was_given_in(fitted):
    found = fitted.predict(clips())
    assert [one.shape for one in found] == [(len(one),) for one in clips()]
    assert found[0].dtype.kind == "i"
    assert fitted.classes_.tolist() == [0, 1]
    assert fitted.score(clips(), ways(clips())) > 0.8
    for one, probable in zip(found, fitted.predict_proba(clips()), strict=True):
        np.testing.assert_allclose(probable.sum(axis=1), 1.0)
        np.testing.assert_array_equal(one, probable.argmax(axis=1))


def test_a_clip_alone_and_as_a_stream_is_labelled_as_among_others(fitted):
    together = fitted.predict_proba(clips())
    np.testing.assert_allclose(fitted.predict_proba(clips()[3:4])[0], together[3], rtol=0, atol=1e-7)
    np.testing.assert_allclose(fitted.model_.beliefs(clips()[3]), together[3], rtol=0, atol=1e-5)


def test_it_is_saved_and_loaded_and_is_no_classifier_of_clips(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    again = FrameClassifier.load(tmp_path / "model")
    np.testing.assert_array_equal(again.classes_, fitted.classes_)
    for one, other in zip(again.predict_proba(clips()), fitted.predict_proba(clips()), strict=True):
        np.testing.assert_array_equal(one, other)
    assert again.get_params()["hidden_size"] == 12
    assert ostinato.load(tmp_path / "model").spec.per_step
    with pytest.raises(ArgumentError, match="load it as a FrameClassifier"):
        SequenceClassifier.load(tmp_path / "model")
    plain = SequenceClassifier(**QUICK | {"epochs": 1}).fit(clips(), ["right", "left"] * 4)
    plain.save(tmp_path / "plain")
    with pytest.raises(ArgumentError, match="labels no frames; see SequenceClassifier"):
        FrameClassifier.load(tmp_path / "plain")


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (clips(), ways(clips())[:7], "y is no list of 8 arrays"),
        (clips(), "12345678", "y is no list of 8 arrays"),
        (clips(), [*ways(clips())[:7], [1]], r"y\[7\] has shape \(1,\), and X\[7\] has 8 frames"),
        ([np.zeros((5, 3))], [[0] * 5], "X is no list of clips"),
        (clips(), ways(clips(), 1, 1), "needs at least two classes"),
    ],
)
def test_what_cannot_be_learnt_is_said(X, y, message):
    with pytest.raises(ArgumentError, match=message):
        FrameClassifier(**QUICK).fit(X, y)


def test_one_that_was_loaded_is_fitted_anew(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    again = FrameClassifier.load(tmp_path / "model")
    given = clips()
    first, second = again.fit(given, ways(given)).predict(given), fitted.predict(given)
    assert [one.tolist() for one in first] == [one.tolist() for one in second]


def test_one_that_is_not_fitted_says_so_and_clones_like_any():
    with pytest.raises(NotFittedError, match="this FrameClassifier is not fitted yet"):
        FrameClassifier().predict(clips())
    assert clone(FrameClassifier(**QUICK)).get_params() == FrameClassifier(**QUICK).get_params()
