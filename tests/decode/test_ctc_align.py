"""Forced alignment against the enumeration of all alignments."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decode.test_ctc import collapsed, logs, seeds
from ostinato.decode.ctc_align import align, least_steps
from ostinato.errors import ArgumentError


def likeliest(found, text, blank):
    """Return the likeliest path that says a text, by trying all; None if none does."""
    steps, symbols = found.shape
    paths = [p for p in itertools.product(range(symbols), repeat=steps) if collapsed(p, blank) == text]
    return max(paths, key=lambda path: found[range(steps), path].sum(), default=None)


def beginnings(path, blank):
    """Return where each symbol of a path begins."""
    return [i for i, s in enumerate(path) if s != blank and (i == 0 or path[i - 1] != s)]


@settings(deadline=None)
@given(seed=seeds, steps=st.integers(1, 6), blank=st.integers(0, 2), data=st.data())
def test_it_is_that_of_the_likeliest_path(seed, steps, blank, data):
    others = [symbol for symbol in range(3) if symbol != blank]
    text = tuple(data.draw(st.lists(st.sampled_from(others), max_size=4)))
    found = logs(seed, steps, 3)
    path = likeliest(found, text, blank)
    assert (path is None) == (least_steps(text) > steps)
    if path is None:
        with pytest.raises(ArgumentError, match=f"needs {least_steps(text)} steps"):
            align(found, text, blank)
    else:
        assert align(found, text, blank).tolist() == beginnings(path, blank)


def test_a_long_text_is_aligned_as_a_short_one():
    text = [1, 2] * 150
    found = np.full((2 * len(text), 3), -9.0)
    found[np.arange(0, 2 * len(text), 2), text] = 0.0
    found[1::2, 0] = 0.0
    assert align(found, text).tolist() == [*range(0, 2 * len(text), 2)]
