"""The model card."""

import pytest

from ostinato.tasks.classify import CLASSIFY
from ostinato.train.card import card
from ostinato.train.fit import fit
from train import toy


@pytest.fixture(scope="module")
def model():
    return fit(CLASSIFY, toy.sequences(), toy.options()).model


def test_the_card_says_what_it_is_data_recipe_scores_limits_and_use(model):
    text = card(model, "speech")
    titles = [line for line in text.splitlines() if line.startswith("#")]
    assert titles == [
        "# speech", "## Data", "## Network", "## Recipe", "## Scores", "## Limits", "## Use",
    ]  # fmt: skip
    assert "one of 2 labels (down, up)" in text
    assert "24 sequences" in text
    assert f"| accuracy | {model.training.scores['accuracy']:.4f} |" in text
    assert 'ostinato.load("speech")' in text


def test_labels_cannot_write_markdown_or_html_into_the_card(model):
    answer = model.answer.model_copy(update={"labels": ("<script>", "[a](http://b)\n# c")})
    text = card(model.model_copy(update={"answer": answer}), "speech")
    assert "<script>" not in text.replace("\\<script\\>", "")
    assert "\\[a\\]" in text
    assert "\n# c" not in text


def test_a_model_that_was_not_validated_says_so():
    options = toy.options(data={"valid_fraction": 0.0}, epochs=1)
    assert "Nothing was held out" in card(fit(CLASSIFY, toy.sequences(), options).model, "speech")
