"""Recordings: sound files as samples, one channel, at one rate.

Decoded by libsndfile (through soundfile) from bytes in memory and resampled by the SoX resampler (soxr). What
either would pass over in silence, such as a file that was cut off, is found here.
"""

import io
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.limits import Limits
from ostinato.read.sound_files import check_whole
from ostinato.read.source import Source, load

Samples = NDArray[np.float32]

ENDINGS = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3")
"""How the names of the files end that are read."""

RATES = (1_000, 384_000)
"""Samples a second, at least and at most."""

_FORMATS = {"WAV": "WAV", "WAVEX": "WAV", "FLAC": "FLAC", "OGG": "Ogg", "MP3": "MP3"}
_UNKNOWN_FORMAT = 1
_PURPOSE = "reading sound"
_DEFAULT = Limits()


@dataclass(frozen=True)
class Recording:
    """One recording.

    Args:
        samples: (n,) float32, n ≥ 1, all finite; a file's whole numbers lie in [-1, 1].
        sample_rate: samples a second.
    """

    samples: Samples
    sample_rate: int


def read_recording(path: str | os.PathLike[str], limits: Limits = _DEFAULT) -> Recording:
    """Read a sound file whole, at its own rate; several channels become their mean.

    Args:
        path: a WAV, FLAC, Ogg (Vorbis, Opus, FLAC) or MP3 file; its content counts, not its name.
        limits: ``bytes`` of the file and of its samples, ``seconds`` of the recording.

    Raises:
        DataError: it is empty, no sound file, damaged, cut off or too long, holds no sample or one that is
            not a finite number.
        MissingExtraError: soundfile is not installed.

    Example:
        >>> import pathlib, soundfile, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "tone.wav"
        >>> soundfile.write(path, np.full((80, 2), [0.25, 0.75]), 8000)
        >>> recording = read_recording(path)
        >>> recording.samples.shape, float(recording.samples[0]), recording.sample_rate
        ((80,), 0.5, 8000)
    """
    source = load(path, limits)
    if not source.data:
        raise DataError(f"{source.name}: is empty; record or copy it again.")
    soundfile = checks.extra("soundfile", "audio", _PURPOSE)
    check_whole(source)
    try:
        with soundfile.SoundFile(io.BytesIO(source.data)) as file:
            _check_header(source, file, limits)
            samples, rate = file.read(dtype="float32", always_2d=True), int(file.samplerate)
            announced = file.frames
    except soundfile.LibsndfileError as error:
        raise DataError(f"{source.name}: {_why(error)}.") from error
    if len(samples) < announced:
        raise DataError(
            f"{source.name}: is cut off: {len(samples):,} of {announced:,} samples are there; copy it again."
        )
    return Recording(checked(source.name, samples.mean(axis=1)), rate)


def checked(name: str, samples: Samples) -> Samples:
    """Return samples, all of which must be finite numbers; ``name`` is for messages."""
    bad = np.flatnonzero(~np.isfinite(samples))
    if len(bad):
        raise DataError(f"{name}, sample {bad[0] + 1}: is {samples[bad[0]]}; expected finite numbers.")
    return samples


def resampled(recording: Recording, sample_rate: int) -> Samples:
    """Return a recording's samples at another rate: ceil(n · rate / its own), by soxr's high quality.

    Example:
        >>> resampled(Recording(np.zeros(441, np.float32), 44_100), 16_000).shape
        (160,)
    """
    if recording.sample_rate == sample_rate:
        return recording.samples
    soxr = checks.extra("soxr", "audio", "resampling")
    made: Samples = soxr.resample(recording.samples, recording.sample_rate, sample_rate)
    return made


def _check_header(source: Source, file: Any, limits: Limits) -> None:
    """Check what the file says of itself, before anything is decoded."""
    if file.format not in _FORMATS:
        known = ", ".join(dict.fromkeys(_FORMATS.values()))
        raise DataError(f"{source.name}: is of the format {file.format}; known are {known}: convert it.")
    low, high = RATES
    if not low <= file.samplerate <= high:
        raise DataError(
            f"{source.name}: has {file.samplerate:,} samples a second; expected {low:,} to {high:,}."
        )
    if file.frames == 0:
        raise DataError(f"{source.name}: holds no sound, not one sample; record it again.")
    if file.frames > limits.seconds * file.samplerate:
        raise DataError(
            f"{source.name}: lasts longer than the limit of {limits.seconds:,} seconds, or does not say how "
            "long it is; split or convert it."
        )
    if 4 * file.frames * file.channels > limits.bytes:
        raise DataError(f"{source.name}: unpacks to more than the limit of {limits.bytes:,} bytes; split it.")


def _why(error: Any) -> str:
    """Return in words why libsndfile cannot read a file."""
    if error.code == _UNKNOWN_FORMAT:
        return "is no sound file that is known; expected WAV, FLAC, Ogg or MP3"
    reason = str(error.error_string).removeprefix("Error : ").rstrip(".")
    return f"is damaged or cut off ({checks.shown(reason, 120)}); copy or convert it again"
