"""The options of sound: how recordings become frames, and how training varies them."""

from typing import Annotated, Any

from pydantic import Field

from ostinato.spec.audio import Bands, Milliseconds, Rate
from ostinato.spec.base import Spec
from ostinato.spec.option import option


def sound(default: Any, description: str, **limits: Any) -> Any:
    """Return a field with its default, its one line of help, and its limits."""
    return option(default, f"sound: {description}", about=("audio",), **limits)


class AudioOptions(Spec):
    """How recordings become frames; what a group ``data`` has beside its own."""

    sample_rate: Rate | None = sound(
        None, "samples a second; else those of the recording that has the fewest, 16000 at most"
    )
    frame_length: Milliseconds = sound(25.0, "length of a frame in milliseconds")
    frame_shift: Milliseconds = sound(10.0, "from one frame to the next in milliseconds")
    mel_bands: Bands = sound(40, "bands of a frame")
    low_frequency: float = sound(20.0, "where the lowest band begins, in Hz", ge=0.0)
    high_frequency: float | None = sound(
        None, "where the highest band ends, in Hz; else half the sample rate", gt=0.0
    )


class Augmentation(Spec):
    """How recordings are varied in training, anew each time; what a group ``training`` has beside its own.

    The masks are those of SpecAugment (Park et al. 2019, arXiv:1904.08779), without its time warping.
    """

    speed_change: float = sound(
        0.1, "played faster or slower by up to this part, the pitch with it; 0: never", ge=0.0, le=0.5
    )
    noise_share: float = sound(
        0.5, "part of the recordings that get white noise, 10 to 40 dB below them", ge=0.0, le=1.0
    )
    loudness_change: float = sound(6.0, "made louder or softer by up to so many dB", ge=0.0, le=60.0)
    time_mask: float = sound(0.2, "part of the frames that is hidden at most; 0: none", ge=0.0, lt=1.0)
    band_mask: float = sound(0.2, "part of the bands that is hidden at most; 0: none", ge=0.0, lt=1.0)
    masks: Annotated[int, Field(ge=1)] = sound(2, "stretches of frames, and of bands, that are hidden")
