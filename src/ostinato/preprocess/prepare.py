"""Everything between a reader and a network: fitted once on the training part, then frozen."""

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.preprocess import pairs
from ostinato.preprocess.scale import apply_series, fit_series
from ostinato.preprocess.tokens import Tokenizer
from ostinato.preprocess.words import WordVocabulary
from ostinato.read.sequences import Sequences, Values
from ostinato.spec.options import SequenceData
from ostinato.spec.preprocessing import Notes, PianoRoll, Preprocessing, Series, TokenPair, Words

if TYPE_CHECKING:
    from ostinato.preprocess.notes import NoteTokenizer

Prepared = list[NDArray[Any]]


class Preprocessor:
    """A fitted preparation of sequences. Made by ``fit`` or ``from_spec``.

    Args:
        spec: what was fitted, as data.
        tokenizer: for text, the tokenizer; else None.
        words: for sentences in words, their vocabulary; else None.
        target: for pairs of texts, the tokenizer of what is said; else None.
        notes: for music, its tokenizer; else None.

    Example:
        >>> rows = np.array([[1.0], [3.0]], np.float32)
        >>> sequences = Sequences("series", [rows], ["a"], channels=("x",))
        >>> Preprocessor.fit(sequences, SequenceData()).apply(sequences)[0].tolist()
        [[-1.0], [1.0]]
    """

    def __init__(
        self,
        spec: Preprocessing,
        tokenizer: Tokenizer | None,
        words: WordVocabulary | None = None,
        target: Tokenizer | None = None,
        notes: "NoteTokenizer | None" = None,
    ) -> None:
        self.spec = spec
        self.tokenizer = tokenizer
        self.words = words
        self.target = target
        self.notes = notes

    @classmethod
    def fit(cls, sequences: Sequences, options: SequenceData) -> "Preprocessor":
        """Fit to these sequences and to nothing else."""
        if sequences.kind == "series":
            return cls(fit_series(sequences, options.scale), None)
        tokenizer = Tokenizer.fit(
            cast(list[str], sequences.values),
            options.tokens,
            options.vocabulary_size,
            options.lowercase,
            1 if options.minimum_count is None else options.minimum_count,
        )
        return cls(tokenizer.spec, tokenizer)

    @classmethod
    def from_spec(cls, spec: Preprocessing, tokenizer_json: bytes | None) -> "Preprocessor":
        """Return the preprocessor that a model directory describes; a DataError says what does not fit."""
        if isinstance(spec, Series | Notes | PianoRoll):
            if tokenizer_json is not None:
                raise DataError(f"a model that reads {spec.kind} has a tokenizer.json; expected none.")
            return cls(spec, None, notes=_notes(spec) if isinstance(spec, Notes) else None)
        if tokenizer_json is None:
            raise DataError("a model of text has no tokenizer.json; copy the whole model directory.")
        if isinstance(spec, Words):
            return cls(spec, None, WordVocabulary.from_json(spec, tokenizer_json))
        if isinstance(spec, TokenPair):
            source, target = pairs.from_json(spec, tokenizer_json)
            return cls(spec, source, target=target)
        return cls(spec, Tokenizer.from_json(spec, tokenizer_json))

    def tokenizer_json(self) -> bytes | None:
        """Return the bytes of ``tokenizer.json``, or None where no text is read."""
        if self.words is not None:
            return self.words.to_json()
        if self.tokenizer is None:
            return None
        separate = isinstance(self.spec, TokenPair) and not self.spec.shared
        return pairs.to_json(self.tokenizer, self.target) if separate else self.tokenizer.to_json()

    def apply(self, sequences: Sequences) -> Prepared:
        """Return what the network reads: per sequence (T, I) float32, or token numbers (T,) int64.

        Channels are matched by name, in whatever order they stand.

        Raises:
            DataError: the kind is wrong, a channel is missing or unknown, or a value is unusable.
        """
        if sequences.kind != self.spec.kind:
            raise DataError(f"the data is {sequences.kind}; this model reads {self.spec.kind}.")
        if self.tokenizer is not None:
            return [self.tokenizer.encode(text) for text in cast(list[str], sequences.values)]
        return self._scaled(cast(Series, self.spec), sequences)

    def unknown_rate(self, sequences: Sequences) -> float | None:
        """Return the part of these texts' tokens that the vocabulary lacks; None for numeric sequences."""
        if self.tokenizer is None:
            return None
        numbers = np.concatenate(self.apply(sequences))
        return float((numbers == Tokenizer.unknown).mean())

    def _scaled(self, series: Series, sequences: Sequences) -> Prepared:
        values = cast(list[Values], sequences.values)
        if sequences.channels != series.channels:
            order = _order(series.channels, sequences.channels)
            values = [rows[:, order] for rows in values]
        return list(apply_series(series, values))


def _notes(spec: Notes) -> "NoteTokenizer":
    from ostinato.preprocess.notes import NoteTokenizer  # reads MIDI, which models of music alone need

    return NoteTokenizer(spec)


def _order(expected: tuple[str, ...], given: tuple[str, ...]) -> list[int]:
    """Return where each channel of the model stands in the data."""
    missing = [name for name in expected if name not in given]
    unknown = [name for name in given if name not in expected]
    if missing or unknown or len(given) != len(expected):
        raise DataError(_mismatch(expected, missing, unknown))
    return [given.index(name) for name in expected]


def _mismatch(expected: tuple[str, ...], missing: list[str], unknown: list[str]) -> str:
    parts = []
    if missing:
        parts.append(f"lacks {_named(missing)}")
    if unknown:
        parts.append(f"has {_named(unknown)}, which the model does not know")
    return f"the data {' and '.join(parts)}; the model reads the channels {_named(list(expected))}."


def _named(names: list[str]) -> str:
    shown = [checks.shown(name) for name in names[:10]]
    return ", ".join(shown) + (" …" if len(names) > 10 else "")
