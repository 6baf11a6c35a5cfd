"""scikit-learn's own checks, and what sequences add to them."""

import inspect
import os
import pickle
import subprocess
import sys

import numpy as np
import pandas
import polars
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import ostinato
import sounds
import videos
from ostinato import SequenceClassifier
from ostinato.archive.model import save
from ostinato.errors import ArgumentError, DataError, ModelFileError, OstinatoError
from ostinato.estimators.parameters import COLUMNS
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.fields import fields

SMALL = {
    "hidden_size": 8,
    "layers": 1,
    "front": "none",
    "folds": 0,
    "valid_fraction": 0.0,
    "epochs": 10,
    "batch_size": 16,
    "learning_rate": 0.02,
    "threads": 1,
}
TEXTS = ["so good", "good it is", "how good", "bad day", "so bad", "it is bad"] * 3
MOODS = ["up", "up", "up", "down", "down", "down"] * 3


def quick(**parameters):
    """Return an estimator that learns toy data in a second."""
    return SequenceClassifier(**(SMALL | parameters))


def ragged(count=24, channels=2, seed=0):
    """Return sequences of 3 to 8 steps, whose first channel rises (1) or falls (0)."""
    random = np.random.default_rng(seed)
    y = np.arange(count) % 2
    X = [random.normal(size=(int(random.integers(3, 9)), channels)) / 4 for _ in range(count)]
    for values, label in zip(X, y, strict=True):
        values[:, 0] += np.arange(len(values)) * (2 * label - 1)
    return X, y


@pytest.fixture(scope="module")
def fitted():
    """Return an estimator fitted on ragged sequences of two channels."""
    return quick().fit(*ragged())


@parametrize_with_checks([quick()])
def test_scikit_learns_checks_pass(estimator, check):
    check(estimator)


def test_every_option_but_the_columns_is_a_parameter_with_its_default_and_its_help():
    expected = {name: field.default for name, field in fields(ClassifyOptions).items() if name not in COLUMNS}
    signature = inspect.signature(SequenceClassifier)
    assert {name: p.default for name, p in signature.parameters.items()} == expected
    assert SequenceClassifier().get_params() == expected
    assert [name for name in expected if f"\n    {name}: " not in SequenceClassifier.__doc__] == []


def test_parameters_are_set_and_cloned():
    model = SequenceClassifier(cell="lstm").set_params(seed=3)
    assert clone(model).get_params() == model.get_params()
    assert (model.cell, model.seed) == ("lstm", 3)


def test_an_unknown_parameter_is_a_type_error():
    with pytest.raises(TypeError, match="hiden_size"):
        SequenceClassifier(hiden_size=3)


def test_an_unfit_parameter_is_refused_by_fit_in_words():
    with pytest.raises(ArgumentError, match=r"^layers is 0; expected a whole number from 1 to 64\.$"):
        SequenceClassifier(layers=0).fit(*ragged())


def test_a_parameter_about_other_data_is_refused_by_fit_in_words():
    with pytest.raises(ArgumentError, match=r"^clip_shift is 0\.2, and the data is numeric series"):
        quick(clip_shift=0.2).fit(*ragged())
    with pytest.raises(ArgumentError, match=r"^scale is 'minmax', and the data is text"):
        quick(scale="minmax").fit(TEXTS, MOODS)


def test_numpy_scalars_and_lists_are_fit_parameters():
    given = {"hidden_size": np.int64(8), "dropout": np.float32(0.5), "bidirectional": np.bool_(True)}
    recipe = quick(**given, pool=["last", "max"]).fit(*ragged()).model_.spec.recipe
    assert (recipe.network.hidden_size, recipe.network.dropout) == (8, 0.5)
    assert (recipe.network.bidirectional, recipe.network.pool) == (True, ("last", "max"))


def test_ragged_sequences_are_learnt(fitted):
    X, y = ragged(seed=1)
    assert fitted.score(X, y) == 1.0
    assert fitted.n_features_in_ == 2
    probabilities = fitted.predict_proba(X)
    assert probabilities.shape == (24, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-12)


def test_plain_defaults_work_on_a_handful_of_sequences():
    X, y = ragged(6)
    model = SequenceClassifier(epochs=2).fit(X, y)
    assert model.model_.spec.training.selection == "folds"
    assert set(model.predict(X)) <= {0, 1}


