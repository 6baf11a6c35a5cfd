"""Words tagged some words late: with all that follows the tags are predict's; no cut breaks the scheme."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import model_files
from ostinato.errors import ArgumentError, DataError, StreamError
from ostinato.preprocess.words import WordVocabulary
from ostinato.read.iob import check
from ostinato.runtime import Tagger
from ostinato.runtime.network import Network
from ostinato.spec.answers import Tags
from ostinato.spec.columns import TaggedColumns
from ostinato.spec.model import TagModel
from ostinato.spec.network import Crf, Head, Recurrent, WordCharacters
from ostinato.spec.network import Network as NetworkSpec
from ostinato.spec.tag import TagOptions
from streaming import SENTENCE, tagger
from taggers import sentences

WORDS = [str(word) for word in np.random.default_rng(0).choice(SENTENCE, 60)]


def both_ways(*ends):
    """Return a tagger that reads both ways."""
    words = WordVocabulary.fit([SENTENCE], word_length=5)
    reader = WordCharacters(
        words=words.spec.words, letters=words.spec.letters, size=4, letter_size=3, letter_hidden_size=2
    )
    ops = (reader, Recurrent(cell="gru", hidden_size=4, bidirectional=True), Head(size=3), *ends)
    spec = TagModel(
        columns=TaggedColumns(),
        preprocessing=words.spec,
        network=NetworkSpec(input="words", input_size=6, ops=ops),
        answer=Tags(labels=("O", "B-city", "I-city"), scheme="IOB2"),
        recipe=TagOptions(),
        training=model_files.RECORD,
    )
    tensors = {name: 4 * array for name, array in model_files.weights(spec).items()}
    return Tagger(spec, Network(spec.network, tensors), words)


MODELS = {"crf": both_ways(Crf()), "softmax": both_ways(), "one way": tagger()}


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]


def test_a_sentence_that_fits_in_one_chunk_is_tagged_as_the_whole(model):
    chunks = model.chunks(look_ahead=60)
    assert [tag for word in WORDS for tag in chunks.push(word)] == []
    assert chunks.finish() == model.predict([WORDS]).tags[0]


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 60), max_size=6), ahead=st.integers(1, 9), size=st.integers(1, 9))
def test_every_word_is_tagged_once_and_no_cut_breaks_the_scheme(cuts, ahead, size):
    places = [0, *sorted(cuts), 60]
    for model in MODELS.values():
        chunks, tags = model.chunks(look_ahead=ahead, size=size, context=7), []
        for first, end in pairwise(places):
            tags += chunks.push(WORDS[first:end])
            assert end - len(tags) < ahead + size
            assert len(tags) <= max(0, end - ahead)
        tags += chunks.finish()
        assert len(tags) == 60
        check(sentences([WORDS], [tags]), "IOB2")


def test_what_is_refused_changes_nothing(model):
    chunks, same = model.chunks(look_ahead=2, size=1), model.chunks(look_ahead=2, size=1)
    assert chunks.push(WORDS[:6]) == same.push(WORDS[:6])
    for wrong in (["", "a"], [None], [7]):
        with pytest.raises(DataError, match="words are"):
            chunks.push(wrong)
    assert chunks.push(WORDS[6:]) + chunks.finish() == same.push(WORDS[6:]) + same.finish()
    with pytest.raises(StreamError, match="have ended"):
        chunks.push("more")
    chunks.reset()
    assert chunks.finish() == []


@pytest.mark.parametrize("name", ["look_ahead", "size", "context"])
def test_options_are_at_least_one(model, name):
    with pytest.raises(ArgumentError, match=f"{name} is 0"):
        model.chunks(**{name: 0})


def test_a_model_that_reads_both_ways_offers_chunks():
    with pytest.raises(StreamError, match=r"step by step: .*; .* some words late: chunks\(look"):
        MODELS["crf"].stream()
