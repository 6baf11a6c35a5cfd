"""Sequences are grouped by their length, however many lengths there are."""

from itertools import pairwise

import numpy as np
import pytest

from evaluations import LABELS, evaluation_of, make_model, noisy_answers, text_data
from ostinato.errors import ArgumentError
from ostinato.evaluate.classify import Evaluation
from ostinato.evaluate.lengths import LENGTHS


def test_few_lengths_are_a_group_each():
    found = evaluation_of([3, 5, 5, 9], [True, False, True, True], [0.9] * 4).by_length
    assert [(one.low, one.high, one.count, one.accuracy) for one in found] == [
        (3, 3, 1, 1.0),
        (5, 5, 2, 0.5),
        (9, 9, 1, 1.0),
    ]


def test_many_lengths_fall_into_few_groups_without_gaps():
    rng = np.random.default_rng(0)
    lengths = np.concatenate([rng.integers(1, 200, 300), [7] * 200])
    found = evaluation_of(lengths, [True] * 500, [0.9] * 500).by_length
    assert len(found) <= LENGTHS
    assert sum(one.count for one in found) == 500
    assert all(left.high < right.low for left, right in pairwise(found))
    assert (found[0].low, found[-1].high) == (lengths.min(), lengths.max())


def test_lengths_may_be_given():
    sequences, targets = text_data(LABELS, 4)
    model, answers = make_model(LABELS), noisy_answers(targets, 2, 1.0)
    found = Evaluation.of(model, sequences, answers, lengths=[9, 9, 9, 9])
    assert (found.by_length[0].low, found.by_length[0].count) == (9, 4)
    with pytest.raises(ArgumentError, match="1 lengths are given for 4 sequences"):
        Evaluation.of(model, sequences, answers, lengths=[9])
