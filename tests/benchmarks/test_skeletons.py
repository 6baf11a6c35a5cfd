"""What is measured wrongly is left out of skeletons, and nothing else."""

import numpy as np
from benchmarks.skeletons import mend


def test_joints_that_leap_anywhere_are_left_out_and_the_pose_before_the_movement():
    still, moving = np.zeros((4, 6), np.float32), np.zeros((5, 6), np.float32)
    moving[:, 0] = [9.0, 0.0, 0.9, 0.0, 0.9]  # far from the pose, and then slow enough
    moving[3, 4] = 1.1
    one, other = mend([still, moving])
    assert (one.shape, other.shape) == ((4, 3), (5, 3))
    np.testing.assert_array_equal(other[:, 0], np.float32([0.0, 0.0, 0.9, 0.0, 0.9]))
