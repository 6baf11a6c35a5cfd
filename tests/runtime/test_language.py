"""A loaded language model: what it makes of texts, and what it writes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")

import language_models
from ostinato.answers.language import nats
from ostinato.errors import ArgumentError, DataError
from ostinato.runtime import language, tokens
from ostinato.spec.sampling import Sampling

MODEL = language_models.model()
TEXT = language_models.TEXT
LETTERS = st.text(st.sampled_from(sorted(set(TEXT))), min_size=1, max_size=40)


@given(st.lists(LETTERS, min_size=1, max_size=7))
def test_documents_side_by_side_are_scored_as_each_alone(documents):
    together = MODEL.score(documents).losses
    for text, losses in zip(documents, together, strict=True):
        tokens = MODEL.tokenizer.encode(text)
        np.testing.assert_allclose(losses, nats(language_models.scores_of(MODEL, tokens), tokens), atol=1e-5)


@pytest.mark.parametrize("most", [1, 100, 1000])
def test_long_documents_are_scored_in_parts_with_the_state_carried(monkeypatch, most):
    expected = MODEL.score([TEXT * 3, TEXT])
    monkeypatch.setattr(tokens, "MOST_SCORES", most)
    found = MODEL.score([TEXT * 3, TEXT])
    for a, b in zip(found.losses, expected.losses, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_unknown_characters_are_counted():
    scores = MODEL.score(["to be ☃"])
    assert (scores.unknown, scores.tokens) == (1, 7)


def test_the_likeliest_text_is_written_by_temperature_nought():
    text = MODEL.generate("to be", 30, Sampling(temperature=0.0))[0]
    tokens = MODEL.tokenizer.encode("to be" + text)
    scores = language_models.scores_of(MODEL, tokens)[len("to be") :]
    scores[:, MODEL.tokenizer.unknown] = -np.inf
    assert tokens[len("to be") :].tolist() == scores.argmax(axis=1).tolist()[: len(text)]


def test_a_seed_gives_the_same_text_alone_and_beside_others():
    sampling = Sampling(seed=3)
    first, *_ = MODEL.generate("to", 50, sampling, samples=3)
    assert MODEL.generate("to", 50, sampling) == [first]
    assert MODEL.generate("to", 50, Sampling(seed=4)) != [first]


def test_pieces_as_they_are_written_make_the_text():
    sampling = Sampling(seed=5)
    pieces = [piece for (piece,) in MODEL.write("", 60, sampling)]
    assert "".join(pieces) == MODEL.generate("", 60, sampling)[0]


@given(st.integers(0, 20), st.sampled_from(["e", "th", "question", "\n"]))
def test_a_text_ends_before_the_stop(seed, stop):
    whole = MODEL.generate("", 80, Sampling(seed=seed))[0]
    cut = MODEL.generate("", 80, Sampling(seed=seed), stop=stop)[0]
    assert cut == whole.split(stop)[0]


def test_a_piece_that_may_be_the_stop_is_held_back():
    pen = language._Pen(language.Untokenizer(MODEL.tokenizer), "be or")
    number = {letter: int(MODEL.tokenizer.encode(letter)[0]) for letter in TEXT}
    said = [pen.push(number[letter], MODEL.boundary) for letter in "to be to"]
    assert said == ["t", "o", " ", "", "", "", "be t", "o"]
    assert "".join(said) + pen.finish() == "to be to"


def test_a_text_is_over_where_the_model_says_so():
    pen = language._Pen(language.Untokenizer(MODEL.tokenizer), None)
    assert (pen.push(MODEL.boundary, MODEL.boundary), pen.done, pen.push(1, MODEL.boundary)) == ("", True, "")


def test_words_and_byte_pairs_are_written_too():
    for method in ("word", "spaced", "bpe"):
        model = language_models.model(method)
        assert model.generate("to", 20, Sampling(temperature=0.5))[0]


def test_a_prompt_of_unknown_letters_is_refused():
    with pytest.raises(DataError, match="the prompt has '☃', which the model has never read"):
        MODEL.generate("to ☃ be")


@pytest.mark.parametrize("given", [{"length": 0}, {"samples": 0}])
def test_nothing_to_write_is_an_error(given):
    with pytest.raises(ArgumentError, match="expected a whole number of at least 1"):
        MODEL.generate("to", **{"length": 5, **given})


def test_memory_is_measured_from_a_fresh_state():
    documents = [TEXT * 4]
    found = MODEL.losses_by_memory(documents)
    length = len(found)
    tokens = MODEL.tokenizer.encode(documents[0])
    pieces = [tokens[i : i + length + 1] for i in range(0, len(tokens) - length, length + 1)]
    expected = []
    for piece in pieces:
        scores = MODEL.network.push(MODEL.network.start(1), piece[:-1, None])[1][:, 0]
        expected.append(nats(scores, piece[1:]))
    np.testing.assert_allclose(found, np.mean(expected, axis=0), atol=1e-5)


def test_numpy_alone_says_the_same():
    plain = language_models.model(kernels="numpy")
    for a, b in zip(plain.score([TEXT]).losses, MODEL.score([TEXT]).losses, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    assert plain.generate("to", 40) == MODEL.generate("to", 40)
