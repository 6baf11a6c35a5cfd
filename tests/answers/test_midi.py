"""MIDI files: read back note for note, whole or absent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from symusic import Note, Score, Tempo, TimeSignature, Track

from ostinato.answers.midi import to_midi, write_midi
from ostinato.errors import ArgumentError, OstinatoWarning
from ostinato.read.midi import read_midi


def score(*notes, program=0, is_drum=False):
    """Return a score of (time, duration, pitch)."""
    made = Score(480)
    made.tracks.append(Track("", program, is_drum))
    for time, duration, pitch in notes:
        made.tracks[0].notes.append(Note(time, duration, pitch, 80))
    return made


def read(tmp_path, made):
    write_midi(tmp_path / "a.mid", made)
    return read_midi(tmp_path / "a.mid")


def notes(track):
    return [(note.time, note.duration, note.pitch, note.velocity) for note in track.notes]


def test_instruments_tempos_and_time_signatures_are_written(tmp_path):
    made = score((0, 480, 60), (480, 240, 64), program=19)
    made.tracks.append(score((0, 120, 36), is_drum=True).tracks[0])
    made.tempos.extend([Tempo(0, 90), Tempo(480, 120)])
    made.time_signatures.append(TimeSignature(0, 3, 4))
    back = read(tmp_path, made)
    assert [(track.program, track.is_drum) for track in back.tracks] == [(19, False), (0, True)]
    assert notes(back.tracks[0]) == [(0, 480, 60, 80), (480, 240, 64, 80)]
    assert [(tempo.time, round(tempo.tempo, 3)) for tempo in back.tempos] == [(0, 90), (480, 120)]
    assert [(sign.numerator, sign.denominator) for sign in back.time_signatures] == [(3, 4)]


def test_the_bytes_are_a_standard_file_with_a_tempo():
    content = to_midi(score((0, 480, 60), program=19))
    assert content[:14] == b"MThd\0\0\0\x06\0\x01\0\x01\x01\xe0"
    assert b"\xff\x51\x03\x07\xa1\x20" in content  # 500,000 microseconds a quarter note
    assert b"\xc0\x13" in content  # the instrument
    assert content.endswith(b"\xff\x2f\0")


def test_a_key_struck_again_ends_and_begins_anew(tmp_path):
    made = score((0, 960, 60), (240, 120, 60), (0, 960, 64), (360, 240, 60), (360, 480, 60))
    expected = [(0, 240, 60, 80), (0, 960, 64, 80), (240, 120, 60, 80), (360, 480, 60, 80)]
    assert notes(read(tmp_path, made).tracks[0]) == expected
    assert made.note_num() == 5


TIMES, PITCHES = st.integers(0, 4000), st.integers(0, 127)


@settings(max_examples=100, deadline=None)
@given(found=st.lists(st.tuples(TIMES, st.integers(1, 2000), PITCHES), min_size=1, max_size=30))
def test_what_can_be_played_comes_back_as_it_was(tmp_path_factory, found):
    path = tmp_path_factory.getbasetemp() / "a.mid"
    write_midi(path, score(*found))
    once = notes(read_midi(path).tracks[0])
    assert {(time, pitch) for time, _, pitch, _ in once} == {(time, pitch) for time, _, pitch in found}
    write_midi(path, score(*((time, length, pitch) for time, length, pitch, _ in once)))
    assert notes(read_midi(path).tracks[0]) == once


def test_more_instruments_than_channels_are_warned_of(tmp_path):
    made = score((0, 480, 60))
    for program in range(1, 15):
        made.tracks.append(score((0, 480, 60), program=program).tracks[0])
    made.tracks.append(score((0, 480, 36), is_drum=True).tracks[0])
    assert len(read(tmp_path, made).tracks) == 16
    made.tracks.append(score((0, 480, 60), program=15).tracks[0])
    with pytest.warns(OstinatoWarning, match="has 16 instruments beside drums and MIDI 15 channels"):
        assert read(tmp_path, made).note_num() == 17


def test_what_cannot_be_written_changes_nothing(tmp_path):
    path = tmp_path / "a.mid"
    path.write_bytes(b"old")
    with pytest.raises(ArgumentError, match="has no notes; there is nothing to write"):
        write_midi(path, score())
    with pytest.raises(ArgumentError, match=r"a\.wav ends in '\.wav'; expected one of \.mid, \.midi"):
        write_midi(tmp_path / "a.wav", score((0, 480, 60)))
    with pytest.raises(ArgumentError, match="does not exist; create it first"):
        write_midi(tmp_path / "no" / "a.mid", score((0, 480, 60)))
    assert [file.name for file in tmp_path.iterdir()] == ["a.mid"]
    assert path.read_bytes() == b"old"
