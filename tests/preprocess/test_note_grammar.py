"""What can be played of any tokens, and what is left out and counted."""

import pytest

from ostinato.preprocess.note_grammar import BOUNDARY, well_formed

BAR, SIGN, FIRST, NOTE = ["Bar_None"], ["TimeSig_3/4"], ["Position_0"], ["Pitch_60", "Duration_1.0.4"]
BEGUN = BAR + SIGN + FIRST


def kept(tokens, loudness=False):
    return well_formed(tokens, 4, loudness)


@pytest.mark.parametrize(
    "tokens",
    [
        [],
        BAR,
        BAR + BAR + SIGN,
        BEGUN + NOTE,
        BAR + FIRST + NOTE + BAR + FIRST + NOTE,
        [*BEGUN, "Tempo_120.0", "Program_5", *NOTE, "Pitch_64", "Duration_1.0.4", "Position_11", *NOTE],
        [*BEGUN, "Program_-1", "PitchDrum_36", "Duration_1.0.4", "Program_0", "Pitch_36", "Duration_1.0.4"],
        [*BEGUN, "Program_5", *NOTE, "Program_6", *NOTE],
    ],
)
def test_what_is_well_formed_is_kept(tokens):
    assert kept(tokens) == (tokens, 0)


@pytest.mark.parametrize(
    ("before", "wrong", "after"),
    [
        ([], FIRST, BEGUN + NOTE),  # before the first bar
        ([], NOTE, BEGUN),
        ([], SIGN, BAR),
        (BAR + SIGN, SIGN, FIRST),  # a second time signature
        (BEGUN, SIGN, NOTE),  # within a bar
        (BAR + SIGN, ["Position_12"], FIRST),  # beyond three beats
        (BEGUN, FIRST, NOTE),  # not later
        ([*BAR, "Position_5"], ["Position_4"], NOTE),
        (BAR, ["Tempo_120.0"], FIRST),  # at no position
        (BEGUN + NOTE, ["Tempo_120.0"], []),  # after a note
        (BAR, ["Program_5"], FIRST),
        (BAR, NOTE, FIRST + NOTE),
        (BEGUN, ["Duration_1.0.4"], NOTE),  # of no note
        (BEGUN, ["Pitch_60"], ["Pitch_64", "Duration_1.0.4"]),  # without a length
        (BEGUN, ["Pitch_60"], BAR),
        (BEGUN, ["Pitch_60"], []),
        (BEGUN + NOTE, NOTE, ["Position_1", *NOTE]),  # struck twice at once
        (BEGUN, ["PitchDrum_36", "Duration_1.0.4"], NOTE),  # drums of a piano
        ([*BEGUN, "Program_-1"], NOTE, ["PitchDrum_36", "Duration_1.0.4"]),
        (BEGUN, ["Velocity_79"], NOTE),
    ],
)
def test_what_cannot_be_played_is_left_out_and_counted(before, wrong, after):
    assert kept(before + wrong + after) == (before + after, len(wrong))


def test_a_note_may_have_a_loudness():
    loud = ["Pitch_60", "Velocity_79", "Duration_1.0.4"]
    assert kept(BEGUN + loud, loudness=True) == (BEGUN + loud, 0)
    assert kept(BEGUN + NOTE, loudness=True) == (BEGUN, 2)
    assert kept([*BEGUN, "Pitch_60", *loud], loudness=True) == (BEGUN + loud, 1)


def test_boundaries_end_a_bar_and_do_not_count():
    tokens = [BOUNDARY, *BEGUN, *NOTE, BOUNDARY, BOUNDARY, *BEGUN, *NOTE]
    assert kept(tokens) == (BEGUN + NOTE + BEGUN + NOTE, 0)
    assert kept([*BEGUN, BOUNDARY, *NOTE]) == (BEGUN, 2)
    assert kept([*BAR, BOUNDARY, *SIGN]) == (BAR, 1)
