"""Recordings varied for training: their speed, loudness and noise; and frames of which parts are hidden."""

import numpy as np

from ostinato import checks
from ostinato.preprocess.audio import Frames
from ostinato.read.recordings import Samples
from ostinato.spec.audio_options import Augmentation

Random = np.random.Generator

NOISE = (10.0, 40.0)
"""By how many dB noise is softer than what it is added to, at least and at most."""


def varied(samples: Samples, options: Augmentation, random: Random, least: int = 1) -> Samples:
    """Return a recording made faster or slower, then noisy or not, then louder or softer.

    speed  n samples become about n / s, s uniform in 1 ± ``speed_change``, resampled: the pitch moves too
    noise  normal, white, with the chance ``noise_share``; softer than the recording's root mean square by
           a number of dB that is uniform in ``NOISE``
    gain   a number of dB that is uniform in ± ``loudness_change``

    Source: Ko et al. 2015, Audio augmentation for speech recognition (of the speed).

    Args:
        samples: (n,).
        options: how far each of it goes.
        random: what is drawn from; the same draws for every recording, whatever they do to it.
        least: so many samples are left at least, if there were so many.

    Example:
        >>> hum = np.sin(np.arange(8000, dtype=np.float32))
        >>> made = varied(hum, Augmentation(speed_change=0.5), np.random.default_rng(0))
        >>> 8000 / 1.5 <= len(made) <= 8000 / 0.5, made.dtype
        (True, dtype('float32'))
    """
    speed = 1.0 + options.speed_change * random.uniform(-1.0, 1.0)
    noisy, below, gain = random.random(), random.uniform(*NOISE), random.uniform(-1.0, 1.0)
    made = _faster(samples, min(speed, max(1.0, len(samples) / (least + 1))))
    if noisy < options.noise_share:
        level = np.sqrt(np.square(made, dtype=np.float64).mean()) * 10 ** (-below / 20)
        made = made + (level * random.standard_normal(len(made))).astype(np.float32)
    return made * np.float32(10 ** (options.loudness_change * gain / 20))


def masked(frames: Frames, options: Augmentation, random: Random) -> Frames:
    """Return scaled frames with stretches of time, and of bands, set to 0, which is each band's mean.

    Of T frames, ``masks`` stretches are hidden, each of a length that is uniform in 0 … ⌊part · T / masks⌋
    and at a place that is uniform; of the bands likewise.

    Source: SpecAugment (Park et al. 2019, arXiv:1904.08779, section 2), without its time warping.

    Args:
        frames: (T, bands), which stay as they are.
        options: the parts, and the number of stretches.
        random: what is drawn from.
    """
    hidden = frames.copy()
    for axis, part in ((0, options.time_mask), (1, options.band_mask)):
        size = frames.shape[axis]
        for _ in range(options.masks):
            length = int(random.integers(int(part * size / options.masks) + 1))
            first = int(random.integers(size - length + 1))
            hidden[(slice(None),) * axis + (slice(first, first + length),)] = 0.0
    return hidden


def _faster(samples: Samples, speed: float) -> Samples:
    """Return samples played so much faster."""
    if speed == 1.0:
        return samples
    soxr = checks.extra("soxr", "audio", "changing the speed of recordings")
    made: Samples = soxr.resample(samples, speed, 1.0)
    return made
