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
from ostinato.spec.audio_options import AudioOptions
from ostinato.spec.options import InputData, SequenceData
from ostinato.spec.preprocessing import Notes, PianoRoll, Preprocessing, Series, Tokens, Words
from ostinato.spec.video import Video
from ostinato.spec.windows import Windows


def fit(sequences: Sequences, options: InputData) -> SequencePreprocessor:
    """Return what prepares such sequences, fitted to these and to nothing else.

    Example:
        >>> texts = Sequences("text", ["to be", "or not"], ["a", "b"])
        >>> fit(texts, InputData()).spec.vocabulary_size
        5
    """
    if sequences.kind == "series":
        window, stride = (
            (options.window, options.stride) if isinstance(options, SequenceData) else (None, None)
        )
        return SeriesPreprocessor.fit(sequences, options.scale, options.missing, window, stride)
    if sequences.kind == "audio" and isinstance(options, AudioOptions):
        from ostinato.preprocess.audio import AudioPreprocessor

        return AudioPreprocessor.fit(sequences, options)
    if sequences.kind == "video":
        from ostinato.preprocess.video import VideoPreprocessor

        return VideoPreprocessor.fit(sequences)
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
    if isinstance(spec, Series | Notes | PianoRoll | Audio | Video | Windows):
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


def _without_vocabulary(spec: Series | Notes | PianoRoll | Audio | Video | Windows) -> Preprocessor:
    if isinstance(spec, Series):
        return SeriesPreprocessor(spec)
    # what reads tables, films, sound, rolls and MIDI takes long to import: it is, where a model reads them
    if isinstance(spec, Windows):
        from ostinato.preprocess.windows import WindowPreprocessor

        return WindowPreprocessor(spec)
    if isinstance(spec, Video):
        from ostinato.preprocess.video import VideoPreprocessor

        return VideoPreprocessor(spec)
    if isinstance(spec, PianoRoll):
        from ostinato.preprocess.rolls import RollPreprocessor

        return RollPreprocessor(spec)
    if isinstance(spec, Audio):
        from ostinato.preprocess.audio import AudioPreprocessor

        return AudioPreprocessor(spec)
    from ostinato.preprocess.notes import NoteTokenizer

    return NoteTokenizer(spec)
