"""Occlusion finds the part that a known judge looks at, within its budget."""

import numpy as np
import pytest

from ostinato.errors import ArgumentError
from ostinato.evaluate.attribution import (
    BUDGET,
    FEWEST,
    SeriesAttribution,
    TextAttribution,
    occlude_series,
    occlude_text,
    occlusion,
)


class Judge:
    """A judge of series that looks at one cell alone, and counts how often it is asked."""

    def __init__(self, step, channel):
        self.step, self.channel, self.asked, self.steps = step, channel, 0, 0

    def __call__(self, batch):
        self.asked += len(batch)
        self.steps += sum(len(rows) for rows in batch)
        seen = np.array([rows[self.step, self.channel] for rows in batch])
        return np.stack([1 - seen, seen], axis=1)


def test_the_cell_that_counts_is_found_and_no_other():
    values = np.ones((6, 3), np.float32)
    found = occlude_series(Judge(4, 1), values, np.zeros(3))
    assert found.predicted == 1
    assert found.windows == tuple((t, t + 1) for t in range(6))
    assert found.by_window.tolist() == [0, 0, 0, 0, 1, 0]
    assert found.by_block.tolist() == [0, 1, 0]
    assert found.cells.sum() == 1
    assert found.cells[4, 1] == 1


def test_hiding_puts_in_the_baseline_and_leaves_the_values_as_they_were():
    values = np.ones((2, 1), np.float32)
    found = occlude_series(Judge(0, 0), values, np.array([0.75]))
    assert found.by_window.tolist() == [0.25, 0.0]
    assert (values == 1).all()


def test_without_a_baseline_a_channels_own_mean_hides():
    found = occlude_series(Judge(0, 0), np.array([[1.0], [0.5]], np.float32))
    assert found.by_window.tolist() == [0.25, 0.0]


def test_evidence_against_the_answer_is_below_zero():
    found = occlude_series(Judge(0, 0), np.array([[0.6]], np.float32), np.array([0.9]))
    assert found.by_window[0] == pytest.approx(-0.3)


@pytest.mark.parametrize("steps", [1, 2, 7, 64, 65, 5_000])
@pytest.mark.parametrize("channels", [1, 12, 100])
def test_no_example_costs_more_than_its_budget(steps, channels):
    judge = Judge(steps - 1, channels - 1)
    found = occlude_series(judge, np.ones((steps, channels), np.float32), np.zeros(channels))
    assert judge.asked <= BUDGET
    assert judge.asked <= max(FEWEST, 2**17 // steps)
    assert found.windows[0][0] == found.blocks[0][0] == 0
    assert (found.windows[-1][1], found.blocks[-1][1]) == (steps, channels)
    assert found.by_window[-1] == found.by_block[-1] == found.cells[-1, -1] == 1


def looks_for(word):
    def probabilities_of(batch):
        return np.array([[0.1, 0.9] if word in text else [0.7, 0.3] for text in batch])

    return probabilities_of


def test_the_word_that_counts_is_found_and_the_pieces_are_the_text():
    text = "  It was\tnot bad,\nreally "
    found = occlude_text(looks_for("not"), text)
    assert "".join(found.pieces) == text
    assert [piece.strip() for piece in found.pieces] == ["It", "was", "not", "bad,", "really"]
    np.testing.assert_allclose(found.losses, [0, 0, 0.6, 0, 0])


def test_a_text_without_spaces_is_cut_into_letters():
    found = occlude_text(looks_for("い"), "良い本")
    assert found.pieces == ("良", "い", "本")
    np.testing.assert_allclose(found.losses, [0, 0.6, 0])


def test_an_empty_text_rests_on_nothing():
    found = occlude_text(looks_for("x"), "")
    assert (found.pieces, len(found.losses)) == ((), 0)


@pytest.mark.parametrize("words", [511, 512, 3_000])
def test_a_long_text_is_hidden_in_groups_of_words(words):
    asked = []

    def count(batch):
        asked.append(len(batch))
        return np.tile([0.5, 0.5], (len(batch), 1))

    text = " ".join(["word"] * words)
    found = occlude_text(count, text)
    assert sum(asked) <= BUDGET
    assert "".join(found.pieces) == text


def test_the_kind_of_value_chooses():
    assert isinstance(occlusion(looks_for("a"), "a b"), TextAttribution)
    assert isinstance(occlusion(Judge(0, 0), np.ones((2, 1), np.float32)), SeriesAttribution)


def test_answers_of_another_number_are_refused():
    with pytest.raises(ArgumentError, match=r"gave shape \(1, 2\) for 3 sequences"):
        occlude_text(lambda batch: np.array([[0.5, 0.5]]), "two words")