def test_two_sequences_are_enough():
    X, y = ragged(2)
    assert quick(folds=None, valid_fraction=None).fit(X, y).model_.spec.training.selection == "none"


def test_one_array_of_three_dimensions_is_a_list_of_its_sequences():
    X = np.random.default_rng(0).normal(size=(12, 5, 3))
    y = np.arange(12) % 2
    whole, listed = quick(epochs=2).fit(X, y), quick(epochs=2).fit(list(X), y)
    np.testing.assert_array_equal(whole.predict_proba(X), listed.predict_proba(list(X)))
    assert whole.n_features_in_ == listed.n_features_in_ == 3


def test_a_two_dimensional_array_is_univariate_and_fixes_its_width():
    X = np.random.default_rng(0).normal(size=(12, 5))
    model = quick(epochs=2).fit(X, np.arange(12) % 2)
    assert (model.n_features_in_, model.model_.spec.preprocessing.channels) == (5, ("channel_1",))
    with pytest.raises(ValueError, match="X has 4 features, but SequenceClassifier is expecting 5 features"):
        model.predict(X[:, :4])
    np.testing.assert_array_equal(model.predict_proba(X), model.predict_proba([x[:, None] for x in X]))
    assert model.predict([X[0, :3], np.concatenate([X[0], X[1]])]).shape == (2,)


def test_a_list_fixes_no_width_and_a_refit_forgets_the_old_one():
    X = np.random.default_rng(0).normal(size=(12, 5))
    y = np.arange(12) % 2
    model = quick(epochs=1).fit(X, y).fit([x[:3] for x in X], y)
    assert model.n_features_in_ == 1
    assert model.predict(X).shape == (12,)


def test_nested_lists_of_one_length_are_an_array_and_of_several_a_list():
    y = [0, 1] * 4
    assert quick(epochs=1).fit([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]] * 4, y).n_features_in_ == 3
    assert quick(epochs=1).fit([[0.0, 1.0, 2.0], [1.0, 0.0]] * 4, y).n_features_in_ == 1


@pytest.mark.parametrize(
    "wrap",
    [list, tuple, np.array, lambda x: np.array(x, dtype=object), pandas.Series, polars.Series],
    ids=["list", "tuple", "array", "objects", "pandas", "polars"],
)
def test_texts_come_in_any_column(wrap):
    model = quick(tokens="word").fit(wrap(TEXTS), MOODS)
    assert model.score(wrap(TEXTS), MOODS) == 1.0
    assert "n_features_in_" not in vars(model)


@pytest.mark.parametrize("frame", [pandas.DataFrame, polars.DataFrame])
def test_a_frame_of_numbers_is_a_two_dimensional_array(frame):
    X = np.random.default_rng(0).normal(size=(12, 4))
    table = frame({f"t{step}": X[:, step] for step in range(4)})
    model = quick(epochs=2).fit(table, np.arange(12) % 2)
    assert list(model.feature_names_in_) == ["t0", "t1", "t2", "t3"]
    plain = quick(epochs=2).fit(X, np.arange(12) % 2)
    np.testing.assert_array_equal(model.predict_proba(table), plain.predict_proba(X))


def test_a_column_of_arrays_is_a_list():
    X, y = ragged()
    assert quick().fit(pandas.Series(X), pandas.Series(y)).score(pandas.Series(X), y) == 1.0


@pytest.mark.parametrize(
    "labels",
    [
        np.array([10, 9]),
        np.array([-1, 1], np.int8),
        np.array([2.0, 1.0]),
        np.array([True, False]),
        np.array(["ü", "o"]),
        np.array(["b", "a"], dtype=object),
        np.array(["True", "1"]),
    ],
    ids=str,
)
def test_labels_come_back_as_they_were_also_from_a_file(tmp_path, labels):
    X, y = ragged(12)
    model = quick(epochs=4).fit(X, labels[y])
    model.save(tmp_path / "model")
    loaded = SequenceClassifier.load(tmp_path / "model")
    assert loaded.classes_.tolist() == model.classes_.tolist() == sorted(labels.tolist())
    assert type(loaded.classes_.tolist()[0]) is type(labels.tolist()[0])
    assert model.classes_.dtype == model.predict(X).dtype == labels.dtype
    assert loaded.predict(X).tolist() == model.predict(X).tolist()
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


