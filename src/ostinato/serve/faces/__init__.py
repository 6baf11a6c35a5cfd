"""What the models of each task look like from outside; a new task adds its face to this table."""

from typing import Any

from ostinato import checks
from ostinato.errors import ArgumentError
from ostinato.runtime import (
    Chatter,
    Classifier,
    FrameModel,
    Labeler,
    Model,
    MusicModel,
    Regressor,
    SeriesModel,
    Tagger,
    TextModel,
    Transcriber,
    Translator,
)
from ostinato.serve.faces.base import Face, Inputs, Outputs
from ostinato.serve.faces.forecast import ForecastFace
from ostinato.serve.faces.frames import FrameFace
from ostinato.serve.faces.language import LanguageFace, MusicFace
from ostinato.serve.faces.pairs import ChatFace, TranslateFace
from ostinato.serve.faces.series import SeriesFace
from ostinato.serve.faces.sound import SoundFace
from ostinato.serve.faces.speech import SpeechFace
from ostinato.serve.faces.tags import TagFace
from ostinato.serve.faces.text import TextFace
from ostinato.serve.faces.video import VideoFace

__all__ = ["Face", "Inputs", "Outputs", "face_of"]

FACES: dict[type[Model], type[Face[Any]]] = {
    TextModel: LanguageFace,
    MusicModel: MusicFace,
    FrameModel: FrameFace,
    Tagger: TagFace,
    Translator: TranslateFace,
    Chatter: ChatFace,
    Transcriber: SpeechFace,
    SeriesModel: ForecastFace,
}

READERS: dict[str, type[Face[Any]]] = {
    "series": SeriesFace,
    "text": TextFace,
    "audio": SoundFace,
    "video": VideoFace,
}
"""Those of the models that tell a label, several labels, or a number, by what they read."""

LIBRARIES = {"audio": ("kaldi_native_fbank", "soundfile", "soxr"), "video": ("av",)}
"""What a server of models that read these needs, all of it in the extra of that name."""


def face_of(model: Model) -> Face[Any]:
    """Return a model as its clients see it.

    Raises:
        ArgumentError: models of this class cannot be served.
        MissingExtraError: a library is not installed that its clients' requests need.
    """
    read = model.preprocessor.spec.kind
    for library in LIBRARIES.get(read, ()):
        checks.extra(library, read, f"serving models of {read}")
    tells = isinstance(model, Classifier | Labeler | Regressor)
    face = READERS.get(read) if tells else FACES.get(type(model))
    if face is None:
        raise ArgumentError(
            f"this is a {model.spec.task} model of {read}, which cannot be served; use it in Python."
        )
    return face(model)
