"""Scores as MIDI files that players open."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.files import write_file
from ostinato.errors import ArgumentError, OstinatoWarning
from ostinato.read.midi import Score

ENDINGS = (".mid", ".midi")
CHANNELS = 15
"""Instruments that can sound at the same time, beside drums."""

DEFAULT_TEMPO = 120.0


def write_midi(path: Path, score: Score) -> None:
    """Write a score to a MIDI file of format 1, one track an instrument, whole or not at all.

    Args:
        path: a file that ends in .mid or .midi; one that stood there is replaced.
        score: the music.

    Raises:
        ArgumentError: the score has no notes, the ending is another, or the file cannot be written.
    """
    if path.suffix.lower() not in ENDINGS:
        raise ArgumentError(
            f"{path} ends in {checks.shown(path.suffix)}; expected one of {', '.join(ENDINGS)}."
        )
    write_file(path, to_midi(score))


def to_midi(score: Score) -> bytes:
    """Return a score as the bytes of a MIDI file, with a tempo from its beginning on.

    A key that is struck again while it sounds ends there and begins anew: on one channel a player could not
    tell which of two notes an end belongs to. More than 15 instruments share channels, which is warned of.

    Raises:
        ArgumentError: the score has no notes.
    """
    if score.note_num() == 0:
        raise ArgumentError("the score has no notes; there is nothing to write.")
    copy = score.copy()
    for track in copy.tracks:
        track.notes = _released(track.notes)
    _check_channels(copy)
    if all(tempo.time > 0 for tempo in copy.tempos):
        library = checks.extra("symusic", "music", "writing MIDI files")
        copy.tempos.insert(0, library.Tempo(0, DEFAULT_TEMPO))
    content: bytes = copy.dumps_midi()
    return content


def _released(notes: Any) -> Any:
    """Return notes of which none sounds when its key is struck; of those struck at once the longest stays."""
    arrays = _at_once(notes.numpy())
    same_key = np.diff(arrays["pitch"]) == 0
    room = np.where(same_key, np.diff(arrays["time"]), np.iinfo(np.int32).max)
    arrays["duration"][:-1] = np.minimum(arrays["duration"][:-1], room)
    library = checks.extra("symusic", "music", "writing MIDI files")
    return library.Note.from_numpy(**arrays).sort()


def _at_once(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return notes by pitch and time, of those with equal ones the longest alone."""
    order = np.lexsort((-arrays["duration"], arrays["time"], arrays["pitch"]))
    arrays = {name: values[order] for name, values in arrays.items()}
    again = (np.diff(arrays["pitch"]) == 0) & (np.diff(arrays["time"]) == 0)
    return {name: values[np.append(True, ~again)] for name, values in arrays.items()}


def _check_channels(score: Score) -> None:
    instruments = sum(not track.is_drum for track in score.tracks)
    if instruments > CHANNELS:
        warnings.warn(
            f"the score has {instruments} instruments beside drums and MIDI {CHANNELS} channels for them: "
            "players will give some of them the sound of another.",
            OstinatoWarning,
            stacklevel=3,
        )
