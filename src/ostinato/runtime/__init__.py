"""A trained model at work, on NumPy alone: whole sequences, or a stream step by step.

model = ostinato.load("MODEL")
model.predict(sequences).best()
stream = model.stream()
stream.push(step)
"""

from ostinato.runtime.chat import Chatter
from ostinato.runtime.classify import Classifier
from ostinato.runtime.labels import Labeler
from ostinato.runtime.language import TextModel
from ostinato.runtime.loading import load
from ostinato.runtime.model import Model
from ostinato.runtime.music import MusicModel
from ostinato.runtime.regress import Regressor
from ostinato.runtime.rolls import FrameModel
from ostinato.runtime.streams.base import Stream, Streams
from ostinato.runtime.tag import Tagger
from ostinato.runtime.translate import Translator

__all__ = [
    "Chatter",
    "Classifier",
    "FrameModel",
    "Labeler",
    "Model",
    "MusicModel",
    "Regressor",
    "Stream",
    "Streams",
    "Tagger",
    "TextModel",
    "Translator",
    "load",
]
