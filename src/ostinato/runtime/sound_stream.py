"""One stream of sound: a recording that is still being heard."""

from typing import Any

import numpy as np

from ostinato.answers.classify import softmax
from ostinato.errors import StreamError
from ostinato.preprocess.audio import checked_state, push, start
from ostinato.read.audio import samples_of
from ostinato.runtime.base import State
from ostinato.runtime.network import Network
from ostinato.runtime.stream import Probabilities, finite, restored
from ostinato.spec.audio import Audio

SOUND = "sound."
"""What the names of the arrays begin with that are kept of the samples."""


class SoundStream:
    """Samples pushed as they are heard. Made by ``Classifier.stream``.

    What is answered after frame t is the answer for the recording that ends with it, in whatever pieces its
    samples came. The state is a value of one size, however long the stream is.

    Args:
        network: one that can run step by step.
        audio: what frames are.
        labels: the C labels.
    """

    def __init__(self, network: Network, audio: Audio, labels: tuple[str, ...]) -> None:
        self.labels = labels
        self.audio = audio
        self._network = network
        self._sound = start(audio)
        self._state = network.start(1)

    def push(self, samples: Any) -> Probabilities:
        """Return the labels' probabilities after each frame that these samples complete, (T, C); T may be 0.

        Args:
            samples: (n,) at the model's rate, from -1 to 1.

        Raises:
            DataError: they are no samples, one is not finite, or the answer overflows.
        """
        sound, frames = push(self.audio, self._sound, samples_of("samples", samples))
        if not len(frames):
            self._sound = sound
            return np.empty((0, len(self.labels)))
        state, scores = self._network.push(self._state, frames[:, None])
        answer = softmax(finite("samples", scores, state)[:, 0])
        self._sound, self._state = sound, state
        return answer

    def state(self) -> State:
        """Return a copy of what the stream keeps: arrays by name."""
        kept = {f"{SOUND}{name}": array for name, array in self._sound.items()} | self._state
        return {name: array.copy() for name, array in kept.items()}

    def restore(self, state: State) -> None:
        """Go on from a state that ``state`` returned, of this stream or of another one of the same model.

        Raises:
            StreamError: it is no state of this model; the stream stays as it was.
        """
        if not isinstance(state, dict):
            raise StreamError("state is no dictionary; expected what a stream's state() returned.")
        heard = {name.removeprefix(SOUND): array for name, array in state.items() if name.startswith(SOUND)}
        rest = {name: array for name, array in state.items() if not name.startswith(SOUND)}
        sound, kept = checked_state(self.audio, heard), restored(self._network.start(1), rest)
        self._sound, self._state = sound, kept

    def reset(self) -> None:
        """Forget everything: the next sample is the first."""
        self._sound, self._state = start(self.audio), self._network.start(1)
