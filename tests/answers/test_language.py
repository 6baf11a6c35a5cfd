"""What a language model's scores say of a text."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ostinato.answers.language import TextScores, nats

SCORES = arrays(np.float32, (4, 7), elements=st.floats(-80, 80, width=32))


@given(SCORES, arrays(np.int64, 4, elements=st.integers(0, 6)))
def test_nats_are_the_logarithm_of_the_softmax(scores, tokens):
    wide = scores.astype(np.float64)
    probabilities = np.exp(wide) / np.exp(wide).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(nats(scores, tokens), -np.log(probabilities[range(4), tokens]), atol=1e-10)


def test_scores_far_out_of_the_range_of_exp_are_no_trouble():
    assert nats(np.array([[1e4, 0.0]], np.float32), np.array([1])).tolist() == [1e4]


def test_every_token_counts_once_whatever_the_documents():
    parts = TextScores([np.array([1.0, 2.0]), np.array([6.0])], [5, 1], 1)
    whole = TextScores([np.array([1.0, 2.0, 6.0])], [6], 1)
    assert parts.named() == whole.named()
    found = parts.named()
    assert found["nats_per_token"] == 3.0
    assert found["bits_per_character"] == pytest.approx(9 / math.log(2) / 6)
    assert found["perplexity"] == pytest.approx(math.exp(3))
    assert (found["tokens"], found["characters"], found["unknown_rate"]) == (3, 6, 1 / 3)
