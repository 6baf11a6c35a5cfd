"""A trained model at work, on NumPy alone: whole sequences, or a stream step by step.

model = ostinato.load("MODEL")
model.predict(sequences).best()
stream = model.stream()
stream.push(step)
"""

from ostinato.runtime.model import Model, load
from ostinato.runtime.stream import Stream

__all__ = ["Model", "Stream", "load"]
