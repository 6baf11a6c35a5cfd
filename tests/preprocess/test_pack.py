"""The packed layout: the same as torch's, and every index against a plain loop."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_sequence

from ostinato.preprocess import pack

LENGTHS = [(1,), (3, 2, 2), (7, 7, 7), (65, 64, 7, 2, 1, 1)]
lengths_of = pytest.mark.parametrize("lengths", LENGTHS, ids=str)


def layout(lengths):
    """Return (sequence, step) of every packed row, by a plain loop."""
    return [(b, t) for t in range(lengths[0]) for b in range(len(lengths)) if lengths[b] > t]


def sizes(lengths):
    return pack.batch_sizes_of(np.array(lengths))


@lengths_of
def test_rows_stand_as_in_torch(lengths):
    flat = np.arange(sum(lengths))
    starts = np.cumsum(lengths) - lengths
    rows, batch_sizes = pack.pack_index(starts, np.array(lengths))
    expected = pack_sequence([torch.from_numpy(part) for part in np.split(flat, starts[1:])])
    assert flat[rows].tolist() == expected.data.tolist()
    assert batch_sizes.tolist() == expected.batch_sizes.tolist()
    assert batch_sizes.dtype == np.int64


@lengths_of
def test_lengths_and_last_rows_and_sequences_are_found_again(lengths):
    rows = layout(lengths)
    assert pack.lengths_of(sizes(lengths)).tolist() == list(lengths)
    assert pack.Packed(np.zeros(1), sizes(lengths)).lengths().tolist() == list(lengths)
    assert [rows[i] for i in pack.last_rows(sizes(lengths))] == [(b, n - 1) for b, n in enumerate(lengths)]
    assert pack.sequence_of_rows(sizes(lengths)).tolist() == [b for b, _ in rows]


@lengths_of
def test_by_sequence_puts_each_sequence_together(lengths):
    rows = layout(lengths)
    assert [rows[i] for i in pack.by_sequence(sizes(lengths))] == sorted(rows)


@lengths_of
@pytest.mark.parametrize("size", [1, 2, 5, 66])
def test_windows_hold_the_steps_before_and_after(lengths, size):
    rows = layout(lengths)
    number = {row: i for i, row in enumerate(rows)}
    before, after = pack.window_index(sizes(lengths), size)
    for i, (b, t) in enumerate(rows):
        assert before[i].tolist() == [number.get((b, t - size + 1 + k), len(rows)) for k in range(size)]
        assert after[i].tolist() == [number.get((b, t + k), len(rows)) for k in range(size)]


def test_equal_lengths_keep_their_order():
    assert pack.falling(np.array([2, 3, 2, 3])).tolist() == [1, 3, 0, 2]


@given(
    st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=12).map(np.array),
)
def test_every_distinct_word_stands_once_and_every_row_finds_its_own(letters):
    packed, place = pack.distinct_words(letters)
    words = [word.tolist() for word in pack.unpacked(packed.data, packed.batch_sizes)]
    assert len(words) == len({tuple(row) for row in letters.tolist()})
    for row, number in zip(letters.tolist(), place.tolist(), strict=True):
        ended = row.index(0) if 0 in row else len(row)
        assert words[number] == (row[:ended] or [0])
