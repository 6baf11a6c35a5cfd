"""The evaluation of translations and of answers, as JSON, as a table and as a page."""

import json

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="a report needs ostinato[report]")
pytest.importorskip("jinja2", reason="a report needs ostinato[report]")
pytest.importorskip("sacrebleu", reason="scoring needs ostinato[text]")

import pair_models
from ostinato.answers.translate import TranslationScores
from ostinato.evaluate import chat, translate
from ostinato.evaluate.chat import ChatEvaluation, Exchange
from ostinato.evaluate.translate import Example, TranslateEvaluation

UGLY = "a <b>bold</b> \x1b[31m man"


def translations(attention):
    """Return the evaluation of one translation, whose texts hold markup and a control character."""
    one = Example(UGLY, UGLY, UGLY, ["<a>", "∎"], ["b", "∎"], attention)
    return TranslateEvaluation(
        model=pair_models.translator().spec,
        name="model",
        source="a.en and a.de",
        pairs=1,
        scores=TranslationScores.of(["ein mann ."], ["ein mann ."], tokenized=True),
        perplexity=2.5,
        unknown_rate=0.25,
        examples=[one],
    )


def answers():
    """Return the evaluation of one answer."""
    return ChatEvaluation(
        model=pair_models.chatter().spec,
        name="model",
        source="talk.txt",
        answers=1,
        tokens=3,
        perplexity=2.0,
        shuffled=4.0,
        told_apart=0.75,
        examples=[Exchange([UGLY, "hello"], UGLY, "fine")],
    )


@pytest.mark.parametrize("attention", [None, np.full((2, 2), 0.5)], ids=["no attention", "attention"])
def test_a_page_of_translations_shows_texts_as_texts_and_the_attention_if_there_is_one(attention):
    page = translate.to_html(translations(attention))
    assert "<b>bold" not in page
    assert "\x1b" not in page
    assert "&lt;b&gt;bold" in page
    assert ("Attention of 2 tokens" in page) == (attention is not None)
    assert page == translate.to_html(translations(attention))


def test_a_page_of_answers_shows_what_was_said_before():
    page = chat.to_html(answers())
    assert "<b>bold" not in page
    assert "said before" in page
    assert "with another&#39;s history" in page


def test_json_and_table_say_the_same():
    found, shown = translations(None), json.loads(translations(None).to_json())
    assert shown["scores"]["perplexity"] == 2.5
    assert shown["signatures"]["bleu"] in found.to_table()
    assert "25.00%" in found.to_table()
    scores = json.loads(answers().to_json())["scores"]
    assert (scores["perplexity"], scores["perplexity_shuffled"], scores["told_apart"]) == (2.0, 4.0, 0.75)
    assert "4.00" in answers().to_table()
    assert "75.0 %" in answers().to_table()
