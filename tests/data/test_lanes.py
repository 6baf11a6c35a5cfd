"""Lanes: every token once, lanes unbroken, states restarted where documents begin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.data.lanes import Lanes, cuts
from ostinato.errors import ArgumentError

END = 99
DOCUMENTS = st.lists(
    st.lists(st.integers(0, 9), min_size=1, max_size=20).map(lambda t: np.array(t, np.int64)),
    min_size=1,
    max_size=6,
)


def read(lanes):
    """Return, lane by lane, all inputs, targets and resets, as the chunks give them."""
    rows = [[] for _ in lanes.lengths]
    for number in range(len(lanes)):
        chunk = lanes.chunk(number)
        assert lanes.size(number) == len(chunk.targets)
        place = 0
        for size in chunk.input.batch_sizes.tolist():
            for lane in range(size):
                reset = chunk.resets is not None and bool(chunk.resets[place + lane])
                rows[lane].append(
                    (int(chunk.input.data[place + lane]), int(chunk.targets[place + lane]), reset)
                )
            place += size
    return rows


@given(DOCUMENTS, st.integers(1, 7), st.integers(1, 9))
def test_every_token_is_foretold_once_from_the_one_before_it(documents, count, bptt):
    lanes = Lanes(documents, END, count, bptt)
    steps = [step for lane in read(lanes) for step in lane]
    whole = [token for document in documents for token in (END, *document.tolist())] + [END]
    assert [input for input, _, _ in steps] == whole[:-1]
    assert [target for _, target, _ in steps] == whole[1:]
    assert all(reset == (input == END) for input, _, reset in steps)
    assert lanes.tokens == len(steps)


@given(DOCUMENTS, st.integers(1, 7))
def test_lanes_differ_by_a_step_at_most_and_the_longer_stand_first(documents, count):
    lengths = Lanes(documents, END, count, 4).lengths
    assert (np.diff(lengths) <= 0).all()
    assert lengths[0] - lengths[-1] <= 1
    assert lengths[-1] >= 1


def test_no_document_is_an_error():
    with pytest.raises(ArgumentError, match="documents is empty"):
        Lanes([], END, 1, 4)


@given(st.integers(1, 500), st.integers(5, 60), st.integers(0, 5))
def test_random_chunks_cover_every_step_once(steps, bptt, seed):
    found = cuts(steps, bptt, np.random.default_rng(seed))
    assert [first for first, _ in found] == np.cumsum([0, *(length for _, length in found[:-1])]).tolist()
    assert sum(length for _, length in found) == steps
    assert all(length >= 5 for _, length in found[:-1])


def test_random_chunks_are_about_bptt_long():
    lengths = [length for _, length in cuts(70_000, 70, np.random.default_rng(0))]
    assert 60 < np.mean(lengths) < 72
    assert len(set(lengths)) > 10
