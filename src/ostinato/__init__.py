"""Ostinato: recurrent sequence models, from raw files to a live stream.

Public names are loaded when they are first used, so that ``import ostinato`` loads neither torch nor
scikit-learn:

    >>> import ostinato
    >>> ostinato.__version__
    '0.1.0'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ostinato.version import __version__

if TYPE_CHECKING:
    from ostinato.estimators.classifier import SequenceClassifier as SequenceClassifier
    from ostinato.estimators.forecaster import Forecaster as Forecaster
    from ostinato.estimators.frames import FrameClassifier as FrameClassifier
    from ostinato.estimators.language import LanguageModel as LanguageModel
    from ostinato.estimators.regressor import SequenceRegressor as SequenceRegressor
    from ostinato.estimators.tagger import SequenceTagger as SequenceTagger
    from ostinato.estimators.transcribe import SequenceTranscriber as SequenceTranscriber
    from ostinato.estimators.translate import SequenceTranslator as SequenceTranslator
    from ostinato.runtime import Chatter as Chatter
    from ostinato.runtime import Classifier as Classifier
    from ostinato.runtime import FrameModel as FrameModel
    from ostinato.runtime import Labeler as Labeler
    from ostinato.runtime import Model as Model
    from ostinato.runtime import MusicModel as MusicModel
    from ostinato.runtime import Regressor as Regressor
    from ostinato.runtime import SeriesModel as SeriesModel
    from ostinato.runtime import Tagger as Tagger
    from ostinato.runtime import TextModel as TextModel
    from ostinato.runtime import Transcriber as Transcriber
    from ostinato.runtime import Translator as Translator
    from ostinato.runtime import load as load

_PUBLIC = {
    "SequenceClassifier": "ostinato.estimators.classifier",
    "SequenceRegressor": "ostinato.estimators.regressor",
    "Labeler": "ostinato.runtime",
    "Regressor": "ostinato.runtime",
    "SequenceTranslator": "ostinato.estimators.translate",
    "SequenceTranscriber": "ostinato.estimators.transcribe",
    "Chatter": "ostinato.runtime",
    "Forecaster": "ostinato.estimators.forecaster",
    "FrameClassifier": "ostinato.estimators.frames",
    "SeriesModel": "ostinato.runtime",
    "Classifier": "ostinato.runtime",
    "LanguageModel": "ostinato.estimators.language",
    "TextModel": "ostinato.runtime",
    "SequenceTagger": "ostinato.estimators.tagger",
    "Tagger": "ostinato.runtime",
    "Transcriber": "ostinato.runtime",
    "Translator": "ostinato.runtime",
    "MusicModel": "ostinato.runtime",
    "FrameModel": "ostinato.runtime",
    "Model": "ostinato.runtime",
    "load": "ostinato.runtime",
}

__all__ = [
    "Chatter",
    "Classifier",
    "Forecaster",
    "FrameClassifier",
    "FrameModel",
    "Labeler",
    "LanguageModel",
    "Model",
    "MusicModel",
    "Regressor",
    "SequenceClassifier",
    "SequenceRegressor",
    "SequenceTagger",
    "SequenceTranscriber",
    "SequenceTranslator",
    "SeriesModel",
    "Tagger",
    "TextModel",
    "Transcriber",
    "Translator",
    "__version__",
    "load",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'ostinato' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
