"""Entities and the schemes that write them, against every sequence of a few tags."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato.errors import ArgumentError, DataError
from ostinato.read import read_tagged
from ostinato.read.iob import Entity, allowed, check, entities, in_iob2, scheme_of, to_iob2
from ostinato.read.sentences import TaggedSentences

LETTERS = {"IOB1": "BI", "IOB2": "BI", "IOBES": "BIES", "BILOU": "BILU", "BMES": "BMES"}


def written(spans, scheme):
    """Return the tags of kinds and lengths, one span after the other; the kind None is outside."""
    first, inside, last, single = {"IOB1": "BIII", "IOB2": "BIIB"}.get(scheme, LETTERS[scheme])
    tags, before = [], None
    for kind, length in spans:
        if kind is None:
            tags += ["O"] * length
        elif scheme == "IOB1":
            tags += [("B-" if before == kind else "I-") + kind] + [f"I-{kind}"] * (length - 1)
        elif length == 1:
            tags += [f"{single}-{kind}"]
        else:
            tags += [f"{first}-{kind}"] + [f"{inside}-{kind}"] * (length - 2) + [f"{last}-{kind}"]
        before = kind
    return tags


def expected(spans):
    found, start = [], 0
    for kind, length in spans:
        found += [] if kind is None else [Entity(start, start + length, kind)]
        start += length
    return found


def sentences_of(tags, lines=None):
    return TaggedSentences("a.conll", [["w"] * len(tags)], [tags], None, ["1"], ["a.conll, line 5"], lines)


def is_sound(tags, scheme):
    try:
        check(sentences_of(list(tags)), scheme)
    except DataError:
        return False
    return True


SPANS = st.lists(st.tuples(st.sampled_from([None, "x", "y-z"]), st.integers(1, 4)), min_size=1)


@settings(deadline=None)
@given(SPANS, st.sampled_from(list(LETTERS)))
def test_entities_that_are_written_are_found_in_every_scheme(spans, scheme):
    tags = written(spans, scheme)
    assert entities(tags) == expected(spans)
    assert is_sound(tags, scheme)
    assert to_iob2(tags) == written(spans, "IOB2")


@pytest.mark.parametrize("scheme", LETTERS)
def test_exactly_the_sound_sequences_are_what_their_entities_write(scheme):
    """A sequence is sound if writing down its entities gives it again; checked on all of up to four tags."""
    known = ["O", *(f"{letter}-{kind}" for letter in LETTERS[scheme] for kind in "xy")]
    for length in range(1, 5):
        for tags in product(known, repeat=length):
            spans, end = [], 0
            for entity in entities(tags):
                spans += [(None, entity.start - end)] if entity.start > end else []
                spans += [(entity.kind, entity.end - entity.start)]
                end = entity.end
            spans += [(None, length - end)] if length > end else []
            assert is_sound(tags, scheme) == (written(spans, scheme) == list(tags)), tags


@pytest.mark.parametrize(
    ("sentences", "scheme"),
    [
        ([["O", "B-a", "I-a"], ["O"]], "IOB2"),
        ([["O", "I-a", "I-a", "B-a"]], "IOB1"),
        ([["I-a", "B-a", "I-b"]], "IOB1"),
        ([["B-a"], ["O"]], "IOB2"),
        ([["I-a"], ["B-a"]], "IOB2"),
        ([["B-a", "I-a"]] * 9 + [["O", "I-a"]], "IOB2"),
        ([["B-a", "E-a"], ["S-b"]], "IOBES"),
        ([["S-b"]], "IOBES"),
        ([["B-a", "L-a"], ["U-b"]], "BILOU"),
        ([["B-a", "M-a", "E-a"]], "BMES"),
        ([["B", "I", "O"]], "IOB2"),
        ([["O", "O"]], None),
        ([], None),
        ([["NOUN", "VERB"]], None),
        ([["O", "person"]], None),
        ([["B-a", "X-a"]], None),
        ([["B-a", "L-a", "E-a"]], None),
        ([["B-", "I-a"]], None),
        ([["S", "E"]], None),
    ],
)
def test_the_scheme_is_told_by_letters_and_sequences(sentences, scheme):
    assert scheme_of(sentences) == scheme


@settings(deadline=None)
@given(st.lists(SPANS, min_size=1), st.sampled_from(["IOBES", "BILOU"]))
def test_the_scheme_of_written_tags_is_found(sentences, scheme):
    tags = [written(spans, scheme) for spans in sentences]
    letters = {tag[0] for sentence in tags for tag in sentence}
    if letters & set(LETTERS[scheme][2:]):
        assert scheme_of(tags) == scheme


@pytest.mark.parametrize(
    ("tags", "scheme", "step", "why"),
    [
        (["O", "I-a"], "IOB2", 2, "tag 'I-a' after 'O' breaks IOB2; expected 'O' or 'B-a'."),
        (["I-a"], "IOB2", 1, "tag 'I-a' at the sentence's beginning breaks IOB2; expected 'O' or 'B-a'."),
        (["B-a", "I-b"], "IOB2", 2, "breaks IOB2; expected 'O' or 'B-a' or 'I-a' or 'B-b'."),
        (["I-a", "O", "B-a"], "IOB1", 3, "tag 'B-a' after 'O' breaks IOB1; expected 'O' or 'I-a'."),
        (["B-a", "O"], "IOBES", 2, "tag 'O' after 'B-a' breaks IOBES; expected 'I-a' or 'E-a'."),
        (["O", "B-a"], "BILOU", 2, "the sentence's end after 'B-a' breaks BILOU; expected 'I-a' or 'L-a'."),
        (["O", "E-a"], "IOBES", 2, "expected 'O' or 'B-a' or 'S-a'."),
        (["O", "S-a"], "IOB2", 2, "tag 'S-a' after 'O' breaks IOB2; expected 'O' or 'B-a'."),
        (["O", "B-"], "IOB2", 2, "tag 'B-' after 'O' breaks IOB2; expected 'O'."),
        (["O", "I"], "IOB2", 2, "tag 'I' after 'O' breaks IOB2; expected 'O' or 'B'."),
        (["O", "noun"], "IOB2", 2, "tag 'noun' after 'O' breaks IOB2; expected 'O' or 'B'."),
    ],
)
def test_the_first_break_is_told_with_its_place(refused, tags, scheme, step, why):
    message = refused(check, sentences_of(tags), scheme, error=DataError)
    assert message.startswith(f"a.conll, line 5, word {step}: ")
    assert message.endswith(why)


def test_a_break_has_the_line_of_its_word(write, refused):
    sentences = read_tagged(write("a.conll", "a\tO\n\n# x = y z\nb\tO\nc\tI-x\n"), labelled=True)
    assert "a.conll, line 5: tag 'I-x' after 'O' breaks IOB2" in refused(check, sentences, "IOB2")


def test_sentences_without_tags_break_nothing(write):
    sentences = read_tagged(write("a.conll", "a\n"), labelled=False)
    check(sentences, "IOB2")
    assert in_iob2(sentences) is sentences


def test_sentences_are_converted():
    assert in_iob2(sentences_of(["I-a", "B-a", "O"])).tags == [["B-a", "B-a", "O"]]
    assert to_iob2(["I", "I", "O", "B"]) == ["B", "I", "O", "B"]


@pytest.mark.parametrize("tag", ["X-a", "NOUN", "B-", "", "-a"])
def test_a_tag_of_no_scheme_has_no_entities(tag):
    with pytest.raises(ArgumentError, match="is no entity's"):
        entities(["O", tag])


def test_allowed_is_about_two_neighbours():
    assert allowed("IOB1", None, "I-a")
    assert not allowed("IOB1", None, "B-a")
    assert allowed("IOBES", "E-a", "E-a") is False
    assert allowed("BILOU", "U-a", None)


@pytest.mark.parametrize(
    ("name", "count"), [("tag_wnut17_ner/emerging.test.annotated", 1_079), ("tag_snips/test", 1_790)]
)
def test_real_data_follows_iob2_and_has_the_entities_that_are_published(real, name, count):
    sentences = read_tagged(real(name), labelled=True)
    assert scheme_of(sentences.tags) == "IOB2"
    check(sentences, "IOB2")
    assert sum(len(entities(tags)) for tags in sentences.tags) == count
