"""Sound as data: what the frames of a recording are."""

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ostinato.spec.base import Spec
from ostinato.spec.flow import Flow

Rate = Annotated[int, Field(ge=1_000, le=192_000)]
Milliseconds = Annotated[float, Field(gt=0.0, le=1_000.0)]
Bands = Annotated[int, Field(ge=3, le=1_024)]


class Audio(Spec):
    """Recordings as frames: the logarithm of the energy in each band, as Kaldi computes it.

    Frame t is made of the samples hop * t to hop * t + width - 1 and of no others, so a recording of n
    samples has 1 + (n - width) // hop frames, and none where n is below width (Kaldi's ``snip_edges``):
    nothing is padded, and a frame never changes once its samples were heard. In a frame

        its mean is subtracted, then x_i - 0.97 x_(i-1) taken, then Povey's window applied;
        its power spectrum is summed in triangles that stand evenly on the mel scale: e_b;
        f_b = (ln max(e_b, 2^-23) - center_b) / spread_b

    Source: Povey et al. 2011, The Kaldi Speech Recognition Toolkit; Davis & Mermelstein 1980.

    Args:
        sample_rate: samples a second; other recordings are resampled.
        window, shift: a frame's length, and how much later the next one begins, in milliseconds.
        bands: mel bands.
        low, high: where the lowest band begins and the highest ends, in Hz.
        dither: noise that is added first: none, so that equal samples give equal frames.
        center, spread: one number a band, fitted on training recordings.
    """

    kind: Literal["audio"] = "audio"
    sample_rate: Rate
    window: Milliseconds = 25.0
    shift: Milliseconds = 10.0
    bands: Bands = 40
    low: Annotated[float, Field(ge=0.0)] = 20.0
    high: Annotated[float, Field(gt=0.0)]
    dither: Annotated[float, Field(ge=0.0, le=0.0)] = 0.0
    center: tuple[float, ...]
    spread: tuple[Annotated[float, Field(gt=0.0)], ...]

    @property
    def width(self) -> int:
        """Return the samples of a frame."""
        return round(self.sample_rate * self.window / 1_000)

    @property
    def hop(self) -> int:
        """Return by how many samples the next frame begins later."""
        return round(self.sample_rate * self.shift / 1_000)

    def frames(self, samples: int) -> int:
        """Return how many frames a recording of so many samples has."""
        return 0 if samples < self.width else 1 + (samples - self.width) // self.hop

    def flow(self) -> Flow:
        """Return what the network is given."""
        return Flow("steps", self.bands)

    def names(self) -> tuple[str, ...]:
        """Return what the bands are called, from the lowest: their middles, such as ``"440.0 Hz"``."""
        low, high = (1127.0 * math.log1p(hertz / 700.0) for hertz in (self.low, self.high))
        mels = (low + (high - low) * number / (self.bands + 1) for number in range(1, self.bands + 1))
        return tuple(f"{700.0 * math.expm1(mel / 1127.0):.1f} Hz" for mel in mels)

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.width < 2 or not 1 <= self.hop <= self.width:
            raise ValueError(
                f"a shift of {self.hop} and a window of {self.width} samples; expected a window of 2 "
                "samples at least, and no longer shift"
            )
        if not self.low < self.high <= self.sample_rate / 2:
            raise ValueError(
                f"bands from {self.low} to {self.high} Hz; expected them to rise, and to half of "
                f"{self.sample_rate} Hz at most"
            )
        if not self.bands == len(self.center) == len(self.spread):
            raise ValueError(f"{self.bands} bands, {len(self.center)} centers, {len(self.spread)} spreads")
        return self
