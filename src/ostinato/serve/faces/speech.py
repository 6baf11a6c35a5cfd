"""Transcribers: samples in, what is said out, whole or while it is heard."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.transcribe import Heard, Transcript
from ostinato.errors import DataError
from ostinato.read.recordings import read_recording, resampled
from ostinato.runtime import Streams, Transcriber
from ostinato.serve.faces.base import Face, Inputs, Outputs, field, one
from ostinato.serve.tensors import Form, Tensor, floats, text_form, texts

SAMPLES = "samples"


class SpeechFace(Face[Transcriber]):
    """``samples`` (n,) of one recording in, at the model's rate and in [-1, 1].

    ``text`` (1,) out, and ``times`` (L, 2): of each letter the seconds where it begins and ends. A stream is
    answered with the letters that became certain, none as a rule; all of them together are the text.
    """

    @property
    def inputs(self) -> tuple[Form, ...]:
        """Return the samples."""
        return (Form(SAMPLES, "FP32", (-1,)),)

    @property
    def outputs(self) -> tuple[Form, ...]:
        """Return the text, and the times of its letters."""
        return text_form("text"), Form("times", "FP32", (-1, 2))

    def about(self) -> dict[str, Any]:
        """Return how many samples a second the model listens to."""
        return {"sample_rate": self.model.sample_rate}

    def predict(self, inputs: Inputs) -> Outputs:
        """Transcribe one whole recording."""
        return _outputs(self.model.hear(self.given(inputs)))

    def plain(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Take ``{"recordings": [[…], …]}``: samples at the model's rate."""
        recordings = [np.asarray(values) for values in field(body, "recordings", "[…]")]
        return [worded(said) for said in self.model.transcribe(recordings)]

    def listen(self, sound: bytes) -> dict[str, Any]:
        """Transcribe a sound file of any rate.

        Raises:
            DataError: it is none that can be read.
        """
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            file.write(sound)
            file.flush()
            try:
                recording = read_recording(file.name)
            except DataError as error:  # its message begins with a name that nobody knows
                found = str(error).replace(file.name, "the sound").replace(Path(file.name).name, "the sound")
                raise DataError(found) from error
        (said,) = self.model.transcribe([resampled(recording, self.model.sample_rate)])
        return worded(said)

    def given(self, inputs: Inputs) -> NDArray[Any]:
        """Return the samples that a stream hears."""
        samples = one(inputs, SAMPLES)
        if samples.ndim != 1:
            raise DataError(f"{SAMPLES} has shape {[*samples.shape]}; expected [n], of one recording.")
        return samples

    def push(self, streams: Streams[Any, Any], given: Sequence[Any], numbers: Sequence[int]) -> list[Outputs]:
        """Take streams on, together."""
        return [_outputs(heard) for heard in streams.push(given, numbers)]

    def finish(self, streams: Streams[Any, Any], number: int, said: Outputs) -> Outputs:
        """Return what was said, and what was still open."""
        last = _outputs(streams.finish(number))
        text = b"".join(outputs[0].array[0] for outputs in (said, last)).decode()
        return texts("text", [text]), _times(np.concatenate([said[1].array, last[1].array]))


def worded(said: Transcript) -> dict[str, Any]:
    """Return a transcript, ready to be JSON."""
    words = [{"word": word.text, "start": word.start, "end": word.end} for word in said.words]
    return {"text": said.text, "words": words}


def _outputs(heard: Heard) -> Outputs:
    return texts("text", [heard.text]), _times(np.array(heard.times, np.float32).reshape(-1, 2))


def _times(values: NDArray[Any]) -> Tensor:
    return floats("times", values)
