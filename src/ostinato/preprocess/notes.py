"""Music to tokens and back, by miditok's REMI scheme.

Of miditok's schemes REMI suits a recurrent network best:

- A note's time is said as bar and position in the bar, not as the time since the note before it (as TSD and
  MIDI-like do). The state need not add up time to know where in the bar it stands, and one wrong token
  displaces the notes of one position, not all that follow.
- A note's length stands beside it: there is no end of a note to be remembered, or to be forgotten.
- All instruments are one sequence, and an instrument is named only where it changes; the state keeps it.

A score loses what tokens do not hold: pedals, bends, controls, lyrics, key signatures, the names of tracks
and which of several tracks of one instrument a note was on. Times, lengths, loudness and tempos are rounded
to the nearest that there is; of a note that is struck twice at once the longer one stays. A bar of 2/2
becomes one of 4/4: bars are written in quarter notes or less, at the same length. A time signature that
begins within a bar begins with the next one.
"""

import hashlib
import sys
from collections.abc import Iterable
from math import floor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.metre import Metre, metres
from ostinato.preprocess.note_grammar import BOUNDARY, well_formed
from ostinato.read.midi import Score
from ostinato.spec.preprocessing import Notes, NoteScheme

_TORCH_PART = "miditok.pytorch_data"


class Decoded(NamedTuple):
    """A score, and how many of the tokens it was made from could not be played."""

    score: Score
    skipped: int


class NoteTokenizer(Preprocessor):
    """Music as numbers.

    Args:
        spec: the scheme, and the vocabulary that it must give.

    Raises:
        DataError: the installed miditok builds another vocabulary.
        MissingExtraError: miditok is not installed.

    Example:
        >>> import symusic
        >>> score = symusic.Score(480)
        >>> score.tracks.append(symusic.Track("", 0, False))
        >>> score.tracks[0].notes.append(symusic.Note(0, 480, 60, 80))
        >>> tokenizer = NoteTokenizer.fit([score])
        >>> numbers = tokenizer.encode(score)
        >>> tokenizer.tokens(numbers)[-3:]
        ['Program_0', 'Pitch_60', 'Duration_1.0.12']
        >>> tokenizer.decode(numbers).score.note_num()
        1
    """

    boundary = 0
    """The number that stands between two pieces; ``encode`` never gives it."""

    def __init__(self, spec: Notes) -> None:
        self.spec: Notes = spec
        self._tokenizer = _build(spec.scheme)
        self._tokens = _vocabulary(self._tokenizer)
        self._numbers = {token: number for number, token in enumerate(self._tokens)}
        if _described(spec.scheme, self._tokens) != spec:
            raise DataError(
                f"the installed miditok makes {len(self._tokens)} tokens, which are not the "
                f"{spec.vocabulary_size} that this model was trained with; install the version that it was "
                "trained with."
            )

    @classmethod
    def fit(cls, scores: Iterable[Score], scheme: NoteScheme | None = None) -> "NoteTokenizer":
        """Return a tokenizer for music like this.

        Only one thing is taken from it: where all notes are equally loud, loudness is left out of the tokens.

        Args:
            scores: the training part.
            scheme: the settings; None: the defaults.
        """
        chosen = NoteScheme() if scheme is None else scheme
        tracks = [track.notes.numpy()["velocity"] for score in scores for track in score.tracks]
        if len(np.unique(np.concatenate([*tracks, []]))) <= 1:
            chosen = chosen.model_copy(update={"velocities": 0})
        return cls(_described(chosen, _vocabulary(_build(chosen))))

    def encode(self, score: Score, name: str = "the score") -> NDArray[np.int64]:
        """Return a score's token numbers (T,); the same music gives the same ones, however its tracks stand.

        Args:
            score: the music; it is left as it is.
            name: for messages.

        Raises:
            DataError: it has no notes, or a time signature that the scheme cannot write.
        """
        if score.note_num() == 0:
            raise DataError(f"{name} has no notes; expected a piece of music.")
        rounded = self._tokenizer.preprocess_score(_in_bars(score, metres(score, self.spec.scheme, name)))
        for track in rounded.tracks:
            track.notes = _struck_once(track.notes)
        rounded.tracks = sorted(rounded.tracks, key=lambda track: (track.is_drum, track.program))
        tokens = self._tokenizer.encode(rounded, no_preprocess_score=True).tokens
        return np.array([self._numbers[token] for token in tokens], dtype=np.int64)

    def tokens(self, numbers: ArrayLike) -> list[str]:
        """Return the token that each number (T,) stands for, such as ``"Pitch_60"``."""
        given = np.asarray(numbers)
        if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
            raise ArgumentError(
                f"tokens have shape {given.shape} and type {given.dtype}; expected (T,) whole numbers."
            )
        outside = given[(given < 0) | (given >= len(self._tokens))]
        if outside.size:
            raise ArgumentError(
                f"token {outside[0]} is not in the vocabulary; expected 0 to {len(self._tokens) - 1}."
            )
        return [self._tokens[number] for number in given.tolist()]

    def decode(self, numbers: ArrayLike) -> Decoded:
        """Return the music that token numbers (T,) stand for, whatever their order.

        Tokens that cannot be played where they stand are left out and counted: see
        :mod:`ostinato.preprocess.note_grammar`. Several pieces follow each other at the next bar.
        """
        scheme = self.spec.scheme
        kept, skipped = well_formed(self.tokens(numbers), scheme.positions(), scheme.velocities > 0)
        return Decoded(self._tokenizer.decode(_library().TokSequence(tokens=kept)), skipped)


