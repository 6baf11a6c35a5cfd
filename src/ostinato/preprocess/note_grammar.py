"""The grammar of music as REMI tokens: which ones of any sequence can be played.

    piece  = bar …
    bar    = Bar [TimeSig] group …
    group  = Position [Tempo] (Program | note) …     positions rise within a bar and lie in it
    note   = Pitch | PitchDrum, [Velocity], Duration     PitchDrum exactly while the program is drums (-1)

A key is struck once at a time: the same note of the same program twice at one position is no note.
"""

from collections.abc import Sequence

BOUNDARY = "PAD_None"
"""Stands between two pieces. The name is miditok's, which cannot be had without such a token."""

DRUMS = -1
PITCHES = ("Pitch", "PitchDrum")


def well_formed(tokens: Sequence[str], positions: int, loudness: bool) -> tuple[list[str], int]:
    """Return the tokens that can be played, in their order, and how many cannot.

    A token that cannot follow what was kept before it is left out, and so is a note of which a part is
    missing. Boundaries are no part of a piece and do not count; a new bar must follow them.

    Args:
        tokens: any tokens of the vocabulary.
        positions: places in a beat.
        loudness: whether a note has a Velocity.

    Example:
        >>> well_formed(["Bar_None", "Position_0", "Pitch_60", "Pitch_64", "Duration_1.0.4"], 4, False)
        (['Bar_None', 'Position_0', 'Pitch_64', 'Duration_1.0.4'], 1)
    """
    reader = _Reader(positions, ("Velocity", "Duration") if loudness else ("Duration",))
    place = 0
    while place < len(tokens):
        place += reader.take(tokens, place)
    return reader.kept, reader.skipped


class _Reader:
    """What was kept so far, and where in the music it stands."""

    def __init__(self, positions: int, note: tuple[str, ...]) -> None:
        self.kept: list[str] = []
        self.skipped = 0
        self._positions = positions
        self._note = note  # what follows a pitch
        self._open = False  # whether a bar has begun
        self._beats = 4
        self._position: int | None = None
        self._program = 0
        self._struck: set[tuple[int, str]] = set()

    def take(self, tokens: Sequence[str], place: int) -> int:
        """Keep or skip what stands at a place; return how many tokens that was."""
        token = tokens[place]
        if token == BOUNDARY:
            self._open, self._position = False, None
            return 1
        kind, value = token.split("_")
        length = 1 + len(self._note) if kind in PITCHES else 1
        part = tokens[place : place + length]
        fits = self._is_note(part) if kind in PITCHES else self._fits(kind, value)
        if not fits:
            self.skipped += 1
            return 1
        self.kept += part
        self._move(kind, value)
        return length

    def _fits(self, kind: str, value: str) -> bool:
        if kind == "Bar":
            return True
        if kind == "TimeSig":
            return self._open and self._last() == "Bar"
        if kind == "Position":
            before = -1 if self._position is None else self._position
            return self._open and before < int(value) < self._beats * self._positions
        if kind == "Tempo":
            return self._position is not None and self._last() == "Position"
        return kind == "Program" and self._position is not None

    def _is_note(self, part: Sequence[str]) -> bool:
        kinds = tuple(token.split("_")[0] for token in part)
        expected = "PitchDrum" if self._program == DRUMS else "Pitch"
        new = (self._program, part[0]) not in self._struck
        return self._position is not None and kinds == (expected, *self._note) and new

    def _move(self, kind: str, value: str) -> None:
        if kind == "Bar":
            self._open, self._position = True, None
        elif kind == "TimeSig":
            self._beats = int(value.split("/")[0])
        elif kind == "Position":
            self._position = int(value)
            self._struck.clear()
        elif kind == "Program":
            self._program = int(value)
        elif kind in PITCHES:
            self._struck.add((self._program, f"{kind}_{value}"))

    def _last(self) -> str:
        return self.kept[-1].split("_")[0] if self.kept else ""
