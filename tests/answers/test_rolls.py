"""The likelihood of frames, their accuracy, and frames drawn by a seed."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import jaccard_score, log_loss

from ostinato.answers.rolls import draw, negative_log_likelihood, probabilities, score
from ostinato.errors import ArgumentError
from ostinato.read.rolls import KEYS


def example(*lengths):
    rng = np.random.default_rng(0)
    logits = [rng.normal(-2, 3, size=(length, KEYS)) for length in lengths]
    return logits, [(rng.random((length, KEYS)) < 0.1).astype(np.uint8) for length in lengths]


def test_likelihood_and_accuracy_are_those_of_the_textbook():
    logits, rolls = example(5, 1, 30)
    z, x = np.concatenate(logits), np.concatenate(rolls)
    found = score(logits, rolls)
    assert found.frames == 36
    expected = log_loss(x.ravel(), 1 / (1 + np.exp(-z)).ravel(), normalize=False) / 36
    assert math.isclose(found.nats_per_frame, expected, rel_tol=1e-12)
    assert math.isclose(found.accuracy, jaccard_score(x.ravel(), z.ravel() > 0))


def test_every_frame_counts_once_however_long_its_sequence():
    logits, rolls = example(5, 1, 30)
    together = score([np.concatenate(logits)], [np.concatenate(rolls)])
    apart = score(logits, rolls)
    assert math.isclose(apart.nats_per_frame, together.nats_per_frame, rel_tol=1e-12)
    assert apart.accuracy == together.accuracy


def test_who_knows_nothing_pays_one_bit_a_key():
    silence = np.zeros((3, KEYS), np.uint8)
    found = score([np.zeros((3, KEYS))], [silence])
    assert math.isclose(found.nats_per_frame, KEYS * math.log(2))
    assert found.accuracy is None


def test_certainty_costs_nothing_where_right_and_no_overflow_where_wrong():
    roll = np.eye(1, KEYS, dtype=np.uint8)
    sure = np.where(roll == 1, 1e6, -1e6).astype(np.float32)
    assert negative_log_likelihood(sure, roll).tolist() == [0]
    assert negative_log_likelihood(-sure, roll).tolist() == [KEYS * 1e6]
    assert (score([sure], [roll]).accuracy, score([-sure], [roll]).accuracy) == (1, 0)


@settings(max_examples=100, deadline=None)
@given(z=arrays.arrays(np.float32, (2, KEYS), elements=st.floats(-1000, 1000, width=32)))
def test_a_frame_and_its_opposite_share_all_probability(z):
    p = probabilities(z)
    assert ((p >= 0) & (p <= 1)).all()
    np.testing.assert_allclose(p + probabilities(-z), 1, rtol=1e-12)
    both = [negative_log_likelihood(z, np.full((2, KEYS), value, np.uint8)) for value in (0, 1)]
    np.testing.assert_allclose(both[0] - both[1], z.astype(np.float64).sum(axis=1), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("logits", "rolls", "message"),
    [
        ([], [], "0 sequences of logits for 0 rolls"),
        ([np.zeros((2, KEYS))], [], "1 sequences of logits for 0 rolls; expected one each"),
        ([np.zeros((2, KEYS))], [np.zeros((3, KEYS))], r"sequence 1 has shape \(2, 88\); expected \(3, 88\)"),
        ([np.full((2, KEYS), np.nan)], [np.zeros((2, KEYS))], "a logit of sequence 1 is NaN"),
    ],
)
def test_what_does_not_fit_is_refused(logits, rolls, message):
    with pytest.raises(ArgumentError, match=message):
        score(logits, rolls)


def test_keys_are_drawn_as_often_as_they_are_probable():
    p = np.linspace(0, 1, KEYS)
    drawn = draw(np.broadcast_to(p, (4000, KEYS)), np.random.default_rng(0))
    assert drawn.dtype == np.uint8
    assert set(np.unique(drawn)) == {0, 1}
    assert (drawn[:, 0].any(), drawn[:, -1].all()) == (False, True)
    assert np.abs(drawn.mean(axis=0) - p).max() < 4 * math.sqrt(0.25 / 4000)


def test_a_seed_gives_the_same_music_frame_by_frame():
    p = np.full((5, KEYS), 0.3)
    whole = draw(p, np.random.default_rng(7))
    generator = np.random.default_rng(7)
    np.testing.assert_array_equal(np.stack([draw(frame, generator) for frame in p]), whole)
    assert not np.array_equal(draw(p, np.random.default_rng(8)), whole)


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_what_is_no_probability_is_refused(value):
    with pytest.raises(ArgumentError, match="is not from 0 to 1"):
        draw(np.full(KEYS, value), np.random.default_rng(0))
