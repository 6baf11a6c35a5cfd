"""Tagging from Python."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import ostinato
from ostinato import SequenceTagger
from ostinato.errors import ArgumentError, DataError
from taggers import QUICK, SMALL, entities, plain


def quick(**parameters):
    return SequenceTagger(**(SMALL | QUICK | {"epochs": 30, "valid_fraction": 0.0} | parameters))


@pytest.fixture(scope="module")
def fitted():
    data = entities()
    return quick().fit(data.words, data.tags, data.labels), data


def test_it_learns_tags_and_labels(fitted):
    model, data = fitted
    assert model.predict(data.words) == data.tags
    assert model.predict_labels(data.words) == data.labels
    assert model.score(data.words, data.tags) == 1.0
    assert model.classes_.tolist() == ["B-city", "I-city", "O"]


def test_marginals_are_the_probabilities_of_the_tags(fitted):
    model, data = fitted
    for rows, tags in zip(model.predict_marginals(data.words), data.tags, strict=True):
        assert rows.shape == (len(tags), 3)
        assert model.classes_[rows.argmax(axis=1)].tolist() == tags


def test_a_saved_estimator_and_the_command_lines_model_answer_alike(fitted, tmp_path):
    model, data = fitted
    model.save(tmp_path / "model")
    again = SequenceTagger.load(tmp_path / "model")
    assert again.predict(data.words) == model.predict(data.words)
    assert ostinato.load(tmp_path / "model").predict(data.words).tags == data.tags
    assert again.get_params()["hidden_size"] == SMALL["hidden_size"]
    for rows, others in zip(
        again.predict_marginals(data.words), model.predict_marginals(data.words), strict=True
    ):
        np.testing.assert_array_equal(rows, others)


def test_tags_that_mark_nothing_are_scored_word_by_word():
    data = plain()
    model = quick().fit(data.words, data.tags)
    wrong = [["WORD"] * len(tags) for tags in data.tags]
    words = sum(map(len, wrong))
    assert model.score(data.words, wrong) == sum(one.count("WORD") for one in data.tags) / words
    with pytest.raises(ArgumentError, match="tells no labels"):
        model.predict_labels(data.words)


def test_it_is_cloned_as_all_estimators_are():
    assert clone(quick(hidden_size=9)).get_params()["hidden_size"] == 9
    with pytest.raises(TypeError):
        SequenceTagger(words="1")
    with pytest.raises(NotFittedError, match="call fit or load"):
        quick().predict([["a"]])


@pytest.mark.parametrize(
    ("X", "y", "labels", "message"),
    [
        ([], [], None, "X has 0 sentences and y 0"),
        ([["a"]], [["X"], ["Y"]], None, "X has 1 sentences and y 2"),
        ([["a", "b"]], [["X"]], None, "sentence 1 has 2 words and 1 tags"),
        ([["a"], []], [["X"], []], None, "sentence 2 has 0 words"),
        ([["a", ""]], [["X", "Y"]], None, "sentence 1 has ''"),
        ([["a", "b"]], [["X", 3]], None, "sentence 1 has 3"),
        ([["a", "b"]], [["X", "Y"]], ["one", "two"], "2 labels are given for 1 sentences"),
        ([["a", "b"]], [["O", "I-x"]], None, None),
    ],
)
def test_lists_that_do_not_fit_are_refused(X, y, labels, message):
    model = quick(scheme="IOB2")
    with pytest.raises(DataError, match=message or "word 2: tag 'I-x' after 'O' breaks IOB2"):
        model.fit(X, y, labels)


def test_another_tasks_model_is_refused(tmp_path):
    from model_files import good

    with pytest.raises(ArgumentError, match="is a classify model; expected a tagger"):
        SequenceTagger.load(good(tmp_path / "model"))
