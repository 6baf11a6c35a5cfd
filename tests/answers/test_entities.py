"""Entity scores, against counting by hand and against seqeval."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support

from ostinato.answers.entities import EntityScores, score_entities
from ostinato.errors import ArgumentError

TAGS = st.sampled_from(["O", *(f"{letter}-{kind}" for letter in "BIES" for kind in ("a", "b-c"))])
PAIRS = st.lists(st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=9), min_size=1, max_size=5)


def test_words_and_type_must_both_be_right():
    true = [["B-a", "I-a", "O", "B-b"], ["B-a"]]
    predicted = [["B-a", "I-a", "O", "B-a"], ["O"]]
    report = score_entities(true, predicted)
    assert report.overall == EntityScores(support=3, predicted=2, right=1)
    assert (report.overall.precision, report.overall.recall, report.overall.f1) == (1 / 2, 1 / 3, 2 / 5)
    assert report.kinds == {"a": EntityScores(2, 2, 1), "b": EntityScores(1, 0, 0)}


def test_what_is_undefined_is_none():
    nothing = score_entities([["O"]], [["O"]])
    assert (nothing.overall.precision, nothing.overall.recall, nothing.overall.f1) == (None, None, None)
    assert nothing.kinds == {}
    missed = score_entities([["B-a"]], [["O"]]).kinds["a"]
    assert (missed.precision, missed.recall, missed.f1) == (None, 0.0, 0.0)


def test_the_same_words_twice_are_two_entities():
    assert score_entities([["B-a", "B-a"]], [["B-a", "I-a"]]).overall == EntityScores(2, 1, 0)
    assert score_entities([["B-a"], ["B-a"]], [["B-a"], ["B-a"]]).overall == EntityScores(2, 2, 2)


@settings(deadline=None)
@given(PAIRS)
def test_scores_are_those_of_seqeval(pairs):
    true = [[one for one, _ in sentence] for sentence in pairs]
    predicted = [[other for _, other in sentence] for sentence in pairs]
    report = score_entities(true, predicted)
    expected = precision_recall_fscore_support(true, predicted, average="micro", zero_division=0)
    scores = report.overall
    assert [score or 0 for score in (scores.precision, scores.recall, scores.f1)] == pytest.approx(
        expected[:3]
    )
    by_kind = precision_recall_fscore_support(true, predicted, average=None, zero_division=0)
    assert [kind.f1 or 0 for kind in report.kinds.values()] == pytest.approx(by_kind[2])
    assert [kind.support for kind in report.kinds.values()] == list(by_kind[3])


@pytest.mark.parametrize("predicted", [[["O"]], [["O", "O"], ["O"]], [["O"], ["O", "O"]]])
def test_different_numbers_of_tags_are_refused(predicted):
    with pytest.raises(ArgumentError, match="differ in number"):
        score_entities([["O"], ["O"]], predicted)
