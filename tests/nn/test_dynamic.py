"""A model that learns from what it scores: never before, by the equations, and every call anew."""

import numpy as np
import pytest
import torch

import language_models
import model_files
import ostinato
import saved_models
from ostinato.archive import model as archive
from ostinato.errors import ArgumentError
from ostinato.nn import dynamic
from ostinato.nn.dynamic import BACK, FLOOR, learner

TEXTS = [language_models.TEXT * 3, "to be, or not\n" * 4]


@pytest.fixture
def place(tmp_path):
    """Return the directory of a small language model of characters."""
    model = language_models.model()
    return saved_models.save(tmp_path / "m", model.spec, model.preprocessor.tokenizer_json())


def documents_of(place):
    return [ostinato.load(place).tokenizer.encode(text) for text in TEXTS]


def test_at_a_rate_of_zero_it_scores_as_the_model_does(place):
    documents = documents_of(place)
    for own, learnt in zip(
        ostinato.load(place).losses(documents), learner(place, 0.0)(documents), strict=True
    ):
        np.testing.assert_allclose(learnt, own, atol=1e-4)


def test_nothing_is_learnt_from_what_is_not_scored_yet(place):
    tokens = documents_of(place)[0]
    other = tokens.copy()
    other[dynamic.CHUNK] = tokens[dynamic.CHUNK + 1]
    first, second = (learner(place, 1e-2)([one])[0][: dynamic.CHUNK] for one in (tokens, other))
    np.testing.assert_array_equal(first, second)
    still = learner(place, 0.0)([tokens])[0]
    np.testing.assert_array_equal(first, still[: dynamic.CHUNK])
    assert (learner(place, 1e-2)([tokens])[0] != still)[dynamic.CHUNK :].any()


def test_a_text_that_repeats_itself_is_foretold_better_and_better(place):
    tokens = np.tile(documents_of(place)[1], 40)
    still, learnt = (learner(place, rate)([tokens])[0][-200:].mean() for rate in (0.0, 1e-2))
    assert learnt < 0.75 * still, (learnt, still)


def test_weights_go_from_document_to_document_and_not_from_call_to_call(place):
    documents, learn = documents_of(place), learner(place, 1e-2)
    together = learn(documents)
    np.testing.assert_array_equal(learn(documents)[1], together[1])
    assert (learn(documents[1:])[0] != together[1]).any()


def test_a_step_is_that_of_the_equations(place):
    network = dynamic.Network(archive.load(place).model.network)
    learning = dynamic._Learning(network, 1e-2)
    before = [weight.detach().clone() for weight in learning.weights]
    loss = sum((weight**2).sum() for weight in learning.weights)
    learning._learn(loss)
    for weight, begun in zip(learning.weights, before, strict=True):
        gradient = 2 * begun
        moved = begun - 1e-2 * gradient / (gradient.abs() + FLOOR)
        torch.testing.assert_close(weight.detach(), moved + BACK * (begun - moved))


def test_a_document_without_tokens_has_no_losses(place):
    (found,) = learner(place, 1e-3)([np.empty(0, np.int64)])
    assert found.shape == (0,)


@pytest.mark.parametrize("rate", [-1.0, float("nan"), float("inf"), "fast"])
def test_a_rate_that_is_none_is_refused(place, rate):
    with pytest.raises(ArgumentError, match="expected a finite number from 0 on"):
        learner(place, rate)


def test_a_rate_that_is_too_high_is_named(place):
    with pytest.raises(ArgumentError, match=r"rate is 1e\+30, and after \d+ steps a loss is not finite"):
        learner(place, 1e30)(documents_of(place))


def test_what_is_no_language_model_is_refused(tmp_path):
    place = model_files.good(tmp_path / "text", model_files.TEXT)
    with pytest.raises(ArgumentError, match="only language models of tokens learn on"):
        learner(place, 1e-3)
