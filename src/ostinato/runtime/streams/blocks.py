"""Raw sound from a pipe, such as a microphone's: a classifier answers every tenth of a second."""

from typing import Any

from ostinato.read.pcm import Resampler, block_bytes, samples_of
from ostinato.read.recordings import Samples
from ostinato.runtime.classify import Classifier
from ostinato.runtime.streams.base import Stream
from ostinato.runtime.streams.pipe import Pipe, Said, classified


class SoundBlocks(Pipe):
    """Raw sound, a tenth of a second at a time: the label of all that was heard, after its last whole frame.

    Args:
        stream: what is pushed.
        model: what hears.
        rate: samples a second that come.
        wanted: samples a second that the model hears.
    """

    unit = "tenth of a second"

    def __init__(self, stream: Stream[Any, Any], model: Classifier, rate: int, wanted: int) -> None:
        super().__init__(stream)
        self._answer, self._size = model.spec.answer, block_bytes(rate)
        self._resampler = Resampler(rate, wanted)

    def cut(self, given: bytes) -> tuple[list[bytes], bytes]:
        """Return blocks of one size, whatever portions the pipe brings."""
        whole = len(given) - len(given) % self._size
        return [given[first : first + self._size] for first in range(0, whole, self._size)], given[whole:]

    def read(self, piece: bytes) -> Said | None:
        """Hear a block."""
        return self._heard(self._resampler.push(samples_of(piece)))

    def end(self) -> Said | None:
        """Hear what was held back, too."""
        self._heard(self._resampler.finish())
        return classified(self._answer, self.stream.finish())

    def _heard(self, samples: Samples) -> Said | None:
        said = self.stream.push(samples) if len(samples) else samples
        return classified(self._answer, said[-1]) if len(said) else None
