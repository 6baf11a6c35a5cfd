"""MIDI files: scores of notes with their instruments, tempos and time signatures.

Read by symusic from bytes in memory; before that, the file's chunks are counted, because a file that was cut
off between two tracks looks whole to it.
"""

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.labels import check_unique
from ostinato.read.limits import Limits
from ostinato.read.source import Source, load, named
from ostinato.spec.preprocessing import Columns

Path = str | os.PathLike[str]
Score: TypeAlias = Any
"""A score of symusic whose times are ticks (``symusic.core.ScoreTick``)."""

_DEFAULT = Limits()
_HEADER = 14
_CHUNK = struct.Struct(">4sI")


@dataclass(frozen=True)
class Scores:
    """Pieces of music.

    Args:
        scores: one a piece, each with at least one note.
        ids: one name a piece, unique: its file.
    """

    scores: list[Score]
    ids: list[str]

    @property
    def columns(self) -> Columns:
        """Return that no columns were read."""
        return Columns()

    def __len__(self) -> int:
        return len(self.scores)

    def select(self, indices: NDArray[np.int64]) -> "Scores":
        """Return the pieces at these positions, in this order."""
        return replace(self, scores=[self.scores[i] for i in indices], ids=[self.ids[i] for i in indices])

    def content(self) -> Iterator[bytes]:
        """Yield all that training depends on, as bytes."""
        for name, score in zip(self.ids, self.scores, strict=True):
            yield name.encode("utf-8", "surrogatepass")
            yield score.dumps_midi()


def read_scores(paths: Sequence[Path], limits: Limits = _DEFAULT) -> Scores:
    """Read MIDI files, one piece each, in this order: all of them, or an error.

    Raises:
        DataError: as for :func:`read_midi`; or there are no files, or one is named twice.
    """
    ids = [named(path) for path in paths]
    if not ids:
        raise DataError("no MIDI files are named; expected at least one.")
    check_unique(ids, lambda index: f"file {index + 1}")
    return Scores([read_midi(path, limits) for path in paths], ids)


def read_midi(path: Path, limits: Limits = _DEFAULT) -> Score:
    """Read a MIDI file of format 0 or 1 (``.mid``, ``.midi``, each also with ``.gz``).

    Every channel of every track becomes a track of the score, every change of its instrument one more;
    channel 10 is drums. A note that the file never ends is left out, as players cannot know its length.

    Args:
        path: the file.
        limits: ``steps`` is the highest number of notes, ``beats`` the greatest length in quarter notes.

    Raises:
        DataError: it is no MIDI file, is damaged or cut off, holds no notes, has a time base in seconds
            (SMPTE), is of format 2, or passes a limit.
        MissingExtraError: symusic is not installed.

    Example:
        >>> import pathlib, symusic, tempfile
        >>> score = symusic.Score(480)
        >>> score.tracks.append(symusic.Track("", 0, False))
        >>> score.tracks[0].notes.append(symusic.Note(0, 480, 60, 80))
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "one.mid"
        >>> _ = path.write_bytes(score.dumps_midi())
        >>> read_midi(path).note_num()
        1
    """
    source = load(path, limits)
    _check_header(source)
    _check_tracks(source)
    library = checks.extra("symusic", "music", "reading MIDI files")
    try:
        score = library.Score.from_midi(source.data)
    except (RuntimeError, ValueError) as error:
        reason = str(error).removeprefix("MiniMidi: ").removesuffix(": iostream error")
        raise DataError(
            f"{source.name}: is a damaged MIDI file ({checks.shown(reason, 120)}); export it again."
        ) from error
    _check_size(source.name, score, limits)
    _check_signs(source.name, score)
    return score


def _check_header(source: Source) -> None:
    data = source.data
    if data[:4] != b"MThd":
        raise DataError(
            f"{source.name}: is no MIDI file; it begins with {checks.shown(data[:4])}, expected b'MThd'."
        )
    if len(data) < _HEADER:
        raise DataError(f"{source.name}: is cut off in its header; copy or export it again.")
    form, _, division = struct.unpack_from(">HHH", data, 8)
    if form == 2:
        raise DataError(f"{source.name}: is a MIDI file of format 2; save it as format 0 or 1.")
    if not 0 < division < 0x8000:
        what = "no time base" if division == 0 else "a time base in seconds (SMPTE), not in beats"
        raise DataError(f"{source.name}: has {what}; export it with ticks per quarter note.")


def _check_tracks(source: Source) -> None:
    """Check that the tracks that the header announces are there, whole, and no others."""
    (declared,) = struct.unpack_from(">H", source.data, 10)
    found = _count_tracks(source, declared)
    if found != declared:
        raise DataError(
            f"{source.name}: announces {declared} tracks and holds {found}; is it cut off? Export it again."
        )


def _count_tracks(source: Source, declared: int) -> int:
    """Return how many tracks there are; what follows the last one, such as filling, is no music."""
    place, tracks = 8 + struct.unpack_from(">I", source.data, 4)[0], 0
    while place + _CHUNK.size <= len(source.data):
        kind, size = _CHUNK.unpack_from(source.data, place)
        place += _CHUNK.size + size
        if place <= len(source.data):
            tracks += kind == b"MTrk"
        elif tracks < declared:
            raise DataError(
                f"{source.name}: is cut off in track {tracks + 1}: {place - len(source.data):,} bytes are "
                "missing; copy or export it again."
            )
    return tracks


def _check_size(name: str, score: Score, limits: Limits) -> None:
    notes = score.note_num()
    if notes == 0:
        raise DataError(f"{name}: holds no notes; expected a piece of music.")
    if notes > limits.steps:
        raise DataError(f"{name}: has {notes:,} notes, above the limit of {limits.steps:,}; split it.")
    events = [*score.tempos, *score.time_signatures]
    first = min([score.start(), *(event.time for event in events)])
    last = max([score.end(), *(event.time for event in events)])
    if first < 0 or last > limits.beats * score.ticks_per_quarter:
        raise DataError(
            f"{name}: lasts longer than the limit of {limits.beats:,} quarter notes; is it damaged?"
        )


def _check_signs(name: str, score: Score) -> None:
    """Check what stands above the notes: tempos and time signatures."""
    for tempo in score.tempos:
        if not (isfinite(tempo.tempo) and tempo.tempo > 0):
            raise DataError(
                f"{name}: the tempo at tick {tempo.time} is {tempo.tempo} beats a minute; expected a finite "
                "number above 0."
            )
    for sign in score.time_signatures:
        if sign.numerator < 1 or sign.denominator < 1:
            raise DataError(
                f"{name}: the time signature at tick {sign.time} is {sign.numerator}/{sign.denominator}; "
                "expected at least 1/1."
            )
