"""The pool op in NumPy where numbers are extreme, and a stream that has said nothing yet."""

import numpy as np
import pytest

from networks import KINDS, executors, pack, run_numpy
from ostinato.errors import StreamError
from ostinato.spec.network import Network, Pool

POOL = Network(input="steps", input_size=2, ops=(Pool(kinds=KINDS, attention_size=3),))


def test_the_mean_of_a_million_steps_is_exact():
    _, network = executors(POOL)
    rows = np.full((1_000_000, 2), 0.1, np.float32)
    whole = run_numpy(network, pack([rows]))
    np.testing.assert_allclose(whole[0, 2:4], np.float32(0.1), rtol=1e-7)


def test_large_worths_neither_overflow_nor_lose_the_highest():
    _, network = executors(POOL)
    pool = network.ops["pool"]
    pool.weights["attention.query"] = np.full(3, 1e4, np.float32)
    rows = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    whole = run_numpy(network, pack([rows]))
    _, said = network.push(network.start(1), rows[:, None])
    assert np.isfinite(whole).all()
    np.testing.assert_allclose(said[-1], whole, rtol=0, atol=1e-5)


def test_the_highest_of_negative_numbers_is_negative():
    _, network = executors(POOL)
    rows = np.array([[-3.0, -1e30], [-2.0, -2e30]], np.float32)
    _, said = network.push(network.start(1), rows[:, None])
    assert said[-1, 0, 4:6].tolist() == [-2.0, np.float32(-1e30)]


def test_a_stream_without_a_step_has_no_answer():
    _, network = executors(POOL)
    with pytest.raises(StreamError, match="no step yet"):
        network.finish(network.start(1))