def test_columns_of_probabilities_follow_the_classes():
    X, y = ragged(30)
    model = quick().fit(X, np.array([9, 10])[y])  # as texts, "10" stands before "9"
    assert model.classes_.tolist() == [9, 10]
    assert (model.predict_proba(X)[:, 1].round() == y).all()


def test_a_saved_model_is_one_for_everyone(tmp_path, fitted):
    X, _ = ragged()
    fitted.save(tmp_path / "model")
    loaded = SequenceClassifier.load(tmp_path / "model")
    answer = ostinato.load(tmp_path / "model").predict([x.astype(np.float32) for x in X])
    np.testing.assert_allclose(answer.probabilities, fitted.predict_proba(X), rtol=0, atol=1e-6)
    options = loaded.get_params()
    assert {name: options[name] for name in SMALL} == SMALL
    assert (loaded.n_features_in_, loaded.seed, loaded.metric) == (2, 0, "accuracy")
    loaded.save(tmp_path / "again")
    assert (tmp_path / "again" / "weights.safetensors").read_bytes() == (
        tmp_path / "model" / "weights.safetensors"
    ).read_bytes()


def test_a_saved_model_can_be_fitted_anew(tmp_path, fitted):
    fitted.save(tmp_path / "model")
    again = SequenceClassifier.load(tmp_path / "model").fit(*ragged())
    np.testing.assert_array_equal(again.predict_proba(ragged()[0]), fitted.predict_proba(ragged()[0]))


def test_save_replaces_nothing_unasked(tmp_path, fitted):
    fitted.save(tmp_path / "model")
    with pytest.raises(ModelFileError, match="model"):
        fitted.save(tmp_path / "model")
    fitted.save(tmp_path / "model", overwrite=True)


def test_prediction_from_a_file_needs_no_torch(tmp_path, fitted):
    fitted.save(tmp_path / "model")
    code = (
        "import sys\n"
        "class Blocker:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'torch': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Blocker())\n"
        "import numpy as np; from ostinato import SequenceClassifier\n"
        "print(SequenceClassifier.load(sys.argv[1]).predict([np.ones((3, 2))]).shape)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "model"], capture_output=True, text=True, check=True
    )
    assert process.stdout == "(1,)\n"


@pytest.mark.parametrize("texts", [False, True], ids=["series", "texts"])
def test_a_fitted_estimator_is_pickled_whole(texts):
    X, y = (TEXTS, MOODS) if texts else ragged()
    model = quick(epochs=2).fit(X, y)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict_proba(X), model.predict_proba(X))


def test_an_answer_does_not_depend_on_the_others(fitted):
    X, _ = ragged(30, seed=2)
    together = fitted.predict_proba(X)
    np.testing.assert_allclose(fitted.predict_proba(X[::-1])[::-1], together, rtol=1e-7, atol=1e-7)
    alone = np.concatenate([fitted.predict_proba([x]) for x in X])
    np.testing.assert_allclose(alone, together, rtol=1e-7, atol=1e-7)


def test_fit_writes_no_file_and_leaves_the_process_as_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), torch.get_num_threads()
    quick(epochs=1).fit(*ragged())
    assert os.listdir(tmp_path) == []
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1].tolist(), torch.get_num_threads()) == before[1:]


