"""The sampler: every index once, alike in length, and nothing but the seed and the epoch decides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.data.sampler import batches, ordered_batches
from ostinato.errors import ArgumentError

LENGTHS = np.random.default_rng(0).integers(1, 200, 1000)


@given(
    lengths=st.lists(st.integers(1, 50), min_size=1, max_size=300),
    batch_size=st.integers(1, 70),
    seed=st.integers(0, 2**63 - 1),
    epoch=st.integers(0, 1000),
)
def test_every_index_comes_once_the_longest_of_a_batch_first(lengths, batch_size, seed, epoch):
    lengths = np.array(lengths)
    for found in (batches(lengths, batch_size, seed, epoch), ordered_batches(lengths, batch_size)):
        assert sorted(np.concatenate(found)) == list(range(len(lengths)))
        assert all((np.diff(lengths[batch]) <= 0).all() for batch in found)
        sizes = [len(batch) for batch in found]
        assert max(sizes) <= batch_size
        assert max(sizes) - min(sizes) <= 1


def test_a_batch_of_one_is_avoided():
    assert sorted(len(batch) for batch in batches(np.full(65, 5), 64, 0, 0)) == [32, 33]


def test_same_seed_and_epoch_give_the_same_batches():
    first, second = (batches(LENGTHS, 16, seed=3, epoch=7) for _ in range(2))
    assert [b.tolist() for b in first] == [b.tolist() for b in second]


@pytest.mark.parametrize(("seed", "epoch"), [(3, 8), (4, 7), (7, 3)])
def test_another_seed_or_epoch_gives_other_batches(seed, epoch):
    first, second = batches(LENGTHS, 16, 3, 7), batches(LENGTHS, 16, seed, epoch)
    assert {frozenset(b.tolist()) for b in first}.isdisjoint({frozenset(b.tolist()) for b in second})


def test_the_global_generator_is_left_alone():
    np.random.seed(0)
    before = np.random.get_state()[1].tolist()
    batches(LENGTHS, 16, 0, 0)
    assert np.random.get_state()[1].tolist() == before


def test_steps_are_spared_by_like_lengths():
    steps = sum(int(LENGTHS[b[0]]) for b in batches(LENGTHS, 16, 0, 0))
    ideal = sum(int(LENGTHS[b[0]]) for b in ordered_batches(LENGTHS, 16))
    assert steps < 1.25 * ideal
    assert steps < 0.65 * 200 * len(LENGTHS) / 16


def test_batches_do_not_come_in_order_of_length():
    longest = [int(LENGTHS[b[0]]) for b in batches(LENGTHS, 16, 0, 0)]
    assert abs(np.corrcoef(longest, np.arange(len(longest)))[0, 1]) < 0.5


def test_few_batches_of_equal_length_mix_all_sequences():
    seen = {frozenset(b.tolist()) for epoch in range(20) for b in batches(np.full(30, 9), 10, 0, epoch)}
    assert len(seen) == 60


def test_validation_order_is_fixed():
    assert [b.tolist() for b in ordered_batches(np.array([1, 2, 3, 2]), 3)] == [[2, 1], [3, 0]]


def test_batch_size_of_zero_is_refused():
    with pytest.raises(ArgumentError, match="batch_size is 0"):
        batches(LENGTHS, 0, 0, 0)
