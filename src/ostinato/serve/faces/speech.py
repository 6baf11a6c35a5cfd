"""Transcribers: sound in, what is said out, whole or while it is heard."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.answers.transcribe import Heard, Transcript
from ostinato.errors import DataError
from ostinato.runtime import Streams, Transcriber
from ostinato.serve.faces.base import Inputs, Outputs, field
from ostinato.serve.faces.sound import SOUND, HearingFace
from ostinato.serve.tensors import Form, Tensor, floats, text_form, texts


class SpeechFace(HearingFace[Transcriber]):
    """One recording in; ``text`` (1,) out, and ``times`` (L, 2).

    Those are, of each letter, the seconds where it begins and ends. A stream takes samples, and is answered
    with the letters that became certain, none as a rule; all of them together are the text.
    """

    @property
    def outputs(self) -> tuple[Form, ...]:
        """Return the text, and the times of its letters."""
        return text_form("text"), Form("times", "FP32", (-1, 2))

    def predict(self, inputs: Inputs) -> Outputs:
        """Transcribe one whole recording."""
        if SOUND in inputs and inputs[SOUND].array.size > 1:
            raise DataError(
                f"{SOUND} holds {inputs[SOUND].array.size} files; a transcript is of one recording."
            )
        (recording,) = self.recordings(inputs)
        return _outputs(self.model.hear(recording))

    def plain(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Take ``{"recordings": [[…], …]}``: samples at the model's rate."""
        recordings = [np.asarray(values) for values in field(body, "recordings", "[…]")]
        return [worded(said) for said in self.model.transcribe(recordings)]

    def file(self, data: bytes) -> list[dict[str, Any]]:
        """Transcribe a sound file of any rate."""
        return [worded(said) for said in self.model.transcribe([self.samples(data)])]

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
