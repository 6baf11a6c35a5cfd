"""Piano rolls as a network reads them."""

import numpy as np

import piano_rolls
from ostinato.preprocess.rolls import after, before, beginning


def test_a_step_reads_the_frame_before_and_the_first_step_that_there_is_none():
    roll = piano_rolls.roll(5)
    steps = before(roll)
    assert (steps.shape, steps.dtype) == ((5, 89), np.float32)
    assert (steps[1:, :88] == roll[:-1]).all()
    assert steps[:, 88].tolist() == [1, 0, 0, 0, 0]
    assert not steps[0, :88].any()


def test_frame_by_frame_the_same_is_read():
    roll = piano_rolls.roll(5)
    parts = np.concatenate([beginning(), after(roll)])
    assert (parts[:-1] == before(roll)).all()
