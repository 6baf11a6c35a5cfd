"""How numeric sequences are varied in training: what a group ``training`` has beside its own."""

from typing import Any

from ostinato.spec.base import Spec
from ostinato.spec.option import option


def series(description: str, **limits: Any) -> Any:
    """Return a field that is off by default, with its one line of help, and its limits."""
    return option(0.0, f"series: {description}; 0: none", about=("series",), **limits)


class SeriesAugmentation(Spec):
    """How numeric sequences are varied in training, anew each time; what varies is a channel as a whole.

    Numbers are in the units of the scaled channel: with ``scale`` standard its standard deviation.
    """

    channel_offset: float = series(
        "spread (std) of the constant that is added to each channel of a sequence", ge=0.0, le=100.0
    )
    channel_scaling: float = series(
        "spread (std) of the logarithm of the factor by which each channel swings about its mean",
        ge=0.0,
        le=3.0,
    )
    channel_noise: float = series("spread (std) of the noise that is added to every value", ge=0.0, le=100.0)
    channel_mask: float = series("chance of each channel of a sequence to be hidden", ge=0.0, lt=1.0)

    @property
    def varies(self) -> bool:
        """Return whether anything is varied at all."""
        return any(getattr(self, name) for name in SeriesAugmentation.model_fields)
