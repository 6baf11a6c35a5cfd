"""Joints that are measured wrongly are left out of skeletons, and no others."""

import numpy as np
from benchmarks.skeletons import steady


def test_joints_that_leap_in_a_recording_are_left_out():
    still, moving = np.zeros((4, 6), np.float32), np.zeros((5, 6), np.float32)
    moving[:, 0] = [0.0, 0.9, 0.0, 0.9, 0.0]  # fast, and no leap
    moving[3, 4] = 1.1
    np.testing.assert_array_equal(steady([still, moving]), [True] * 3 + [False] * 3)
    assert steady([still]).all()