def test_the_same_seed_gives_the_same_model_and_another_another():
    X, y = ragged()
    first, same, other = (quick(epochs=2, seed=seed).fit(X, y).predict_proba(X) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_grid_search_works_on_sequences():
    X, y = ragged(12)
    search = GridSearchCV(quick(epochs=2), {"hidden_size": np.array([4, 8]), "cell": ["gru", "rnn"]}, cv=2)
    assert search.fit(X, y).best_params_["hidden_size"] in (4, 8)


def test_cross_validation_works_on_texts():
    assert cross_val_score(quick(), TEXTS, MOODS, cv=3).mean() == 1.0


def test_a_pipeline_works_on_a_two_dimensional_array():
    X = np.linspace(-1, 1, 5) * np.repeat([[1.0], [-1.0]], 10, axis=0) + 7
    y = np.repeat(["up", "down"], 10)
    assert make_pipeline(StandardScaler(), quick()).fit(X, y).score(X, y) == 1.0


@pytest.mark.parametrize("call", ["predict", "predict_proba", "save"])
def test_an_unfitted_estimator_says_so_in_both_families(tmp_path, call):
    with pytest.raises(NotFittedError, match="not fitted yet; call fit or load first") as caught:
        getattr(quick(), call)(tmp_path / "model" if call == "save" else ragged()[0])
    assert isinstance(caught.value, OstinatoError)


def test_an_unusable_sequence_is_named():
    X, y = ragged()
    X[3][1, 0] = np.nan
    with pytest.raises(DataError, match=r"^X\[3\], step 1, channel 0"):
        quick().fit(X, y)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (ragged(4)[0], None, "requires y to be passed"),
        (ragged(4)[0], [1, 1, 1, 1], r"y holds one class, \[1\]; a classifier needs at least two classes"),
        (ragged(4)[0], [0, 1, 0], "inconsistent numbers of samples"),
        (ragged(4)[0], [0.5, 1.5, 2.5, 3.5], "Unknown label type"),
        (ragged(4)[0], [0.0, 1.0, 0.0, np.nan], "Input y contains NaN"),
        ([], [], "Expected 2D array"),
        ([1.0, 2.0], [0, 1], "Expected 2D array"),
        (["a text", np.ones((2, 1))], [0, 1], "expected all of one sort"),
        (np.zeros((2, 2, 2, 2)), [0, 1], r"X\[0\] has shape \(2, 2, 2\); expected \(T, I\)"),
        ([np.ones((2, 1)), np.ones((2, 2))], [0, 1], "features"),
    ],
)
def test_unusable_data_is_a_value_error(X, y, message):
    with pytest.raises(ValueError, match=message):
        quick().fit(X, y)


def test_texts_are_no_series_at_prediction(fitted):
    with pytest.raises(DataError, match="the data is text; this model reads series"):
        fitted.predict(["a text"])


@pytest.mark.parametrize(
    ("labels", "kind"), [(("1", "x"), "integer"), (("1", "01"), "integer"), (("0", "1"), "boolean")]
)
def test_labels_of_a_file_that_are_not_of_their_type_are_refused(tmp_path, fitted, labels, kind):
    spec = fitted.model_.spec
    answer = spec.answer.model_copy(update={"labels": labels, "label_type": kind})
    save(tmp_path / "m", spec.model_copy(update={"answer": answer}), fitted._tensors, None, "card")
    with pytest.raises(ModelFileError, match="wrong labels"):
        SequenceClassifier.load(tmp_path / "m")


def test_clips_are_classified_frame_sizes_and_all(tmp_path):
    clips = [videos.moving(4 + index % 2, index % 2 == 0, seed=index) for index in range(6)]
    labels = ["right", "left"] * 3
    options = {"hidden_size": 4, "epochs": 1, "folds": 0, "valid_fraction": 0.0, "threads": 1}
    model = SequenceClassifier(frame_size=12, **options).fit(clips, labels)
    assert model.predict_proba(clips).shape == (6, 2)
    assert model.model_.spec.preprocessing.shape == (12, 12, 1)
    model.save(tmp_path / "model")
    again = SequenceClassifier.load(tmp_path / "model")
    np.testing.assert_allclose(again.predict_proba(clips), model.predict_proba(clips), atol=1e-6)


def test_sound_is_heard_at_its_rate(tmp_path):
    data = sounds.recordings(12)
    model = quick(sample_rate=sounds.RATE, mel_bands=12).fit(data.values, data.labels)
    new = sounds.recordings(10, seed=1)
    assert model.predict(new.values).tolist() == new.labels
    model.save(tmp_path / "model")
    loaded = SequenceClassifier.load(tmp_path / "model")
    assert loaded.sample_rate == sounds.RATE
    np.testing.assert_allclose(loaded.predict_proba(new.values), model.predict_proba(new.values), atol=1e-12)
    with pytest.raises(DataError, match=r"X\[0\] .*divide 16-bit ones"):
        model.predict([np.zeros(800, np.int16)])
