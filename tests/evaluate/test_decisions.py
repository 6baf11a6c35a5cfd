"""A few decisions are shown with what they rested on."""

import json

import numpy as np

from evaluations import LABELS, evaluation_of, make_model
from ostinato.evaluate.classify import Evaluation
from ostinato.evaluate.decisions import EXPLAINED
from ostinato.read.sequences import Sequences


def test_worst_mistakes_and_some_right_answers_are_explained(series_evaluation):
    right = [one for one in series_evaluation.explained if one.true == one.predicted]
    wrong = [one for one in series_evaluation.explained if one.true != one.predicted]
    assert len(right) == EXPLAINED
    assert [one.id for one in wrong] == [one.id for one in series_evaluation.mistakes[:EXPLAINED]]
    assert all(one.attribution is not None for one in series_evaluation.explained)
    found = json.loads(series_evaluation.to_json())["attributions"]
    assert len(found[0]["cells"]) == len(found[0]["windows"])
    assert len(found[0]["cells"][0]) == len(found[0]["channel_blocks"]) == 12


def test_channels_are_hidden_by_their_training_mean_wherever_they_stand():
    model = make_model(LABELS, 2)
    series = model.preprocessing.model_copy(update={"center": (5.0, 7.0)})
    model = model.model_copy(update={"preprocessing": series})
    values = [np.zeros((1, 2), np.float32)]
    sequences = Sequences("series", values, ["s"], ["no"], ("cepstrum_2", "cepstrum_1"))
    asked = []

    def probabilities_of(batch):
        asked.extend(batch)
        return np.tile([0.9, 0.1], (len(batch), 1))

    Evaluation.of(model, sequences, np.array([[0.9, 0.1]]), probabilities_of=probabilities_of)
    assert asked[0].tolist() == [[0.0, 0.0]]
    assert asked[1].tolist() == [[7.0, 5.0]]


def test_without_a_callable_nothing_is_explained():
    assert evaluation_of([3], [True], [0.9]).explained == ()