def _library() -> Any:
    """Return miditok without the part of it that would import torch, which nothing here needs."""
    if "miditok" in sys.modules:
        return sys.modules["miditok"]
    sys.modules[_TORCH_PART] = None  # type: ignore[assignment]  # Python's way to say: there is none
    try:
        return checks.extra("miditok", "music", "music as tokens")
    finally:
        del sys.modules[_TORCH_PART]


def _build(scheme: NoteScheme) -> Any:
    """Return miditok's tokenizer; every setting is given, so that its defaults do not matter."""
    library = _library()
    lowest, highest, tempos = scheme.tempos
    first_program, last_program = scheme.programs
    config = library.TokenizerConfig(
        pitch_range=scheme.pitches,
        drums_pitch_range=scheme.drums,
        beat_res={(first, last): steps for first, last, steps in scheme.durations},
        use_velocities=scheme.velocities > 0,
        num_velocities=max(1, scheme.velocities),
        use_tempos=True,
        tempo_range=(lowest, highest),
        num_tempos=tempos,
        log_tempos=False,
        delete_equal_successive_tempo_changes=True,
        use_time_signatures=True,
        time_signature_range={unit: list(range(1, scheme.longest_bar + 1)) for unit in scheme.units},
        delete_equal_successive_time_sig_changes=True,
        use_programs=True,
        programs=list(range(first_program, last_program + 1)),
        use_note_duration_programs=list(range(first_program, last_program + 1)),
        one_token_stream_for_programs=True,
        program_changes=True,
        use_pitchdrum_tokens=True,
        special_tokens=[BOUNDARY],
        remove_duplicated_notes=False,
        use_chords=False,
        use_rests=False,
        use_key_signatures=False,
        use_sustain_pedals=False,
        use_pitch_bends=False,
        use_control_changes=False,
        use_pitch_intervals=False,
    )
    return library.REMI(config)


def _vocabulary(tokenizer: Any) -> list[str]:
    """Return all tokens in an order of our own, as the library's hangs on the order of a set."""
    return [BOUNDARY, *sorted(token for token in tokenizer.vocab if token != BOUNDARY)]


def _described(scheme: NoteScheme, tokens: list[str]) -> Notes:
    digest = hashlib.sha256("\n".join(tokens).encode()).hexdigest()
    return Notes(scheme=scheme, vocabulary_size=len(tokens), vocabulary_sha256=digest)


def _in_bars(score: Score, found: list[Metre]) -> Score:
    """Return a sorted copy of a score with these metres, each at the last tick not after its bar line.

    miditok has a metre that comes early wait for the bar line, and one that comes late for the next.
    """
    library = checks.extra("symusic", "music", "music as tokens")
    copy = score.copy().sort()
    copy.time_signatures = [
        library.TimeSignature(floor(metre.begin * score.ticks_per_quarter), metre.beats, metre.unit)
        for metre in found
    ]
    return copy


def _struck_once(notes: Any) -> Any:
    """Return notes by time and pitch, of those with equal ones the longest alone."""
    arrays = notes.numpy()
    order = np.lexsort((-arrays["duration"], arrays["pitch"], arrays["time"]))
    arrays = {name: values[order] for name, values in arrays.items()}
    again = (np.diff(arrays["time"]) == 0) & (np.diff(arrays["pitch"]) == 0)
    first = np.concatenate([[True], ~again])
    library = checks.extra("symusic", "music", "music as tokens")
    return library.Note.from_numpy(**{name: values[first] for name, values in arrays.items()})
