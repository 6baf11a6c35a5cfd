"""Time signatures as a scheme of tokens can write them."""

from fractions import Fraction
from math import ceil
from typing import NamedTuple

from ostinato.errors import DataError
from ostinato.read.midi import Score
from ostinato.spec.preprocessing import NoteScheme


class Metre(NamedTuple):
    """A time signature and where it begins.

    Args:
        begin: quarter notes since the beginning, where a bar of the metre before ends.
        beats: in a bar.
        unit: the note value of a beat: 4 is a quarter note.
    """

    begin: Fraction
    beats: int
    unit: int

    def bar(self) -> Fraction:
        """Return the length of a bar in quarter notes."""
        return Fraction(4 * self.beats, self.unit)


def metres(score: Score, scheme: NoteScheme, name: str) -> list[Metre]:
    """Return a score's metres: the first at 0, 4/4 if none is there, no two equal ones after each other.

    One that begins within a bar waits for the next bar, and gives way to one that also begins there.

    Raises:
        DataError: a time signature that the scheme cannot write; ``name`` is the score's, for the message.
    """
    found = [Metre(Fraction(0), 4, 4)]
    for sign in sorted(score.time_signatures, key=lambda sign: sign.time):
        time = Fraction(sign.time, score.ticks_per_quarter)
        beats, unit = _written(sign.numerator, sign.denominator, scheme, f"{name}, quarter note {time}")
        last = found[-1]
        bars = ceil(max(time - last.begin, Fraction(0)) / last.bar())
        if bars == 0:
            found.pop()
        if not found or (beats, unit) != found[-1][1:]:
            found.append(Metre(last.begin + bars * last.bar(), beats, unit))
    return found


def _written(beats: int, unit: int, scheme: NoteScheme, place: str) -> tuple[int, int]:
    """Return beats and unit of a bar of the same length that the scheme can write."""
    shown = f"{beats}/{unit}"
    while unit < scheme.units[0]:
        beats, unit = beats * 2, unit * 2
    while not _fits(beats, unit, scheme) and beats % 2 == 0 and unit > scheme.units[0]:
        beats, unit = beats // 2, unit // 2
    if not _fits(beats, unit, scheme):
        units = ", ".join(f"1/{unit}" for unit in scheme.units)
        raise DataError(
            f"{place}: the time signature is {shown}; expected bars of at most {scheme.longest_bar} notes of "
            f"{units}: change it, or leave the piece out."
        )
    return beats, unit


def _fits(beats: int, unit: int, scheme: NoteScheme) -> bool:
    return beats <= scheme.longest_bar and unit in scheme.units
