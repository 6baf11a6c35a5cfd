"""Splits: disjoint, complete, in proportion, and decided by the seed alone."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.data.split import folds, holdout
from ostinato.errors import ArgumentError

LABELS = ["a"] * 60 + ["b"] * 30 + ["c"] * 10
classes = st.lists(st.sampled_from("abcdef"), min_size=2, max_size=80)


def count(labels, indices):
    return Counter(labels[i] for i in indices)


@given(labels=classes, fraction=st.floats(0.01, 0.9), seed=st.integers(0, 2**63 - 1))
def test_holdout_is_a_partition_and_every_class_stays_in_training(labels, fraction, seed):
    if max(Counter(labels).values()) == 1:
        return
    train, valid = holdout(labels, len(labels), fraction, seed)
    assert sorted([*train, *valid]) == list(range(len(labels)))
    assert len(valid) >= 1
    assert set(count(labels, train)) == set(labels)
    assert len(valid) <= max(1, round(fraction * len(labels)))


def test_holdout_keeps_proportions():
    train, valid = holdout(LABELS, 100, 0.2, seed=5)
    assert count(LABELS, valid) == {"a": 12, "b": 6, "c": 2}
    assert (np.diff(train) > 0).all()
    assert (np.diff(valid) > 0).all()


def test_holdout_of_many_small_classes_has_the_size_asked_for():
    labels = [f"class {i % 40}" for i in range(200)]
    _, valid = holdout(labels, 200, 0.15, seed=0)
    assert len(valid) == 30
    assert max(count(labels, valid).values()) == 1


def test_class_preference_depends_on_chance_not_on_names():
    labels = [f"{i % 10}" for i in range(50)]
    chosen = Counter(c for seed in range(200) for c in count(labels, holdout(labels, 50, 0.1, seed)[1]))
    assert min(chosen.values()) > 60


def test_member_without_fellows_stays_in_training():
    labels = [*LABELS, "rare"]
    assert all(100 not in holdout(labels, 101, 0.5, seed)[1] for seed in range(20))
    assert all(100 in train for train, _ in folds(labels, 101, 5, seed=0))


def test_holdout_without_strata_and_without_anything():
    train, valid = holdout(None, 10, 0.3, seed=0)
    assert (len(train), len(valid)) == (7, 3)
    assert [len(part) for part in holdout(LABELS, 100, 0.0, seed=0)] == [100, 0]


@pytest.mark.parametrize(
    "split", [lambda s: holdout(LABELS, 100, 0.2, s)[1], lambda s: folds(LABELS, 100, 4, s)[0][1]]
)
def test_the_seed_decides(split):
    assert split(1).tolist() == split(1).tolist()
    assert split(1).tolist() != split(2).tolist()


@given(labels=classes, k=st.integers(2, 6), seed=st.integers(0, 100))
def test_folds_validate_every_sequence_once_but_the_single_ones(labels, k, seed):
    counts = Counter(labels)
    several = [i for i, label in enumerate(labels) if counts[label] > 1]
    if len(several) < k:
        return
    splits = folds(labels, len(labels), k, seed)
    assert sorted(np.concatenate([valid for _, valid in splits])) == several
    sizes = [len(valid) for _, valid in splits]
    assert max(sizes) - min(sizes) <= 1
    for train, valid in splits:
        assert sorted([*train, *valid]) == list(range(len(labels)))
        assert set(count(labels, train)) == set(labels)
        for label, found in count(labels, valid).items():
            assert found <= -(-counts[label] // k)


def test_holdout_of_single_members_only_is_refused():
    with pytest.raises(ArgumentError, match="each of the 2 sequences is the only one of its class"):
        holdout(["a", "b"], 2, 0.5, seed=0)


@pytest.mark.parametrize("k", [1, 4])
def test_more_folds_than_sequences_or_one_fold_is_refused(k):
    with pytest.raises(ArgumentError, match=f"folds is {k}; expected 2 to 3"):
        folds(["a", "a", "a", "b"], 4, k, seed=0)


def test_strata_of_another_number_are_refused():
    with pytest.raises(ArgumentError, match="names 2 sequences; expected 3"):
        holdout(["a", "b"], 3, 0.5, seed=0)
