"""The language model beside what is heard: its weights are its own answers, whatever was forgotten."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language_models import model as text_model
from language_models import scores_of
from ostinato.decode.ctc import prefix_search
from ostinato.decode.logs import log_softmax
from ostinato.errors import ArgumentError
from ostinato.runtime import fusion
from ostinato.runtime.fusion import Fusion, LanguageWeights

LETTERS = ("t", "o", " ", "Z")
texts = st.lists(st.integers(1, len(LETTERS)), max_size=5).map(tuple)


@pytest.fixture(scope="module")
def model():
    return text_model()


def expected(model, text, weight, bonus):
    """Return the weights of what follows a text, read whole, and of its end."""
    tokens = [0, *(int(model.tokenizer.encode(letter)[0]) for letter in LETTERS)]
    logs = log_softmax(scores_of(model, np.array([*(tokens[one] for one in text), 0])))[-1]
    return weight * logs[tokens] + bonus, weight * logs[model.boundary]


@settings(deadline=None)
@given(asked=st.lists(texts, min_size=1, max_size=4), gone=texts)
def test_weights_are_what_the_model_says_of_the_whole_text(model, asked, gone):
    weights = LanguageWeights(Fusion.of(model, LETTERS, 0.7, 0.2)).after(gone)
    found, ends = weights(asked), weights.ends(asked)
    for text, row, end in zip(asked, found, ends, strict=True):
        wanted, over = expected(model, gone + text, 0.7, 0.2)
        np.testing.assert_allclose(row, wanted, atol=1e-5)
        assert end == pytest.approx(over, abs=1e-5)


def test_what_was_forgotten_is_computed_again(model, monkeypatch):
    monkeypatch.setattr(fusion, "REMEMBERED", 3)
    weights = LanguageWeights(Fusion.of(model, LETTERS, 1.0, 0.0))
    for text in [(1, 2, 3), (4, 4), (1,), (2, 1, 2, 1), (1, 2, 3)]:
        np.testing.assert_allclose(weights([text])[0], expected(model, text, 1.0, 0.0)[0], atol=1e-5)
        assert len(weights._known) <= 3 + 4


def test_it_moves_the_search_to_what_the_model_finds_likely(model):
    logs = np.log(np.full((6, 5), 0.2))
    weights = LanguageWeights(Fusion.of(model, LETTERS, 2.0, 0.0))
    (best, *_) = prefix_search(logs, 8, weigh=weights)
    assert best.tokens != prefix_search(logs, 8)[0].tokens


def test_only_models_of_characters_are_taken():
    for other in (text_model("word"), "a model"):
        with pytest.raises(ArgumentError, match="--level char"):
            Fusion.of(other, LETTERS, 1.0, 0.0)
