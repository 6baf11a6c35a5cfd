"""An evaluation holds what a report shows, in a form that any program reads."""

import json

import numpy as np
import pytest

from evaluations import LABELS, evaluation_of, make_model, noisy_answers, series_data
from ostinato.errors import DataError
from ostinato.evaluate.classify import MISTAKES, Evaluation


def test_json_is_one_object_with_the_promised_keys_and_no_nan(series_evaluation):
    found = json.loads(series_evaluation.to_json(), parse_constant=pytest.fail)
    promised = "accuracy precision_macro recall_macro f1_macro f1_weighted log_loss sequences undefined"
    assert set(promised.split()) <= set(found)
    assert found["sequences"] == 120
    assert np.array(found["confusion"]).sum() == 120
    assert sum(one["count"] for one in found["by_length"]) == 120
    assert len(found["classes"]) == len(found["roc"]) == len(found["labels"]) == 9


def test_what_is_undefined_is_null_with_a_reason():
    found = json.loads(evaluation_of([3, 4], [True, True], [0.9, 0.8]).to_json())
    assert found["roc_auc"] is None
    assert found["roc"] == []
    assert found["classes"][0]["precision"] is None
    assert any(sentence.startswith("roc_auc") for sentence in found["undefined"])


def test_the_same_data_gives_the_same_json(series_evaluation):
    assert series_evaluation.to_json() == series_evaluation.to_json()


def test_the_table_says_undefined_where_there_is_no_number():
    table = evaluation_of([3, 4], [True, True], [0.9, 0.8]).to_table()
    lines = {line.split()[0]: line.split()[1] for line in table.splitlines() if len(line.split()) > 1}
    assert lines["roc_auc"] == "undefined"
    assert lines["accuracy"] == "1.0000"
    assert lines["sequences"] == "2"
    assert "nan" not in table.lower()


def test_the_worst_mistake_is_the_most_confident_one():
    found = evaluation_of([3, 4, 5, 6], [False, True, False, False], [0.6, 0.99, 0.9, 0.6])
    assert [one.id for one in found.mistakes] == ["s2", "s0", "s3"]
    worst = found.mistakes[0]
    assert (worst.true, worst.predicted, worst.length) == ("yes", "no", 5)
    assert (worst.probability, worst.probability_of_true) == pytest.approx((0.9, 0.1))


def test_only_so_many_mistakes_are_kept():
    assert len(evaluation_of([3] * 40, [False] * 40, [0.7] * 40).mistakes) == MISTAKES


def test_text_is_measured_in_words_and_its_unknown_tokens_are_told(text_evaluation):
    found = json.loads(text_evaluation.to_json())
    assert found["unknown_rate"] == 0.042
    assert "unknown_tokens" in text_evaluation.to_table()
    assert all(one["length"] == len(one["text"].split()) for one in found["mistakes"])
    assert "".join(found["attributions"][0]["pieces"]) == found["attributions"][0]["text"]


def test_the_table_is_fit_for_a_terminal_whatever_the_labels():
    labels = ["\x1b[31mred", "\u202eb"]
    sequences, targets = series_data(labels, 1, 20)
    table = Evaluation.of(make_model(labels, 1), sequences, noisy_answers(targets, 2, 1.0)).to_table()
    assert "\x1b" not in table
    assert "\u202e" not in table


def test_a_label_that_the_model_does_not_know_is_refused():
    sequences, targets = series_data(["no", "maybe"], 1, 5)
    with pytest.raises(DataError, match="label 'maybe' is not one of the model's 2 labels"):
        Evaluation.of(make_model(LABELS, 1), sequences, noisy_answers(targets, 2, 1.0))


def test_the_interval_of_the_accuracy_is_wilsons():
    low, high = evaluation_of([3] * 10, [True] * 10, [0.9] * 10).accuracy_interval
    assert (round(low, 4), high) == (0.7225, 1.0)
