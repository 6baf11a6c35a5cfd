"""Pieces cut out of documents: what they hold, where the state restarts, how many there are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.data.chunks import opened
from ostinato.data.crops import Crops
from ostinato.errors import ArgumentError

BOUNDARY = 99


def crops(lengths, pieces=2, length=4, seed=0):
    """Return crops of documents of so many tokens, numbered one after the other."""
    ends = np.cumsum(lengths)
    documents = [np.arange(end - size, end) for end, size in zip(ends, lengths, strict=True)]
    return documents, Crops(documents, BOUNDARY, pieces, length, np.random.default_rng(seed))


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=5),
    st.integers(1, 4),
    st.integers(1, 20),
    st.integers(0, 2**32),
)
def test_every_piece_is_an_unbroken_part_of_the_documents(lengths, pieces, length, seed):
    documents, found = crops(lengths, pieces, length, seed)
    text = opened(documents, BOUNDARY).tolist()
    assert found.length == min(length, len(text) - 1)
    assert len(text) - 1 <= found.tokens < len(text) - 1 + pieces * found.length
    for number in range(len(found)):
        chunk = found.chunk(number)
        assert found.size(number) == len(chunk.targets)
        assert chunk.input.batch_sizes.tolist() == [pieces] * found.length
        read = chunk.input.data.reshape(-1, pieces).T.tolist()
        wanted = chunk.targets.reshape(-1, pieces).T.tolist()
        parts = [text[i : i + found.length + 1] for i in range(len(text) - found.length)]
        for inputs, targets in zip(read, wanted, strict=True):
            assert [*inputs, targets[-1]] in parts
            assert inputs[1:] == targets[:-1]
        opens = chunk.input.data == BOUNDARY
        assert (chunk.resets is None) == (not opens.any())
        assert chunk.resets is None or (chunk.resets == opens).all()


def test_pieces_begin_everywhere():
    _, found = crops([400], pieces=50, length=2)
    begins = {int(token) for i in range(len(found)) for token in found.chunk(i).input.data[:50]}
    assert len(begins) > 120


def test_without_documents_there_is_nothing_to_cut():
    with pytest.raises(ArgumentError, match="documents is empty"):
        Crops([], BOUNDARY, 2, 4, np.random.default_rng(0))
