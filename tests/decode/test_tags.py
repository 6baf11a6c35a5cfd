"""The best tags by enumeration of all tag sequences, and the promise that none breaks its scheme."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato.decode.tags import Chain, TagDecoder
from ostinato.read.iob import allowed

TAGS = {"IOB2": ["B-x", "B-y", "I-x", "I-y", "O"], "IOBES": ["B-x", "E-x", "I-x", "O", "S-x"]}
ONES = np.ones(3, np.int64)


def chain(seed, size):
    generator = np.random.default_rng(seed)
    return Chain(*(3 * generator.normal(size=shape) for shape in ((size, size), size, size)))


def worth(scores, weights, path):
    """Return the score of one path."""
    moves = sum(weights.transitions[a, b] for a, b in itertools.pairwise(path))
    return (
        sum(row[c] for row, c in zip(scores, path, strict=True))
        + moves
        + weights.start[path[0]]
        + weights.end[path[-1]]
    )


def follows(scheme, path):
    tags = [None, *(TAGS[scheme][c] for c in path), None]
    return all(allowed(scheme, a, b) for a, b in itertools.pairwise(tags))


@pytest.mark.parametrize("scheme", TAGS)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_best_tags_and_their_probabilities_are_those_of_enumeration(scheme, seed):
    size = len(TAGS[scheme])
    scores = 3 * np.random.default_rng(seed + 1).normal(size=(3, size))
    weights = chain(seed, size)
    decoder = TagDecoder(TAGS[scheme], scheme, weights)
    paths = [path for path in itertools.product(range(size), repeat=3) if follows(scheme, path)]
    best = max(paths, key=lambda path: worth(scores, weights, path))
    assert decoder.best(scores, ONES).tolist() == list(best)
    shares = np.exp([worth(scores, weights, path) for path in paths])
    expected = np.zeros((3, size))
    for path, share in zip(paths, shares / shares.sum(), strict=True):
        expected[np.arange(3), path] += share
    np.testing.assert_allclose(decoder.marginals(scores, ONES), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("scheme", TAGS)
def test_without_a_chain_the_scheme_still_holds(scheme):
    decoder = TagDecoder(TAGS[scheme], scheme)
    for seed in range(50):
        scores = np.random.default_rng(seed).normal(size=(3, len(TAGS[scheme])))
        assert follows(scheme, decoder.best(scores, ONES))


def test_tags_that_mark_nothing_stand_each_for_itself():
    scores = np.array([[0.0, 2.0, 1.0], [5.0, 1.0, 1.0]])
    decoder = TagDecoder(["DET", "NOUN", "VERB"], "none")
    assert decoder.best(scores, np.ones(2, np.int64)).tolist() == [1, 0]
    marginals = decoder.marginals(scores, np.ones(2, np.int64))
    np.testing.assert_allclose(marginals, np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True))
