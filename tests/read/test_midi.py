"""MIDI files: what is read, and one line for every way in which one goes wrong."""

import gzip
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midi_files import BAND, midi, note, off, on, program, signature, tempo, track
from ostinato.errors import DataError, MissingExtraError
from ostinato.read import Limits
from ostinato.read.midi import read_midi, read_scores

ONE = track(*note())


@pytest.fixture
def refused(write):
    """Return a function that reads bytes as a MIDI file and returns the message of the error it must give."""

    def refused(content, limits=None):
        with pytest.raises(DataError) as caught:
            read_midi(write("a.mid", content), limits or Limits())
        message = str(caught.value)
        assert message.isprintable()
        assert len(message) < 700
        return message

    return refused


def notes(track):
    return [(note.time, note.duration, note.pitch, note.velocity) for note in track.notes]


def test_instruments_tempos_and_time_signatures_are_read(write):
    score = read_midi(write("band.mid", BAND))
    assert [(t.program, t.is_drum) for t in score.tracks] == [(73, False), (33, False), (0, True)]
    assert notes(score.tracks[0])[:2] == [(0, 480, 72, 80), (480, 480, 74, 80)]
    assert notes(score.tracks[2]) == [(0, 60, 36, 80), (480, 60, 38, 80)]
    assert [(t.time, t.tempo) for t in score.tempos] == [(0, 120), (1440, 80)]
    signs = [(s.time, s.numerator, s.denominator) for s in score.time_signatures]
    assert signs == [(0, 3, 4), (1440, 6, 8)]


def test_channels_of_one_track_become_instruments(write):
    events = [(0, program(5)), (0, program(40, 1)), *note(60), *note(64, channel=1), *note(36, channel=9)]
    score = read_midi(write("a.mid", midi(track(*events), form=0)))
    assert [(t.program, t.is_drum) for t in score.tracks] == [(5, False), (40, False), (0, True)]


def test_a_change_of_the_instrument_is_one_more(write):
    score = read_midi(write("a.mid", midi(track((0, program(5)), *note(60), (0, program(40)), *note(62)))))
    assert [(t.program, len(t.notes)) for t in score.tracks] == [(5, 1), (40, 1)]


def test_a_compressed_file_is_read(write):
    assert read_midi(write("a.mid.gz", gzip.compress(BAND))).note_num() == 7


def test_a_note_that_never_ends_is_left_out(write):
    assert notes(read_midi(write("a.mid", midi(track((0, on(60)), *note(62))))).tracks[0]) == [
        (0, 480, 62, 80)
    ]


def test_foreign_chunks_and_filling_are_no_music(write):
    foreign = b"XFIH\0\0\0\x04abcd"
    content = midi(foreign, ONE, announced=1) + b"\0" * 128
    assert read_midi(write("a.mid", content)).note_num() == 1


def test_a_file_that_is_cut_off_anywhere_is_refused(refused):
    for length in range(len(BAND)):
        message = refused(BAND[:length])
        assert "is no MIDI file" in message or "cut off" in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.mid: is no MIDI file; it begins with b'', expected b'MThd'."),
        (b"X:1\nT:tune\n", "is no MIDI file; it begins with b'X:1"),
        (b"RIFF\x10\0\0\0RMIDdata" + midi(ONE), "is no MIDI file; it begins with b'RIFF'"),
        (midi(ONE, announced=3), "announces 3 tracks and holds 1"),
        (midi(ONE, ONE, announced=1), "announces 1 tracks and holds 2"),
        (midi(ONE, form=2), "is a MIDI file of format 2; save it as format 0 or 1"),
        (midi(ONE, division=0xE728), "has a time base in seconds (SMPTE)"),
        (midi(ONE, division=0), "has no time base"),
        (midi(track()), "holds no notes"),
        (midi(track((0, on(60)))), "holds no notes"),
        (midi(track((0, on(60, 200)), (9, off(60)))), "is a damaged MIDI file ('Get velocity=200')"),
        (midi(track((0, tempo(0)), *note())), "the tempo at tick 0 is inf"),
        (midi(track((0, signature(0, 2)), *note())), "the time signature at tick 0 is 0/4"),
        (midi(track((0, signature(4, 200)), *note())), "the time signature at tick 0 is 4/0"),
        (midi(track(*note(wait=0x0FFFFFFF))), "lasts longer than the limit of 100,000 quarter notes"),
        (midi(track(*note(wait=0x0FFFFFFF) * 8)), "lasts longer than the limit"),
        (midi(track(*note()), track((0x0FFFFFFF, tempo(1000)))), "lasts longer than the limit"),
    ],
)
def test_what_is_no_music_is_refused(refused, content, message):
    assert message in refused(content)


def test_notes_and_length_have_limits(refused, write):
    assert read_midi(write("b.mid", BAND), Limits(steps=7, beats=5)).note_num() == 7
    assert "has 7 notes, above the limit of 6" in refused(BAND, Limits(steps=6))
    assert "lasts longer than the limit of 4 quarter notes" in refused(BAND, Limits(beats=4))


@settings(max_examples=400, deadline=None)
@given(edits=st.lists(st.tuples(st.integers(0, len(BAND) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_damaged_bytes_give_music_or_one_error(tmp_path_factory, edits):
    content = bytearray(BAND)
    for place, value in edits:
        content[place] = value
    path = tmp_path_factory.getbasetemp() / "damaged.mid"
    path.write_bytes(content)
    try:
        score = read_midi(path)
    except DataError:
        return
    assert score.note_num() > 0
    assert score.start() >= 0


def test_many_files_are_read_in_their_order(write):
    paths = [write("b.mid", BAND), write("a.mid", midi(ONE))]
    scores = read_scores(paths)
    assert len(scores) == 2
    assert scores.ids == [str(path) for path in paths]
    chosen = scores.select(np.array([1]))
    assert (chosen.ids, chosen.scores[0].note_num()) == ([str(paths[1])], 1)
    assert b"".join(scores.content()) != b"".join(chosen.content())


def test_of_many_files_none_is_left_out(write):
    good, bad = write("a.mid", BAND), write("b.mid", BAND[:-9])
    with pytest.raises(DataError, match=r"b\.mid: is cut off in track 4"):
        read_scores([good, bad])
    with pytest.raises(DataError, match="stands in file 1 already"):
        read_scores([good, good])
    with pytest.raises(DataError, match="no MIDI files are named"):
        read_scores([])


def test_without_symusic_it_is_said_how_to_install_it(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "symusic", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ostinato\[music\]'"):
        read_midi(write("a.mid", BAND))
