"""From piano rolls to scores and back.

A roll does not say when a key is struck again: a key that sounds in adjacent frames is one note.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read.limits import Limits
from ostinato.read.midi import Score
from ostinato.read.rolls import KEYS, LOWEST, Roll

TICKS = 480
"""Ticks per quarter note of the scores that are made from rolls."""

VELOCITY = 80


def spans(roll: Roll) -> NDArray[np.int64]:
    """Return the notes of a roll (T, 88): (N, 3) key, first frame, frame after the last one.

    Example:
        >>> roll = np.zeros((4, 88), np.uint8)
        >>> roll[1:3, 39] = 1
        >>> spans(roll).tolist()
        [[39, 1, 3]]
    """
    edges = np.diff(np.pad(roll, ((1, 1), (0, 0))).astype(np.int8), axis=0).T
    keys, firsts = np.nonzero(edges == 1)
    return np.stack([keys, firsts, np.nonzero(edges == -1)[1]], axis=1)


def score_of(roll: Roll, frame_beats: float, *, tempo: float = 120.0, program: int = 0) -> Score:
    """Return a roll as a score of one instrument.

    Args:
        roll: (T, 88).
        frame_beats: how long a frame is, in quarter notes: such as 1, 0.25 or 1/3.
        tempo: quarter notes a minute.
        program: the instrument, 0 (piano) to 127, by General MIDI.

    Raises:
        ArgumentError: a frame is no whole number of ticks, 1/480 of a quarter note.
        MissingExtraError: symusic is not installed.
    """
    library = checks.extra("symusic", "music", "scores")
    ticks = _ticks(frame_beats)
    key, first, last = spans(roll).T
    notes = library.Note.from_numpy(
        time=(first * ticks).astype(np.int32),
        duration=((last - first) * ticks).astype(np.int32),
        pitch=(key + LOWEST).astype(np.int8),
        velocity=np.full(len(key), VELOCITY, np.int8),
    )
    score = library.Score(TICKS)
    score.tempos.append(library.Tempo(0, tempo))
    track = library.Track("", program, False)
    track.notes = notes.sort()
    score.tracks.append(track)
    return score


def roll_of(score: Score, frame_beats: float, frames: int | None = None) -> Roll:
    """Return the roll of all of a score's instruments together; drums have no pitch and are left out.

    A note begins and ends at the nearest border of two frames, and sounds in one frame at least.

    Args:
        score: the music.
        frame_beats: how long a frame is, in quarter notes.
        frames: the roll's length T, where what lasts longer is cut; None: up to the end of the last note.

    Raises:
        DataError: a note is none of a piano's keys, or there are too many frames.
    """
    if not (math.isfinite(frame_beats) and frame_beats > 0):
        raise ArgumentError(f"frame_beats is {frame_beats}; expected a number above 0.")
    key, first, last = _rounded(score, frame_beats * score.ticks_per_quarter).T
    length = max(last, default=1) if frames is None else checks.positive("frames", frames)
    if length > Limits().steps:
        raise DataError(f"the score has {length:,} frames of {frame_beats} quarter notes; take longer ones.")
    roll = np.zeros((length, KEYS), np.uint8)
    for k, begin, end in zip(key, first, last, strict=True):
        roll[begin:end, k] = 1
    return roll


def _rounded(score: Score, ticks: float) -> NDArray[np.int64]:
    """Return the notes of a score as ``spans`` does; a frame has so many ticks."""
    found = [np.empty((0, 3), np.int64)]
    for track in score.tracks:
        if not track.is_drum:
            notes = {name: values.astype(np.int64) for name, values in track.notes.numpy().items()}
            first = np.floor(notes["time"] / ticks + 0.5).astype(np.int64)
            last = np.floor((notes["time"] + notes["duration"]) / ticks + 0.5).astype(np.int64)
            found.append(np.stack([notes["pitch"] - LOWEST, first, np.maximum(last, first + 1)], axis=1))
    rows = np.concatenate(found)
    outside = rows[(rows[:, 0] < 0) | (rows[:, 0] >= KEYS)]
    if len(outside):
        raise DataError(
            f"the score has a note of MIDI pitch {outside[0, 0] + LOWEST} in frame {outside[0, 1] + 1}; "
            f"a piano has {LOWEST} to {LOWEST + KEYS - 1}: transpose it."
        )
    return rows


def _ticks(frame_beats: float) -> int:
    ticks = frame_beats * TICKS
    if not math.isfinite(ticks) or round(ticks) < 1 or abs(ticks - round(ticks)) > 1e-6:
        raise ArgumentError(
            f"frame_beats is {frame_beats}; expected a multiple of 1/{TICKS} above 0, such as 0.25."
        )
    return round(ticks)
