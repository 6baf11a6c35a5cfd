"""Examples: batches hold the sequences' own steps, in torch's packed layout."""

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pad_packed_sequence

from ostinato.data.examples import Examples
from ostinato.data.sampler import ordered_batches
from ostinato.errors import ArgumentError


def ragged(lengths, features=3):
    generator = np.random.default_rng(0)
    return [generator.normal(size=(length, features)).astype(np.float32) for length in lengths]


def test_batch_unpacks_to_the_sequences_in_the_order_asked_for():
    arrays = ragged([3, 7, 1, 5, 5])
    examples = Examples(arrays)
    indices = np.array([1, 4, 3, 0, 2])
    padded, lengths = pad_packed_sequence(examples.batch(indices), batch_first=True)
    assert lengths.tolist() == [7, 5, 5, 3, 1]
    for row, index in enumerate(indices):
        np.testing.assert_array_equal(padded[row, : lengths[row]].numpy(), arrays[index])


def test_tokens_stay_whole_numbers():
    batch = Examples([np.array([4, 5]), np.array([6, 7, 8])]).batch(np.array([1, 0]))
    assert batch.data.dtype == torch.int64
    assert batch.data.tolist() == [6, 4, 7, 5, 8]
    assert batch.sorted_indices is None


def test_batch_is_a_copy():
    examples = Examples(ragged([4, 4]))
    examples.batch(np.array([0, 1])).data.zero_()
    assert examples.batch(np.array([0, 1])).data.abs().sum() > 0


def test_validation_batches_of_the_sampler_are_taken_as_they_are():
    examples = Examples(ragged([3, 7, 1, 5, 5]))
    batches = [examples.batch(indices) for indices in ordered_batches(examples.lengths, 2)]
    assert sum(len(batch.data) for batch in batches) == 21
    assert len(examples) == 5


@pytest.mark.parametrize("indices", [[0, 1], []])
def test_batch_in_rising_length_or_empty_is_refused(indices):
    with pytest.raises(ArgumentError, match="falling length"):
        Examples(ragged([3, 7])).batch(np.array(indices, dtype=np.int64))


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ([], "is empty"),
        ([np.zeros((3, 2))], "float64"),
        ([np.zeros(3, np.float32)], r"sequence 0 has shape \(3,\)"),
        ([*ragged([3]), *ragged([3], features=2)], "sequence 1"),
        ([np.array([1]), *ragged([3])], "sequence 1"),
        ([*ragged([3, 0])], r"sequence 1 has shape \(0, 3\)"),
    ],
)
def test_unusable_arrays_are_refused(arrays, words):
    with pytest.raises(ArgumentError, match=words):
        Examples(arrays)
