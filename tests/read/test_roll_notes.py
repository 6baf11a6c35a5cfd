"""Rolls become scores and scores rolls, key by key and frame by frame."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from symusic import Note, Score, Track

from ostinato.errors import ArgumentError, DataError
from ostinato.read.roll_notes import TICKS, roll_of, score_of, spans
from ostinato.read.rolls import KEYS


def roll(frames, *notes):
    """Return a roll with these (key, first frame, frame after the last one)."""
    made = np.zeros((frames, KEYS), np.uint8)
    for key, first, last in notes:
        made[first:last, key] = 1
    return made


def score(*notes, is_drum=False):
    """Return a score of (time, duration, pitch)."""
    made = Score(TICKS)
    made.tracks.append(Track("", 0, is_drum))
    for time, duration, pitch in notes:
        made.tracks[0].notes.append(Note(time, duration, pitch, 80))
    return made


def test_adjacent_frames_of_a_key_are_one_note():
    assert spans(roll(6, (0, 0, 2), (0, 3, 6), (87, 5, 6))).tolist() == [[0, 0, 2], [0, 3, 6], [87, 5, 6]]


def test_a_score_says_where_its_notes_are():
    made = score_of(roll(6, (39, 1, 3), (0, 0, 6)), 0.25, tempo=90, program=19)
    (track,) = made.tracks
    assert (track.program, track.is_drum, round(made.tempos[0].tempo, 3)) == (19, False, 90)
    assert [(n.time, n.duration, n.pitch) for n in track.notes] == [(0, 720, 21), (120, 240, 60)]


ROLLS = arrays.arrays(np.uint8, st.tuples(st.integers(1, 30), st.just(KEYS)), elements=st.integers(0, 1))


@settings(max_examples=100, deadline=None)
@given(original=ROLLS, frame_beats=st.sampled_from([1, 0.25, 1 / 3, 1 / 480, 4, 1.5]))
def test_a_roll_comes_back_as_it_was(original, frame_beats):
    back = roll_of(score_of(original, frame_beats), frame_beats, frames=len(original))
    np.testing.assert_array_equal(back, original, strict=True)


@settings(max_examples=100, deadline=None)
@given(original=ROLLS)
def test_its_notes_are_those_of_the_score(original):
    made = score_of(original, 0.5)
    assert made.note_num() == len(spans(original))
    assert sum(note.duration for note in made.tracks[0].notes) == int(original.sum()) * TICKS // 2


def test_without_a_length_a_roll_ends_with_its_last_note():
    assert roll_of(score_of(roll(9, (39, 2, 4)), 1), 1).shape == (4, KEYS)
    assert roll_of(score(), 1).shape == (1, KEYS)
    assert roll_of(score_of(roll(9, (39, 2, 7)), 1), 1, frames=5)[:, 39].tolist() == [0, 0, 1, 1, 1]


def test_times_are_rounded_and_every_note_sounds():
    made = roll_of(score((110, 10, 21), (350, 260, 22), (490, 0, 23)), 0.5)
    assert spans(made).tolist() == [[0, 0, 1], [1, 1, 3], [2, 2, 3]]


def test_instruments_sound_together_and_drums_are_left_out():
    both = score((0, 480, 60))
    both.tracks.append(score((480, 480, 64)).tracks[0])
    both.tracks.append(score((0, 960, 36), is_drum=True).tracks[0])
    assert spans(roll_of(both, 1)).tolist() == [[39, 0, 1], [43, 1, 2]]


@pytest.mark.parametrize("pitch", [20, 109])
def test_a_note_that_no_piano_has_is_refused(pitch):
    with pytest.raises(DataError, match=f"a note of MIDI pitch {pitch} in frame 3; a piano has 21 to 108"):
        roll_of(score((0, 480, 60), (960, 480, pitch)), 1)


@pytest.mark.parametrize("frame_beats", [0, -1, float("nan"), float("inf"), 1 / 1000, 0.3337])
def test_a_frame_has_a_length(frame_beats):
    with pytest.raises(ArgumentError, match="frame_beats is"):
        score_of(roll(2), frame_beats)
    if not frame_beats > 0 or frame_beats == float("inf"):
        with pytest.raises(ArgumentError, match="frame_beats is"):
            roll_of(score((0, 480, 60)), frame_beats)


def test_a_roll_has_a_greatest_length():
    with pytest.raises(DataError, match=r"has 10,000,000 frames of 1e-07 quarter notes; take longer ones"):
        roll_of(score((0, 480, 60)), 1e-7)
