"""Chains of labels against the enumeration of all paths, and a packed batch against each sequence alone."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.decode.iob import allowed
from ostinato.decode.viterbi import Allowed, Transitions, log_partition, marginals, viterbi
from ostinato.errors import ArgumentError
from ostinato.preprocess.pack import by_sequence, pack_index

seeds = st.integers(0, 2**32 - 1)


def chain(seed, labels, scale=2.0):
    generator = np.random.default_rng(seed)
    shapes = [(labels, labels), labels, labels]
    return Transitions(*(generator.normal(size=shape) * scale for shape in shapes))


def emissions(seed, *shape, scale=2.0):
    return np.random.default_rng(seed + 1).normal(size=shape) * scale


def masks(seed, labels):
    """Return random masks that leave label 0 free, so that there is a path."""
    generator = np.random.default_rng(seed + 2)
    mask = Allowed(*(generator.uniform(size=shape) < 0.5 for shape in [(labels, labels), labels, labels]))
    mask.between[0, 0] = mask.start[0] = mask.end[0] = True
    return mask


def score(path, scores, transitions):
    """Return the score of one path, by the definition."""
    steps = sum(scores[t, y] for t, y in enumerate(path))
    between = sum(transitions.between[a, b] for a, b in itertools.pairwise(path))
    return transitions.start[path[0]] + steps + between + transitions.end[path[-1]]


def paths(scores, transitions):
    """Return every path with its score."""
    steps, labels = scores.shape
    return {p: score(p, scores, transitions) for p in itertools.product(range(labels), repeat=steps)}


def packed(lengths, labels, seed=0):
    """Return sequences and the packed batch of them."""
    sequences = [emissions(seed + i, n, labels) for i, n in enumerate(lengths)]
    rows, batch_sizes = pack_index(np.cumsum(lengths) - lengths, np.array(lengths))
    return sequences, np.concatenate(sequences)[rows], batch_sizes


@given(seed=seeds, steps=st.integers(1, 4), labels=st.integers(1, 3), masked=st.booleans())
def test_everything_is_what_enumeration_finds(seed, steps, labels, masked):
    scores, transitions = emissions(seed, steps, labels), chain(seed, labels)
    transitions = transitions.masked(masks(seed, labels)) if masked else transitions
    every = paths(scores, transitions)
    path, best = viterbi(scores, transitions)
    assert tuple(path.tolist()) == max(every, key=every.get)
    np.testing.assert_allclose(best, [max(every.values())], rtol=1e-12)
    whole = np.log(sum(np.exp(s) for s in every.values()))
    np.testing.assert_allclose(log_partition(scores, transitions), [whole], rtol=1e-10, atol=1e-10)
    expected = np.zeros((steps, labels))
    for one, value in every.items():
        expected[range(steps), one] += np.exp(value - whole)
    np.testing.assert_allclose(marginals(scores, transitions), expected, atol=1e-10)


@given(
    seed=seeds,
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=5).map(lambda x: sorted(x, reverse=True)),
    labels=st.integers(1, 4),
)
def test_a_packed_batch_is_each_sequence_alone(seed, lengths, labels):
    sequences, rows, batch_sizes = packed(lengths, labels, seed % 1000)
    transitions = chain(seed, labels)
    order = by_sequence(batch_sizes)
    path, best = viterbi(rows, transitions, batch_sizes)
    alone = [viterbi(scores, transitions) for scores in sequences]
    assert path[order].tolist() == np.concatenate([p for p, _ in alone]).tolist()
    assert best.tolist() == [b.item() for _, b in alone]
    found = [log_partition(scores, transitions).item() for scores in sequences]
    np.testing.assert_allclose(log_partition(rows, transitions, batch_sizes), found, rtol=1e-12)
    each = np.concatenate([marginals(scores, transitions) for scores in sequences])
    np.testing.assert_allclose(marginals(rows, transitions, batch_sizes)[order], each, atol=1e-12)


@given(seed=seeds, scale=st.sampled_from([0.1, 1.0, 30.0, 1e6]), steps=st.integers(1, 65))
def test_laws_hold_for_long_sequences_and_large_numbers(seed, scale, steps):
    scores, transitions = emissions(seed, steps, 5, scale=scale), chain(seed, 5, scale)
    path, best = viterbi(scores, transitions)
    tolerance = 1e-12 * scale * steps
    np.testing.assert_allclose(score(path, scores, transitions), best[0], rtol=1e-12, atol=tolerance)
    whole = log_partition(scores, transitions)
    assert (whole >= best - tolerance).all()
    assert (whole <= best + steps * np.log(5) + tolerance).all()
    found = marginals(scores, transitions)
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6 * max(1, scale / 1e4))


@given(
    seed=seeds,
    lengths=st.sampled_from([(1,), (7, 7, 2), (20, 1, 1)]),
    scheme=st.sampled_from(["IOB2", "IOBES"]),
)
def test_a_mask_is_never_broken(seed, lengths, scheme):
    prefixes = {"IOB2": "BI", "IOBES": "BIES"}[scheme]
    labels = ["O", *(f"{prefix}-{kind}" for kind in "xy" for prefix in prefixes)]
    mask = allowed(labels, scheme)
    transitions = chain(seed, len(labels)).masked(mask)
    _, rows, batch_sizes = packed(lengths, len(labels), seed % 1000)
    path, _ = viterbi(rows, transitions, batch_sizes)
    found = marginals(rows, transitions, batch_sizes)
    ordered = path[by_sequence(batch_sizes)]
    for one in np.split(ordered, np.cumsum(lengths)[:-1]):
        assert mask.start[one[0]]
        assert mask.end[one[-1]]
        assert mask.between[one[:-1], one[1:]].all()
    assert (found[: batch_sizes[0], ~mask.start] == 0).all()


def test_of_equals_the_lower_label_is_taken():
    flat = Transitions(np.zeros((3, 3)), np.zeros(3), np.zeros(3))
    assert viterbi(np.zeros((4, 3)), flat)[0].tolist() == [0, 0, 0, 0]


def test_float32_is_computed_in_float64():
    scores, transitions = emissions(0, 9, 4).astype(np.float32), chain(0, 4)
    wide = log_partition(scores.astype(np.float64), transitions)
    assert log_partition(scores, transitions).tolist() == wide.tolist()


def test_arguments_stay_as_they_are():
    scores, transitions = emissions(0, 9, 4), chain(0, 4)
    before = [array.copy() for array in (scores, *transitions)]
    for function in (viterbi, log_partition, marginals):
        function(scores, transitions)
    transitions.masked(masks(0, 4))
    assert all((a == b).all() for a, b in zip(before, (scores, *transitions), strict=True))


def test_a_sequence_without_possible_labels():
    never = chain(0, 2).masked(Allowed(np.zeros((2, 2), bool), np.ones(2, bool), np.ones(2, bool)))
    scores, batch_sizes = emissions(0, 4, 2), np.array([3, 1])
    for function in (viterbi, marginals):
        with pytest.raises(ArgumentError, match="sequence 0 of the batch has no possible labels"):
            function(scores, never, batch_sizes)
    whole = log_partition(scores, never, batch_sizes)
    assert np.isneginf(whole).tolist() == [True, False, False]


@pytest.mark.parametrize("batch_sizes", [[2, 2], [1, 2], [3, 0], [4, -1], [3.0], [[3]], []], ids=str)
def test_batch_sizes_that_do_not_fit_are_refused(batch_sizes):
    with pytest.raises(ArgumentError, match="batch_sizes"):
        viterbi(emissions(0, 3, 2), chain(0, 2), np.array(batch_sizes))


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        (np.zeros((0, 2)), 2, "scores has no rows"),
        (np.zeros(3), 3, r"scores has shape \(3,\); expected \(N, C\)"),
        (np.zeros((3, 2)), 3, r"transitions.between has shape \(3, 3\); expected \(2, 2\)"),
        (np.full((3, 2), np.nan), 2, "scores holds NaN"),
    ],
)
def test_scores_that_do_not_fit_are_refused(scores, labels, message):
    with pytest.raises(ArgumentError, match=message):
        viterbi(scores, chain(0, labels))


def test_masks_that_do_not_fit_are_refused():
    with pytest.raises(ArgumentError, match=r"allowed.between has shape \(3, 3\); expected \(2, 2\)"):
        chain(0, 2).masked(masks(0, 3))
