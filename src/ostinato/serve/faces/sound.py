"""Models that hear: recordings as samples or as files, and classifiers of them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import DataError
from ostinato.read.limits import Limits
from ostinato.read.recordings import Recording, read_recording, resampled
from ostinato.runtime import Classifier
from ostinato.serve.faces.base import Face, Inputs, Loaded, Outputs, either, field, joined, one
from ostinato.serve.faces.files import files_of, read_from
from ostinato.serve.faces.told import ToldFace
from ostinato.serve.tensors import BYTES, Form
from ostinato.spec.audio import Audio

SAMPLES, SOUND = "samples", "sound"

LIMITS = Limits(bytes=2**28)
"""Of one file that comes from a stranger: a small one may hold many samples."""


class HearingFace(Face[Loaded]):
    """``samples`` (n,) of one recording in, at the model's rate and in [-1, 1]; or ``sound`` (B,), files."""

    @property
    def inputs(self) -> tuple[Form, ...]:
        """Return the samples, or sound files as they are."""
        return Form(SAMPLES, "FP32", (-1,), optional=True), Form(SOUND, BYTES, (-1,), optional=True)

    def about(self) -> dict[str, Any]:
        """Return how many samples a second the model listens to, and what else there is to know."""
        return {"sample_rate": self._rate} | super().about()

    def recordings(self, inputs: Inputs) -> Iterator[NDArray[Any]]:
        """Yield the samples of every recording, files one after the other: each may hold many."""
        if either(inputs, SAMPLES, SOUND) == SAMPLES:
            yield self.given(inputs)
            return
        yield from map(self.samples, files_of(inputs, SOUND))

    def samples(self, sound: bytes) -> NDArray[Any]:
        """Return the samples of a sound file of any rate, at the model's.

        Raises:
            DataError: it is none that can be read.
        """

        def read(path: Path) -> Recording:
            return read_recording(path, LIMITS)

        return resampled(read_from(sound, "the sound", read), self._rate)

    def given(self, inputs: Inputs) -> NDArray[Any]:
        """Return the samples that a stream hears."""
        if either(inputs, SAMPLES, SOUND) == SOUND:
            raise DataError(f"a stream hears {SAMPLES}; files are whole recordings.")
        samples = one(inputs, SAMPLES)
        if samples.ndim != 1:
            raise DataError(f"{SAMPLES} has shape {[*samples.shape]}; expected [n], of one recording.")
        return samples

    @property
    def _rate(self) -> int:
        audio = self.model.preprocessor.spec
        if not isinstance(audio, Audio):
            raise TypeError("a model that reads no sound has another face")
        return audio.sample_rate


class SoundFace(HearingFace[Classifier], ToldFace[Classifier]):
    """A classifier of sound: ``probabilities`` and ``label`` of every recording out.

    A stream takes samples, and is answered after every frame that they complete: (T, C) and (T,), T of 0
    while none is whole.
    """

    def predict(self, inputs: Inputs) -> Outputs:
        """Classify whole recordings."""
        recordings = self.recordings(inputs)
        return joined([self.told.whole(self.model.predict([samples])) for samples in recordings])

    def plain(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Take ``{"recordings": [[…], …]}``: samples at the model's rate."""
        recordings = [np.asarray(values) for values in field(body, "recordings", "[…]")]
        return self.told.worded(self.model.predict(recordings))

    def file(self, data: bytes) -> list[dict[str, Any]]:
        """Classify a sound file."""
        return self.told.worded(self.model.predict([self.samples(data)]))
