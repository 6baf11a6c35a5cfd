"""From paths to an evaluation and to predictions; columns are found by name, unknown labels are refused."""

import json

import numpy as np
import pytest

import model_files
from ostinato.archive import model as archive
from ostinato.errors import DataError, ModelFileError
from ostinato.runtime import load, verbs
from ostinato.spec.preprocessing import Columns
from saved_models import labeler, regressor, save

COLUMNS = Columns(label="class", sequence="id", inputs=("x", "y", "z"))
ROWS = """id,z,class,x,y
a,1,yes,2,3
a,4,yes,5,6
b,0,no,0,1
c,9,yes,8,7
"""


@pytest.fixture
def model(tmp_path):
    spec = model_files.SERIES.model_copy(update={"columns": COLUMNS})
    archive.save(tmp_path / "model", spec, model_files.weights(spec), None, model_files.CARD)
    return tmp_path / "model"


def csv(tmp_path, text):
    path = tmp_path / "data.csv"
    path.write_text(text)
    return path


def test_predictions_are_those_of_the_model_for_the_columns_by_name(model, tmp_path):
    predictions = verbs.predict(load(model), csv(tmp_path, ROWS))
    arrays = [np.array(rows, np.float32) for rows in ([[2, 3, 1], [5, 6, 4]], [[0, 1, 0]], [[8, 7, 9]])]
    assert predictions.ids == ["a", "b", "c"]
    expected = load(model).probabilities(arrays)
    np.testing.assert_allclose(predictions.answer.probabilities, expected, rtol=0, atol=1e-6)


def test_an_evaluation_counts_every_sequence(model, tmp_path):
    found = json.loads(verbs.evaluate(model, csv(tmp_path, ROWS)).to_json())
    answer = verbs.predict(load(model), csv(tmp_path, ROWS)).answer.best()
    right = sum(given == true for given, true in zip(answer, ["yes", "no", "yes"], strict=True))
    assert found["sequences"] == 3
    assert found["accuracy"] == right / 3
    assert found["attributions"] == []
    assert (found["model"], found["data"]) == ("model", "data.csv")


def test_an_explained_evaluation_says_what_decisions_rested_on(model, tmp_path):
    assert json.loads(verbs.evaluate(model, csv(tmp_path, ROWS), explain=True).to_json())["attributions"]


def test_a_label_that_the_model_does_not_know_is_named_with_its_place(model, tmp_path):
    with pytest.raises(DataError, match=r"data\.csv, line 4.*label 'maybe' is not one of"):
        verbs.evaluate(model, csv(tmp_path, ROWS.replace("b,0,no", "b,0,maybe")))


def test_labels_are_not_looked_at_for_predictions(model, tmp_path):
    data = ROWS.replace("b,0,no", "b,0,maybe")
    assert verbs.predict(load(model), csv(tmp_path, data)).ids == ["a", "b", "c"]


def test_a_missing_channel_is_named(model, tmp_path):
    with pytest.raises(DataError, match="'z'"):
        verbs.predict(load(model), csv(tmp_path, ROWS.replace("id,z", "id,w")))


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(ModelFileError, match="nowhere"):
        verbs.evaluate(tmp_path / "nowhere", csv(tmp_path, ROWS))


def test_a_folder_is_refused_by_a_model_that_was_trained_on_a_file(model, tmp_path):
    (tmp_path / "rows").mkdir()
    with pytest.raises(DataError, match="rows: is a folder; this model reads series of numbers"):
        verbs.predict(load(model), tmp_path / "rows")
    with pytest.raises(DataError, match=r"is a folder; .*\.csv, \.tsv"):
        verbs.evaluate(model, tmp_path / "rows")


@pytest.mark.parametrize("described", [labeler, regressor], ids=["labels", "a number"])
def test_labels_and_numbers_are_answered_for_a_file_in_its_order(described, tmp_path):
    place = save(tmp_path / "model", *described())
    given = load(place).spec.model_copy(update={"columns": COLUMNS.model_copy(update={"label": None})})
    archive.save(tmp_path / "named", given, archive.load(place).tensors, None, model_files.CARD)
    rows = ROWS.replace("class,", "").replace("yes,", "").replace("no,", "")
    found = verbs.predict(tmp_path / "named", csv(tmp_path, rows))
    arrays = [np.array(one, np.float32) for one in ([[2, 3, 1], [5, 6, 4]], [[0, 1, 0]], [[8, 7, 9]])]
    expected = load(place).predict(arrays)
    assert found.ids == ["a", "b", "c"]
    for name in ("probabilities", "values"):
        if hasattr(expected, name):
            told = [np.asarray(getattr(one, name)).ravel() for one in (found.answer, expected)]
            np.testing.assert_allclose(*told, rtol=1e-5)
