"""A loaded translation model: what it says of sources, whatever stands beside them."""

import numpy as np
import pytest

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")

import pair_models
from networks import KERNELS, WHOLE_MODEL
from ostinato.answers.language import nats
from ostinato.decode.beam import Beam
from ostinato.errors import ArgumentError, DataError
from ostinato.runtime import search
from ostinato.runtime.network import Network
from ostinato.runtime.translate import Translator

FORMS = {
    "luong": {},
    "bahdanau": {"attention": "bahdanau", "cell": "lstm"},
    "additive": {"attention_score": "additive"},
}
forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())


@forms
@pytest.mark.parametrize("kernels", KERNELS)
def test_a_source_alone_is_translated_as_in_a_batch(form, kernels, monkeypatch):
    model = pair_models.translator(kernels=kernels, **form)
    together = model.search(pair_models.SOURCES, Beam(beam_size=3, n_best=2))
    monkeypatch.setattr(search, "SIDE_BY_SIDE", 2)
    in_twos = model.search(pair_models.SOURCES, Beam(beam_size=3, n_best=2))
    for text, answers, again in zip(pair_models.SOURCES, together, in_twos, strict=True):
        (alone,) = model.search([text], Beam(beam_size=3, n_best=2))
        for other in (alone, again):
            assert [one.text for one in other] == [one.text for one in answers]
            np.testing.assert_allclose(
                [one.score for one in other], [one.score for one in answers], atol=WHOLE_MODEL * 10
            )


def test_both_kernels_find_the_same():
    numpy, native = (pair_models.translator(kernels=kernels) for kernels in KERNELS)
    assert numpy.translate(pair_models.SOURCES) == native.translate(pair_models.SOURCES)


@forms
def test_a_score_is_the_log_probability_of_the_tokens(form):
    model = pair_models.translator(**form)
    plain = Beam(beam_size=4, length_penalty=0.0)
    for text in pair_models.SOURCES[:3]:
        ((found,),) = model.search([text], plain)
        source = np.append(model.source.encode(text), model.source.spec.vocabulary_size)
        target = [model.target.vocabulary().index(token.strip()) for token in found.tokens[:-1]]
        ended = np.array([*target, model.boundary])
        losses = nats(pair_models.scores_of(model, source, target), ended)
        assert found.score == pytest.approx(-losses.sum(), abs=1e-4)


@forms
def test_attention_is_over_what_was_read_and_said(form):
    model = pair_models.translator(**form)
    for text, (found,) in zip(pair_models.SOURCES, model.search(pair_models.SOURCES), strict=True):
        assert found.source_tokens[:-1] == text.split()
        assert found.attention.shape == (len(found.tokens), len(found.source_tokens))
        np.testing.assert_allclose(found.attention.sum(axis=1), 1, rtol=1e-5)


@forms
def test_losses_side_by_side_are_those_of_each_alone(form):
    model = pair_models.translator(**form)
    sources = [np.append(model.source.encode(text), 7) for text in pair_models.SOURCES]
    targets = [model.target.encode(text) for text in pair_models.TARGETS]
    for source, target, found in zip(sources, targets, model.losses(sources, targets), strict=True):
        ended = np.append(target, model.boundary)
        expected = nats(pair_models.scores_of(model, source, target), ended)
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_answers_are_bounded_by_the_length_of_the_source():
    model = pair_models.translator()
    endless = model.network.ops["head"]
    endless.bias[model.boundary] = -1e9
    ((found,),) = model.search(["one dog sees"], longest_factor=1.0)
    assert len(found.tokens) - 1 == 4 + search.LONGEST_MORE


def test_the_unknown_token_is_never_said():
    model = pair_models.translator()
    model.network.ops["head"].bias[model.target.unknown] = 1e3
    assert not any("�" in text for text in model.translate(pair_models.SOURCES))


def test_unknown_tokens_are_read_and_counted_but_not_judged():
    model = pair_models.translator()
    assert model.unknown_rate(["one dragon"]) == 0.5
    [nats] = model.score(["one dragon"], ["eins drache"])
    assert len(nats) == 2


@pytest.mark.parametrize("text", ["", " \t", None, 3])
def test_a_blank_text_is_refused_by_its_number(text):
    with pytest.raises(DataError, match="text 2 is"):
        pair_models.translator().translate(["one", text])


def test_nothing_is_translated_to_nothing():
    assert pair_models.translator().translate([]) == []


def test_parts_of_another_model_are_refused():
    model = pair_models.translator()
    chain = Network(model.network.spec.encoder, _zeros(model.network.spec.encoder))
    with pytest.raises(ArgumentError, match="no encoder"):
        Translator(model.spec, chain, model.preprocessor)
    other = pair_models.translator(shared=True)
    with pytest.raises(ArgumentError, match="not those"):
        Translator(model.spec, model.network, other.preprocessor)


def _zeros(spec):
    return {name: np.zeros(shape, np.float32) for name, shape in spec.tensors().items()}
