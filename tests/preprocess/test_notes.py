"""Music as tokens: what is kept, what is rounded, any order of tokens, the same vocabulary for ever."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from symusic import Note, Score, Tempo, TimeSignature, Track

from midi_files import BAND
from ostinato.errors import ArgumentError, DataError, MissingExtraError
from ostinato.preprocess.note_grammar import BOUNDARY
from ostinato.preprocess.notes import NoteTokenizer
from ostinato.read.midi import read_midi
from ostinato.spec.flow import Flow
from ostinato.spec.preprocessing import Notes, NoteScheme

VOCABULARIES = {  # size and hash by levels of loudness; a change makes every model of music unreadable
    8: (788, "5ff50f3af3125636a628aa873b0552a416dc6511c552693e61b5c12c276629d0"),
    0: (780, "1137cc8917b8fb3535ca01634079a818e338b87a8d0ce982a6f7f7cfacb93ca7"),
}
GRID = 1 / 12
"""Quarter notes between two places at which a note may begin, where a quarter is the beat."""


def track(*notes, program=0, is_drum=False):
    """Return a track of (time, duration, pitch, velocity) in ticks."""
    made = Track("", program, is_drum)
    for note in notes:
        made.notes.append(Note(*note))
    return made


def score(*tracks, division=480, tempos=(), signs=()):
    made = Score(division)
    for one in tracks:
        made.tracks.append(one)
    for tempo in tempos:
        made.tempos.append(Tempo(*tempo))
    for sign in signs:
        made.time_signatures.append(TimeSignature(*sign))
    return made


def sounds(music):
    """Return all notes of a score: instrument, begin and length in quarter notes, pitch and loudness."""
    quarter = music.ticks_per_quarter
    return sorted(
        (-1 if t.is_drum else t.program, n.time / quarter, n.duration / quarter, n.pitch, n.velocity)
        for t in music.tracks
        for n in t.notes
    )


LOUD_AND_SOFT = score(track((0, 480, 60, 40), (480, 480, 64, 100)))
PLAIN = score(track((0, 480, 60, 80), (480, 480, 64, 80)))
TOKENIZER = NoteTokenizer.fit([LOUD_AND_SOFT])
KINDS = sorted({token.split("_")[0] for token in TOKENIZER.tokens(np.arange(TOKENIZER.spec.vocabulary_size))})


def tokens_of(music, tokenizer=TOKENIZER):
    return tokenizer.tokens(tokenizer.encode(music))


def played(tokens):
    """Return what these tokens decode to."""
    names = TOKENIZER.tokens(np.arange(TOKENIZER.spec.vocabulary_size))
    return TOKENIZER.decode([names.index(token) for token in tokens])


@pytest.mark.parametrize("music", [LOUD_AND_SOFT, PLAIN])
def test_the_vocabulary_is_the_one_of_every_saved_model(music):
    spec = NoteTokenizer.fit([music]).spec
    assert (spec.vocabulary_size, spec.vocabulary_sha256) == VOCABULARIES[spec.scheme.velocities]
    assert spec.flow() == Flow("tokens", spec.vocabulary_size)


def test_a_saved_description_gives_the_same_tokenizer():
    spec = Notes.model_validate_json(TOKENIZER.spec.model_dump_json())
    assert spec == TOKENIZER.spec
    assert NoteTokenizer(spec).encode(LOUD_AND_SOFT).tolist() == TOKENIZER.encode(LOUD_AND_SOFT).tolist()


@pytest.mark.parametrize("change", [{"vocabulary_sha256": "0" * 64}, {"vocabulary_size": 789}])
def test_another_vocabulary_is_found_out(change):
    with pytest.raises(DataError, match="the installed miditok makes 788 tokens, which are not the 78"):
        NoteTokenizer(TOKENIZER.spec.model_copy(update=change))


@pytest.mark.parametrize(
    "change",
    [
        {"durations": ()},
        {"durations": ((1, 4, 12),)},
        {"durations": ((0, 4, 12), (5, 8, 4))},
        {"durations": ((0, 4, 12), (4, 4, 4))},
        {"durations": ((0, 4, 12), (4, 8, 5))},
        {"durations": ((0, 4, 1000),)},
        {"tempos": (120, 120, 2)},
        {"units": (8, 16)},
        {"units": (4, 4)},
        {"units": (4, 6)},
        {"pitches": (21, 108)},
        {"velocities": 128},
        {"name": "x"},
    ],
)
def test_a_scheme_that_makes_no_sense_is_refused(change):
    with pytest.raises(ValidationError):
        NoteScheme.model_validate(change)


def test_loudness_is_kept_where_there_is_any():
    assert TOKENIZER.spec.scheme.velocities == 8
    assert "Velocity_95" in tokens_of(LOUD_AND_SOFT)
    plain = NoteTokenizer.fit([PLAIN, PLAIN])
    assert plain.spec.scheme.velocities == 0
    assert not any(token.startswith("Velocity") for token in tokens_of(LOUD_AND_SOFT, plain))


def test_a_band_is_one_sequence(tmp_path):
    (tmp_path / "band.mid").write_bytes(BAND)
    music = read_midi(tmp_path / "band.mid")
    assert tokens_of(music, NoteTokenizer.fit([music])) == [
        *("Bar_None", "TimeSig_3/4", "Position_0", "Tempo_120.0"),
        *("Program_33", "Pitch_36", "Duration_3.0.12", "Program_73", "Pitch_72", "Duration_1.0.12"),
        *("Program_-1", "PitchDrum_36", "Duration_0.2.12"),
        *("Position_12", "Program_73", "Pitch_74", "Duration_1.0.12"),
        *("Program_-1", "PitchDrum_38", "Duration_0.2.12"),
        *("Position_24", "Program_73", "Pitch_76", "Duration_1.0.12"),
        *("Bar_None", "TimeSig_6/8", "Position_0", "Tempo_80.0", "Pitch_77", "Duration_4.0.4"),
    ]


def test_instruments_tempos_and_metres_come_back(tmp_path):
    (tmp_path / "band.mid").write_bytes(BAND)
    music = read_midi(tmp_path / "band.mid")
    back, skipped = NoteTokenizer.fit([music]).decode(NoteTokenizer.fit([music]).encode(music))
    assert skipped == 0
    assert [note[:2] + note[3:4] for note in sounds(back)] == [n[:2] + n[3:4] for n in sounds(music)]
    quarter = back.ticks_per_quarter
    assert [(t.time / quarter, round(t.tempo)) for t in back.tempos] == [(0, 120), (3, 80)]
    signs = [(s.time / quarter, s.numerator, s.denominator) for s in back.time_signatures]
    assert signs == [(0, 3, 4), (3, 6, 8)]


def test_the_order_of_tracks_does_not_matter():
    tracks = [
        track((0, 480, 60, 40), program=5),
        track((0, 240, 67, 40), program=5),
        track((0, 480, 36, 99), is_drum=True),
        track((0, 480, 40, 80), program=2),
    ]
    assert tokens_of(score(*tracks)) == tokens_of(score(*tracks[::-1]))


def test_the_score_stays_as_it_is():
    music = score(track((480, 480, 60, 40), (0, 480, 64, 100)), signs=[(0, 2, 2)])
    before = music.copy()
    TOKENIZER.encode(music)
    assert music == before


def test_of_a_note_struck_twice_at_once_the_longer_one_stays():
    both = score(track((0, 240, 60, 40)), track((0, 960, 60, 100), (0, 480, 60, 90)))
    assert tokens_of(both) == tokens_of(score(track((0, 960, 60, 100))))


def test_a_note_is_cut_where_the_longest_length_ends():
    ((*_, length, _, _),) = sounds(TOKENIZER.decode(TOKENIZER.encode(score(track((0, 480 * 99, 60, 79)))))[0])
    assert length == 16


def test_tempos_are_rounded_to_the_nearest():
    music = score(track((0, 480, 60, 80)), tempos=[(0, 118), (960, 400)])
    back = TOKENIZER.decode(TOKENIZER.encode(music)).score
    assert [round(tempo.tempo) for tempo in back.tempos] == [120, 300]


def test_what_is_no_piece_of_music_is_refused():
    with pytest.raises(DataError, match=r"a\.mid has no notes"):
        TOKENIZER.encode(score(track()), "a.mid")
    with pytest.raises(DataError, match=r"a\.mid, quarter note 0: the time signature is 17/4"):
        TOKENIZER.encode(score(track((0, 480, 60, 80)), signs=[(0, 17, 4)]), "a.mid")


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ([788], "token 788 is not in the vocabulary; expected 0 to 787"),
        ([0, -1], "token -1 is not in the vocabulary"),
        ([0.5], r"shape \(1,\) and type float64; expected \(T,\) whole numbers"),
        ([[0]], r"shape \(1, 1\)"),
    ],
)
def test_numbers_outside_the_vocabulary_are_refused(numbers, message):
    with pytest.raises(ArgumentError, match=message):
        TOKENIZER.decode(numbers)


def test_no_tokens_are_no_music():
    for numbers in ([], [0], [0, 0]):
        music, skipped = TOKENIZER.decode(numbers)
        assert (music.note_num(), skipped) == (0, 0)


def test_several_pieces_follow_each_other_at_the_next_bar():
    piece = TOKENIZER.encode(PLAIN)
    music, skipped = TOKENIZER.decode([TOKENIZER.boundary, *piece, TOKENIZER.boundary, *piece])
    assert TOKENIZER.tokens([TOKENIZER.boundary]) == [BOUNDARY]
    assert skipped == 0
    assert [begin for _, begin, *_ in sounds(music)] == [0, 1, 4, 5]


def test_what_cannot_be_played_is_counted():
    music, skipped = played(
        ["Pitch_60", "Bar_None", "Position_3", "Pitch_60", "Velocity_79", "Duration_1.0.12", "Velocity_79"]
    )
    assert skipped == 2
    assert sounds(music) == [(0, 0.25, 1.0, 60, 79)]


NOTES = st.tuples(
    *(st.integers(0, 20_000), st.integers(0, 20_000), st.integers(0, 127), st.integers(1, 127)),
)
TRACKS = st.builds(
    lambda notes, program, is_drum: track(*notes, program=program, is_drum=is_drum),
    *(st.lists(NOTES, min_size=1, max_size=10), st.sampled_from([0, 1, 33, 127]), st.booleans()),
)
WRITABLE = [
    *((beats, unit) for beats in range(1, 17) for unit in (4, 8, 16)),
    *((1, 1), (4, 1), (1, 2), (3, 2), (8, 2), (24, 8), (32, 16), (6, 32), (32, 32), (12, 64)),
]
SIGNS = st.builds(lambda time, sign: (time, *sign), st.integers(0, 20_000), st.sampled_from(WRITABLE))
SCORES = st.builds(
    lambda tracks, division, tempos, signs: score(*tracks, division=division, tempos=tempos, signs=signs),
    st.lists(TRACKS, min_size=1, max_size=4),
    st.sampled_from([1, 24, 96, 100, 480, 960, 32_767]),
    st.lists(st.tuples(st.integers(0, 20_000), st.floats(5, 500)), max_size=4),
    st.lists(SIGNS, max_size=4),
)


@settings(max_examples=150, deadline=None)
@given(music=SCORES)
def test_any_music_comes_back_to_the_same_tokens(music):
    numbers = TOKENIZER.encode(music)
    assert numbers.dtype == np.int64
    assert 0 < numbers.min() <= numbers.max() < TOKENIZER.spec.vocabulary_size
    back, skipped = TOKENIZER.decode(numbers)
    assert skipped == 0
    assert TOKENIZER.encode(back).tolist() == numbers.tolist()


@settings(max_examples=100, deadline=None)
@given(notes=st.lists(NOTES, min_size=1, max_size=20, unique_by=lambda note: note[2]))
def test_no_note_is_lost_and_none_moves_by_more_than_half_a_step(notes):
    music = score(track(*notes))
    before, after = sounds(music), sounds(TOKENIZER.decode(TOKENIZER.encode(music)).score)
    by_pitch = {pitch: (begin, length) for _, begin, length, pitch, _ in after}
    assert len(before) == len(after) == len(by_pitch)
    for _, begin, length, pitch, _ in before:
        assert abs(by_pitch[pitch][0] - begin) <= GRID / 2 + 1e-9
        step = GRID if length < 4 else 3 * GRID
        assert abs(by_pitch[pitch][1] - min(max(length, GRID), 16)) <= step / 2 + GRID / 2 + 1e-9


@settings(max_examples=150, deadline=None)
@given(choices=st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 10_000)), max_size=120))
def test_any_order_of_tokens_is_music(choices):
    names = TOKENIZER.tokens(np.arange(TOKENIZER.spec.vocabulary_size))
    groups = {kind: [i for i, name in enumerate(names) if name.startswith(f"{kind}_")] for kind in KINDS}
    numbers = [groups[kind][choice % len(groups[kind])] for kind, choice in choices]
    music, skipped = TOKENIZER.decode(np.array(numbers, dtype=np.int64))
    assert 0 <= skipped <= len(numbers)
    if music.note_num():
        again = TOKENIZER.decode(TOKENIZER.encode(music))
        assert again.skipped == 0
        assert sounds(again.score) == sounds(music)


def test_neither_music_nor_its_tokens_bring_torch():
    program = (
        "import sys; from ostinato.preprocess.notes import NoteTokenizer; NoteTokenizer.fit([]); "
        "assert 'miditok' in sys.modules; assert 'torch' not in sys.modules; "
        "import miditok.pytorch_data; assert 'torch' in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_without_miditok_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "miditok")
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    with pytest.raises(MissingExtraError, match=r"pip install 'ostinato\[music\]'"):
        NoteTokenizer.fit([])
