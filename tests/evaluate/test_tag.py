"""The evaluation of a tagger: JSON, table and page."""

import json

import pytest

import taggers
from ostinato.answers.tag import Tagged
from ostinato.errors import DataError
from ostinato.evaluate import words
from ostinato.evaluate.tag import TagEvaluation, to_html
from ostinato.tasks.tag import TAG
from ostinato.train.card import card
from ostinato.train.fit import fit
from taggers import entities, options


@pytest.fixture(scope="module")
def model():
    return fit(TAG, entities(), options(data={"valid_fraction": 0.25}, epochs=1)).model


@pytest.fixture(scope="module")
def evaluation(model):
    read = [["to", "New", "<York>"], ["from", "Graz"], ["now"]]
    true = [["O", "B-city", "I-city"], ["O", "B-city"], ["O"]]
    said = [["O", "B-city", "O"], ["O", "B-city"], ["O"]]
    data = taggers.sentences(read, true, ["place", "place", "none"])
    answer = Tagged(said, ["place", "none", "none"])
    return TagEvaluation.of(model, data, answer, unknown_rate=0.25, name="m", source="test.conll")


def test_json_has_scores_counts_confusions_and_mistakes(evaluation):
    found = json.loads(evaluation.to_json())
    assert (found["task"], found["f1"], found["accuracy"], found["sentences"]) == ("tag", 0.5, 5 / 6, 3)
    assert (found["label_accuracy"], found["exact"], found["unknown_rate"]) == (2 / 3, 1 / 3, 0.25)
    assert found["entities"]["city"] == {
        "precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2, "predicted": 2,
    }  # fmt: skip
    assert found["tags"]["I-city"]["precision"] is None
    assert found["confused"] == [["I-city", "O", 1]]
    assert found["confused_labels"] == [["place", "none", 1]]
    first, second = found["mistakes"]
    assert (first["place"], first["answer"], first["true"]) == (
        "memory, s1", ["O", "B-city", "O"], ["O", "B-city", "I-city"],
    )  # fmt: skip
    assert (second["label"], second["true_label"]) == ("none", "place")


def test_the_table_has_a_line_for_each_score_type_and_label(evaluation):
    lines = evaluation.to_table().splitlines()
    assert lines[0] == "m on test.conll"
    assert ["f1", "0.5000"] in [line.split() for line in lines]
    assert ["city", "0.5000", "0.5000", "0.5000", "2"] in [line.split() for line in lines]
    assert any(line.startswith("place ") for line in lines)


def test_the_page_shows_scores_tables_and_mistaken_words_with_what_is_right(evaluation):
    page = to_html(evaluation)
    for title in ("Entity F1", "Tags taken for each other", "Labels of sentences", "Mistaken sentences"):
        assert title in page
    assert "&lt;York&gt;</mark>" in page
    assert "<York>" not in page
    assert '<b class="true">I-city</b>' in page
    assert to_html(evaluation) == page


def test_the_model_is_told_in_words(model):
    assert words.task(model) == "Tags words with one of 3, and sentences with one of 2"
    assert words.unit(model) == "sentences"
    chain, branch = words.network(model).split("; ")
    assert chain.startswith("words of 8 beside bidirectional LSTM of 2 × 4 over letters → bidirectional LSTM")
    assert chain.endswith("3 scores → conditional random field")
    assert branch == "label: after output_dropout attention and max pooling → 2 scores"


def test_the_card_says_what_is_told_and_what_is_known(model):
    text = card(model, "cities")
    assert "one of 3 tags for every word (B-city, I-city, O)" in text
    assert "the sentence with one of none, place" in text
    assert "- known words: " in text
    assert "- branch `label`, after `output_dropout`" in text
    assert "ostinato predict cities DATA" in text


def test_data_without_what_the_model_tells_is_refused(model):
    answer = Tagged([["O"]], ["none"])
    for data, lacking in (
        (taggers.sentences([["now"]], None, ["none"]), "tags"),
        (taggers.sentences([["now"]], [["O"]]), "labels of sentences"),
    ):
        with pytest.raises(DataError, match=f"has no {lacking}"):
            TagEvaluation.of(model, data, answer, unknown_rate=0.0)
