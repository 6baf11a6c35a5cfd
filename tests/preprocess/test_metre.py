"""Time signatures begin where bars do, and a bar keeps its length."""

from fractions import Fraction

import pytest
from symusic import Score, TimeSignature

from ostinato.errors import DataError
from ostinato.preprocess.metre import metres
from ostinato.spec.preprocessing import NoteScheme


def found(*signs, division=480):
    """Return the metres of (quarter note, beats, unit) as such."""
    score = Score(division)
    for time, beats, unit in signs:
        score.time_signatures.append(TimeSignature(int(time * division), beats, unit))
    return [(float(metre.begin), metre.beats, metre.unit) for metre in metres(score, NoteScheme(), "a.mid")]


def test_without_a_time_signature_bars_are_of_four_quarters():
    assert found() == [(0, 4, 4)]
    assert found((8, 3, 4)) == [(0, 4, 4), (8, 3, 4)]


def test_changes_stand_where_bars_begin():
    assert found((0, 3, 4), (6, 6, 8), (12, 3, 4)) == [(0, 3, 4), (6, 6, 8), (12, 3, 4)]


def test_a_change_within_a_bar_waits_for_the_next_one():
    assert found((0, 3, 4), (7, 4, 4)) == [(0, 3, 4), (9, 4, 4)]
    assert found((0, 3, 4), (7, 4, 4), (8, 5, 4)) == [(0, 3, 4), (9, 5, 4)]
    assert found((0, 3, 4), (7, 4, 4), (8, 3, 4)) == [(0, 3, 4)]


def test_the_last_of_several_at_one_place_holds():
    assert found((0, 3, 4), (0, 2, 4)) == [(0, 2, 4)]


def test_what_is_said_again_changes_nothing():
    assert found((0, 3, 4), (6, 3, 4), (9, 6, 8)) == [(0, 3, 4), (9, 6, 8)]


def test_bars_begin_exactly_even_between_ticks():
    assert found((0, 7, 8), (7, 4, 4), division=1) == [(0, 7, 8), (7, 4, 4)]
    assert found((0, 7, 8), (3, 4, 4), division=1) == [(0, 7, 8), (3.5, 4, 4)]


@pytest.mark.parametrize(
    ("sign", "written"),
    [
        ((2, 2), (4, 4)),
        ((3, 1), (12, 4)),
        ((24, 16), (12, 8)),
        ((6, 32), (3, 16)),
        ((12, 8), (12, 8)),
        ((32, 32), (16, 16)),
    ],
)
def test_a_bar_keeps_its_length(sign, written):
    assert found((0, *sign)) == [(0, *written)]
    assert Fraction(sign[0], sign[1]) == Fraction(*written)


@pytest.mark.parametrize("sign", [(17, 4), (17, 16), (3, 32), (5, 1), (200, 4)])
def test_bars_that_cannot_be_written_are_refused(sign):
    message = (
        rf"a\.mid, quarter note 2: the time signature is {sign[0]}/{sign[1]}; expected bars of at most 16"
    )
    with pytest.raises(DataError, match=message):
        found((2, *sign))
