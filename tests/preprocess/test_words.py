"""Words as rows of numbers, and the file that their vocabulary is saved in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.errors import DataError
from ostinato.preprocess.words import WordVocabulary

SENTENCES = [["The", "cat", "sat", "in", "1984"], ["the", "cat", "ran"]]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


def fitted(sentences=SENTENCES, **options):
    return WordVocabulary.fit(sentences, **({"word_length": 4} | options))


def test_the_most_frequent_words_come_first_and_equals_in_alphabetical_order():
    assert fitted().words == ("cat", "the", "0000", "in", "ran", "sat")
    assert fitted(size=3).words == ("cat", "the")


def test_a_word_that_is_seen_too_seldom_is_unknown_and_its_letters_are_not():
    vocabulary = fitted(minimum_count=2)
    assert vocabulary.words == ("cat", "the")
    row = vocabulary.encode(["ran"])[0]
    assert row[0] == 0
    assert min(row[1:4]) > 1
    assert row[4] == 0
    assert vocabulary.unknown_rate(SENTENCES) == 4 / 8


def test_case_and_digits_are_folded_where_that_is_asked_for_and_letters_stay_as_they_are():
    vocabulary = fitted()
    assert vocabulary.number("THE") == vocabulary.number("the") != 0
    assert vocabulary.number("2001") == vocabulary.number("1984") != 0
    upper, lower = vocabulary.encode(["The", "the"])[:, 1].tolist()
    assert upper != lower
    exact = fitted(lowercase=False, fold_digits=False)
    assert {"The", "the", "1984"} <= set(exact.words)
    assert exact.number("2001") == 0


def test_a_long_word_is_read_by_its_beginning_and_its_end():
    vocabulary = fitted([["abcdefg"]], word_length=3)
    whole = fitted([["abcdefg"]], word_length=7).encode(["abcdefg"])[0, 1:]
    assert vocabulary.encode(["abcdefg"])[0, 1:].tolist() == [whole[0], whole[1], whole[6]]
    assert fitted([["abc"]], word_length=1).encode(["abc"]).shape == (1, 2)


def test_an_unknown_letter_is_letter_one():
    assert fitted().encode(["☃"]).tolist() == [[0, 1, 0, 0, 0]]


@given(st.lists(st.lists(TEXTS, min_size=1), min_size=1))
def test_a_saved_vocabulary_gives_the_same_numbers(sentences):
    vocabulary = fitted(sentences)
    again = WordVocabulary.from_json(vocabulary.spec, vocabulary.tokenizer_json())
    for sentence in sentences:
        assert again.encode(sentence).tolist() == vocabulary.encode(sentence).tolist()
    assert again.tokenizer_json() == vocabulary.tokenizer_json()


@given(st.lists(TEXTS, min_size=1))
def test_every_number_is_one_that_the_network_has(sentence):
    vocabulary = fitted()
    rows = vocabulary.encode(sentence)
    assert rows.shape == (len(sentence), 5)
    assert rows.min() >= 0
    assert rows[:, 0].max() < vocabulary.spec.words
    assert rows[:, 1:].max() < vocabulary.spec.letters


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ([], "a sentence has no words"),
        ([""], "a word is ''; expected a str that is not empty"),
        ([3], "a word is 3"),
        (["\ud800"], "has half a character"),
    ],
)
def test_what_is_no_word_is_refused(sentence, message):
    with pytest.raises(DataError, match=message):
        fitted().encode(sentence)


def spoilt(change):
    content = json.loads(fitted().tokenizer_json())
    change(content)
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON"),
        (b"[]", "holds no words and letters"),
        (b'{"words": [], "words": [], "letters": []}', "a key stands twice"),
        (spoilt(lambda c: c.update(more=1)), "holds no words and letters"),
        (spoilt(lambda c: c["words"].pop()), "has 5 words; the model expects 6"),
        (spoilt(lambda c: c.update(letters="abc")), "has no letters"),
        (spoilt(lambda c: c["words"].__setitem__(1, "cat")), "one of its words stands twice"),
        (spoilt(lambda c: c["words"].__setitem__(1, 7)), "7 among its words is none"),
        (spoilt(lambda c: c["words"].__setitem__(1, "")), "'' among its words is none"),
        (spoilt(lambda c: c["letters"].__setitem__(1, "ab")), "'ab' among its letters is none"),
        (spoilt(lambda c: c["letters"].__setitem__(1, "\ud800")), "among its letters is none"),
    ],
)
def test_a_foreign_file_is_refused(content, message):
    with pytest.raises(DataError, match=message):
        WordVocabulary.from_json(fitted().spec, content)
