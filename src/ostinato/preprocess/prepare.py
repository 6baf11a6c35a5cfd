"""Which preprocessor prepares what: fitted to sequences, or as a model directory describes it."""

from typing import cast

from ostinato.errors import DataError
from ostinato.preprocess.base import Preprocessor, SequencePreprocessor
from ostinato.preprocess.pairs import PairPreprocessor
from ostinato.preprocess.series import SeriesPreprocessor
from ostinato.preprocess.text import TextPreprocessor
from ostinato.preprocess.tokens import Tokenizer
from ostinato.preprocess.words import WordVocabulary
from ostinato.read.sequences import Sequences
from ostinato.spec.audio import Audio
from ostinato.spec.options import SequenceData
from ostinato.spec.preprocessing import Notes, PianoRoll, Preprocessing, Series, Tokens, Words


def fit(sequences: Sequences, options: SequenceData) -> SequencePreprocessor:
    """Return what prepares such sequences, fitted to these and to nothing else.

    Example:
        >>> texts = Sequences("text", ["to be", "or not"], ["a", "b"])
        >>> fit(texts, SequenceData()).spec.vocabulary_size
        5
    """
    if sequences.kind == "series":
        return SeriesPreprocessor.fit(sequences, options.scale)
    if sequences.kind == "audio":
        from ostinato.preprocess.audio import AudioPreprocessor

        return AudioPreprocessor.fit(sequences, options)
    return TextPreprocessor(
        Tokenizer.fit(
            cast(list[str], sequences.values),
            options.tokens,
            options.vocabulary_size,
            options.lowercase,
            1 if options.minimum_count is None else options.minimum_count,
        )
    )


def from_spec(spec: Preprocessing, tokenizer_json: bytes | None) -> Preprocessor:
    """Return the preprocessor that a model directory describes; a DataError says what does not fit."""
    if isinstance(spec, Series | Notes | PianoRoll | Audio):
        if tokenizer_json is not None:
            raise DataError(f"a model that reads {spec.kind} has a tokenizer.json; expected none.")
        return _without_vocabulary(spec)
    if tokenizer_json is None:
        raise DataError("a model of text has no tokenizer.json; copy the whole model directory.")
    if isinstance(spec, Words):
        return WordVocabulary.from_json(spec, tokenizer_json)
    if isinstance(spec, Tokens):
        return TextPreprocessor(Tokenizer.from_json(spec, tokenizer_json))
    return PairPreprocessor.from_json(spec, tokenizer_json)


def _without_vocabulary(spec: Series | Notes | PianoRoll | Audio) -> Preprocessor:
    if isinstance(spec, Series):
        return SeriesPreprocessor(spec)
    # what reads sound, rolls and MIDI takes long to import: it is, where a model reads them
    if isinstance(spec, PianoRoll):
        from ostinato.preprocess.rolls import RollPreprocessor

        return RollPreprocessor(spec)
    if isinstance(spec, Audio):
        from ostinato.preprocess.audio import AudioPreprocessor

        return AudioPreprocessor(spec)
    from ostinato.preprocess.notes import NoteTokenizer

    return NoteTokenizer(spec)
