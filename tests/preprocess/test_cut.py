"""Windows: every step stands in one, none crosses two sequences, and the answer is their mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.errors import ArgumentError
from ostinato.preprocess.cut import cut
from ostinato.read.sequences import Sequences


def numbered(lengths):
    """Return sequences whose values tell the sequence and the step."""
    values = [
        np.stack([np.full(length, number), np.arange(length)], axis=1).astype(np.float32)
        for number, length in enumerate(lengths)
    ]
    names = [f"s{number}" for number in range(len(lengths))]
    return Sequences("series", values, names, [name.upper() for name in names], ("a", "b"))


@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    window=st.integers(1, 20),
    share=st.floats(0.01, 1),
)
def test_every_step_is_in_a_window_and_no_window_crosses_two_sequences(lengths, window, share):
    stride = max(1, int(window * share))
    found = cut(numbered(lengths), window, stride)
    seen = set()
    for rows, owner in zip(found.sequences.values, found.owners, strict=True):
        assert set(rows[:, 0]) == {owner}
        assert len(rows) == min(window, lengths[owner])
        assert (np.diff(rows[:, 1]) == 1).all()
        seen |= {(int(owner), int(step)) for step in rows[:, 1]}
    assert seen == {(number, step) for number, length in enumerate(lengths) for step in range(length)}
    assert len(set(found.sequences.ids)) == len(found.owners)
    assert found.sequences.labels == [f"S{owner}" for owner in found.owners]


def test_the_answer_is_the_mean_of_the_windows():
    found = cut(numbered([4, 2]), 2, 2)
    assert found.sequences.ids == ["s0, steps 1-2", "s0, steps 3-4", "s1, steps 1-2"]
    means = found.means(np.array([[1.0, 0.0], [0.5, 0.5], [0.2, 0.8]]))
    np.testing.assert_allclose(means, [[0.75, 0.25], [0.2, 0.8]])


def test_a_window_cut_again_is_itself():
    windows = cut(numbered([9]), 4, 2).sequences
    again = cut(windows, 4, 2).sequences
    assert len(again) == len(windows)


def test_steps_may_not_be_passed_over_and_texts_are_not_cut():
    with pytest.raises(ArgumentError, match="stride is 3, longer than a window of 2"):
        cut(numbered([9]), 2, 3)
    with pytest.raises(ArgumentError, match="the data is text; only numeric sequences are cut"):
        cut(Sequences("text", ["to be"], ["a"]), 2, 1)
