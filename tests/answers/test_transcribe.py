"""Words and their times; error rates against a dumb edit distance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.answers.transcribe import Heard, TranscribeScores, Transcript
from ostinato.errors import ArgumentError

texts = st.lists(st.sampled_from("abc"), min_size=1, max_size=6).map(" ".join)


def heard(text):
    return Heard(text, tuple((float(i), i + 0.5) for i in range(len(text))))


def distance(a, b):
    """Return the edits between two sequences, by the definition."""
    if not a or not b:
        return len(a) + len(b)
    return min(distance(a[1:], b[1:]) + (a[0] != b[0]), distance(a[1:], b) + 1, distance(a, b[1:]) + 1)


@given(pairs=st.lists(st.tuples(texts, texts | st.just("")), min_size=1, max_size=3))
def test_rates_are_edits_by_what_was_said(pairs):
    scores = TranscribeScores.of(*zip(*pairs, strict=True))
    edits = sum(distance(a.split(), b.split()) for a, b in pairs)
    assert scores.wer == pytest.approx(edits / sum(len(a.split()) for a, _ in pairs))
    assert scores.substituted + scores.inserted + scores.deleted == edits
    for (said, text), pieces in zip(pairs, scores.alignments, strict=True):
        assert " ".join(" ".join(one.said for one in pieces).split()) == said
        assert " ".join(" ".join(one.heard for one in pieces).split()) == text


def test_characters_count_too():
    assert TranscribeScores.of(["abcd"], ["abxd"]).cer == 0.25


@pytest.mark.parametrize("pair", [((), ()), (("a",), ("a", "b"))])
def test_as_many_of_both_are_needed(pair):
    with pytest.raises(ArgumentError, match="as many of both"):
        TranscribeScores.of(*pair)


def test_words_have_the_times_of_their_letters():
    text, words = Transcript.of(heard(" ab  c "))
    assert text == "ab c"
    assert [*map(tuple, words)] == [("ab", 1.0, 2.5), ("c", 5.0, 5.5)]


@given(text=st.text("ab ", max_size=12), cut=st.integers(0, 12))
def test_words_that_come_in_pieces_are_those_of_the_whole(text, cut):
    whole = heard(text)
    first = Heard(whole.text[:cut], whole.times[:cut])
    words, open_word = first.parted()
    more, last = (open_word + Heard(whole.text[cut:], whole.times[cut:])).parted()
    assert words + more + last.words() == whole.words()
