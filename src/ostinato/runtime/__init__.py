"""A trained model at work, on NumPy and the native kernels alone: whole sequences, or a stream step by step.

    model = ostinato.runtime.load("MODEL")
    model.predict(sequences).best()
    stream = model.stream()
    stream.push(step)

What a task needs is imported when a model of it is loaded.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ostinato.runtime.chat import Chatter as Chatter
    from ostinato.runtime.classify import Classifier as Classifier
    from ostinato.runtime.forecast import SeriesModel as SeriesModel
    from ostinato.runtime.labels import Labeler as Labeler
    from ostinato.runtime.language import TextModel as TextModel
    from ostinato.runtime.loading import load as load
    from ostinato.runtime.model import Model as Model
    from ostinato.runtime.music import MusicModel as MusicModel
    from ostinato.runtime.regress import Regressor as Regressor
    from ostinato.runtime.rolls import FrameModel as FrameModel
    from ostinato.runtime.series_stream import SeriesStream as SeriesStream
    from ostinato.runtime.streams.base import Stream as Stream
    from ostinato.runtime.streams.base import Streams as Streams
    from ostinato.runtime.tag import Tagger as Tagger
    from ostinato.runtime.transcribe import Transcriber as Transcriber
    from ostinato.runtime.translate import Translator as Translator

_PUBLIC = {
    "Chatter": "ostinato.runtime.chat",
    "Classifier": "ostinato.runtime.classify",
    "FrameModel": "ostinato.runtime.rolls",
    "Labeler": "ostinato.runtime.labels",
    "Model": "ostinato.runtime.model",
    "MusicModel": "ostinato.runtime.music",
    "SeriesModel": "ostinato.runtime.forecast",
    "SeriesStream": "ostinato.runtime.series_stream",
    "Regressor": "ostinato.runtime.regress",
    "Stream": "ostinato.runtime.streams.base",
    "Streams": "ostinato.runtime.streams.base",
    "Tagger": "ostinato.runtime.tag",
    "TextModel": "ostinato.runtime.language",
    "Transcriber": "ostinato.runtime.transcribe",
    "Translator": "ostinato.runtime.translate",
    "load": "ostinato.runtime.loading",
}

__all__ = [
    "Chatter",
    "Classifier",
    "FrameModel",
    "Labeler",
    "Model",
    "MusicModel",
    "Regressor",
    "SeriesModel",
    "SeriesStream",
    "Stream",
    "Streams",
    "Tagger",
    "TextModel",
    "Transcriber",
    "Translator",
    "load",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'ostinato.runtime' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
