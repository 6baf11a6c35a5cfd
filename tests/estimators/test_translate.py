"""Translation in scikit-learn's shape."""

import pytest
from sklearn.base import clone

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")
pytest.importorskip("sacrebleu", reason="scoring needs ostinato[text]")

from ostinato import SequenceTranslator
from ostinato.errors import ArgumentError, DataError, OstinatoError
from pair_models import SOURCES, TARGETS

SMALL = {
    "tokens": "word",
    "hidden_size": 24,
    "embedding_size": 12,
    "dropout": 0.0,
    "valid_fraction": 0.0,
    "epochs": 120,
    "batch_size": 4,
    "learning_rate": 0.01,
    "schedule": "constant",
    "threads": 1,
}


@pytest.fixture(scope="module")
def fitted():
    return SequenceTranslator(**SMALL).fit(SOURCES, TARGETS)


def test_it_learns_and_scores_by_bleu(fitted):
    assert fitted.predict(SOURCES) == TARGETS
    found = fitted.evaluate(SOURCES, TARGETS)
    assert fitted.score(SOURCES, TARGETS) == found.bleu
    assert found.chrf == 100.0


def test_what_is_saved_translates_the_same(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    loaded = SequenceTranslator.load(tmp_path / "model")
    assert loaded.predict(SOURCES, beam_size=2) == fitted.predict(SOURCES, beam_size=2)
    assert loaded.hidden_size == 24


def test_it_can_be_cloned_and_says_when_it_is_not_fitted(fitted):
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    with pytest.raises(OstinatoError, match="not fitted yet"):
        copy.predict(SOURCES)


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        (SOURCES, TARGETS[:2], ArgumentError, "X has 8 texts and y 2"),
        ("one text", TARGETS, ArgumentError, "X is one text"),
        ([], [], DataError, "X is empty"),
        (["a", ""], ["b", "c"], DataError, "X, text 2 is ''"),
        (["a", "b"], ["b", None], DataError, "y, text 2 is None"),
    ],
)
def test_unfit_data_is_refused(X, y, error, message):
    with pytest.raises(error, match=message):
        SequenceTranslator(**SMALL).fit(X, y)


def test_another_task_s_model_is_refused(tmp_path):
    from ostinato import SequenceClassifier

    SequenceClassifier(hidden_size=4, epochs=1, folds=0, valid_fraction=0.0, threads=1).fit(
        ["so good", "so bad"] * 4, ["yes", "no"] * 4
    ).save(tmp_path / "model")
    with pytest.raises(ArgumentError, match="expected one of translation"):
        SequenceTranslator.load(tmp_path / "model")
