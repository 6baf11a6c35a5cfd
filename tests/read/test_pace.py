"""When a video is looked at: at its own rate every frame once, at another the nearest frame."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.errors import DataError
from ostinato.read.pace import Pace, paced


def shown(times, rate, period=None, seconds=None, frames=0):
    timed = [(time, index) for index, time in enumerate(times)]
    return list(paced(timed, Pace(period, seconds, frames), rate, "clip.mp4"))


def even(count, rate):
    return [Fraction(index) / rate for index in range(count)]


@given(count=st.integers(1, 60), rate=st.sampled_from([Fraction(10), Fraction(30000, 1001), Fraction(24)]))
def test_at_its_own_rate_every_frame_is_shown_once(count, rate):
    assert shown(even(count, rate), float(rate), 1 / rate) == list(range(count))


@given(count=st.integers(1, 60), start=st.integers(0, 1000))
def test_times_that_a_file_rounds_to_milliseconds_change_nothing(count, start):
    rounded = [Fraction(start + round(1000 * index / 30), 1000) for index in range(count)]
    assert shown(rounded, 30.0, Fraction(1, 30)) == list(range(count))


@given(count=st.integers(2, 60), rate=st.floats(0.5, 100))
def test_a_video_is_looked_at_for_as_long_as_it_lasts(count, rate):
    looks = shown(even(count, 10), rate, Fraction(1, 10))
    assert abs(len(looks) - count / 10 * rate) <= 1
    assert looks == sorted(looks)
    nearest = [min(round(look / rate * 10 + 1e-9), count - 1) for look in range(len(looks))]
    assert all(abs(one - other) <= 1 for one, other in zip(looks, nearest, strict=True))


def test_half_the_rate_shows_every_second_frame():
    assert shown(even(8, 10), 5.0, Fraction(1, 10)) == [0, 2, 4, 6]


def test_twice_the_rate_shows_every_frame_twice():
    assert shown(even(3, 10), 20.0, Fraction(1, 10)) == [0, 0, 1, 1, 2, 2]


def test_without_a_rate_every_frame_is_shown_whatever_its_time():
    assert shown([None, None, None], None) == [0, 1, 2]


def test_frames_without_times_are_evenly_spaced():
    assert shown([None] * 4, 5.0, Fraction(1, 10)) == [0, 2]


def test_a_video_that_says_nothing_of_its_time_is_refused_where_a_rate_is_asked_for():
    with pytest.raises(DataError, match=r"clip.mp4: says neither when its frames are shown nor how often"):
        shown([None, None], 5.0)


@pytest.mark.parametrize(("frames", "said"), [(40, "20 of 40 frames"), (0, "20 frames")])
def test_a_video_that_ends_before_its_time_is_cut_off(frames, said):
    with pytest.raises(DataError, match=rf"cut off: it ends after {said}, 2.00 of 4.00 seconds"):
        shown(even(20, 10), None, Fraction(1, 10), Fraction(4), frames)


def test_frames_that_an_edit_left_out_at_the_beginning_are_no_cut():
    assert len(shown(even(20, 10), None, Fraction(1, 10), Fraction(2), 40)) == 20
