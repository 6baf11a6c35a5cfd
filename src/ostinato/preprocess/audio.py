"""Recordings as a network reads them: log-mel frames, whole or while they are heard."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.preprocess.base import Prepared, SequencePreprocessor
from ostinato.read.recordings import Samples
from ostinato.read.sequences import Sequences
from ostinato.spec.audio import Audio
from ostinato.spec.audio_options import AudioOptions

Frames = NDArray[np.float32]


class AudioPreprocessor(SequencePreprocessor):
    """Makes recordings into frames.

    Args:
        spec: what frames are.

    Raises:
        ArgumentError: there are no such frames.
    """

    def __init__(self, spec: Audio) -> None:
        self.spec: Audio = spec
        make_computer(spec)

    @classmethod
    def fit(cls, sequences: Sequences, options: AudioOptions) -> "AudioPreprocessor":
        """Fit to these recordings and to nothing else."""
        rate = checks.given("sample_rate", sequences.sample_rate)
        return cls(fit_audio(cast(list[Samples], sequences.values), rate, options, sequences.places))

    def _applied(self, sequences: Sequences) -> Prepared:
        if sequences.sample_rate != self.spec.sample_rate:
            raise DataError(
                f"the recordings have {sequences.sample_rate} samples a second; the model reads "
                f"{self.spec.sample_rate}: resample them."
            )
        return _all_frames(self.spec, cast(list[Samples], sequences.values), sequences.places)


def fit_audio(
    recordings: Sequence[Samples], sample_rate: int, options: AudioOptions, names: Sequence[str] = ()
) -> Audio:
    """Return what frames are by these options, their bands scaled by all frames of these recordings.

    center is a band's mean, spread its standard deviation (1 where it is constant), in float64.

    Args:
        recordings: (n,) samples each.
        sample_rate: of all of them.
        options: everything else about a frame.
        names: what each recording is called in messages.

    Raises:
        ArgumentError: there are no such frames, such as bands above half of the rate.
        DataError: a recording is shorter than one frame.

    Example:
        >>> tone = np.sin(np.arange(800, dtype=np.float32))
        >>> audio = fit_audio([tone], 8000, AudioOptions())
        >>> audio.width, audio.hop, audio.frames(800), log_mel(audio, tone).shape
        (200, 80, 8, (8, 40))
    """
    raw = unscaled(sample_rate, options)
    frames = np.concatenate(_all_frames(raw, recordings, names)).astype(np.float64)
    spread = np.where(frames.min(axis=0) == frames.max(axis=0), 1.0, frames.std(axis=0))
    return raw.model_copy(
        update={
            "center": tuple(frames.mean(axis=0).tolist()),
            "spread": tuple(spread.tolist()),
        }
    )


def unscaled(sample_rate: int, options: AudioOptions) -> Audio:
    """Return what frames are by these options, before their bands are scaled."""
    try:
        return Audio(
            sample_rate=sample_rate,
            window=options.frame_length,
            shift=options.frame_shift,
            bands=options.mel_bands,
            low=options.low_frequency,
            high=sample_rate / 2 if options.high_frequency is None else options.high_frequency,
            center=(0.0,) * options.mel_bands,
            spread=(1.0,) * options.mel_bands,
        )
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ArgumentError(f"there are no such frames: {reason}.") from error


def log_mel(audio: Audio, samples: Samples, name: str = "the recording") -> Frames:
    """Return a whole recording's frames, (T, bands), T = ``audio.frames(n)`` ≥ 1; see :class:`Audio`.

    Args:
        audio: what frames are.
        samples: (n,) at the rate of ``audio``.
        name: of the recording, for messages.

    Raises:
        DataError: it is shorter than one frame, or louder than numbers can say.
    """
    if len(samples) < audio.width:
        raise DataError(
            f"{name}: has {len(samples):,} samples, {1_000 * len(samples) / audio.sample_rate:.3g} ms; "
            f"expected one frame at least, {audio.window:g} ms: leave it out, or shorten the frames."
        )
    return _frames(audio, samples, name)


def _all_frames(audio: Audio, recordings: Sequence[Samples], names: Sequence[str]) -> list[Frames]:
    called = names or [f"recording {number}" for number in range(1, len(recordings) + 1)]
    return [log_mel(audio, samples, name) for samples, name in zip(recordings, called, strict=True)]


def framed(audio: Audio, held: Samples, samples: Samples) -> tuple[Frames, Samples]:
    """Return the frames that more samples of a recording complete, (T, bands), and what is held back.

    The frames are those of the whole recording, to the last bit, in whatever pieces it comes. Held back are
    the samples of the next frame, fewer than it needs; where they stand in the recording follows from the
    number of frames so far: at sample hop · T. So this is all that a stream of sound has to keep.

    Args:
        audio: what frames are.
        held: what was held back before; at the beginning nothing, (0,).
        samples: (n,) that follow, n at least 0.

    Example:
        >>> audio = unscaled(8000, AudioOptions())
        >>> tone, held, pieces = np.sin(np.arange(800, dtype=np.float32)), np.empty(0, np.float32), []
        >>> for piece in np.split(tone, [90, 300]):
        ...     frames, held = framed(audio, held, piece)
        ...     pieces.append(frames)
        >>> [len(frames) for frames in pieces], len(held)
        ([0, 2, 6], 160)
        >>> bool((np.concatenate(pieces) == log_mel(audio, tone)).all())
        True
    """
    heard = np.concatenate([held, samples])
    count = audio.frames(len(heard))
    frames = _frames(audio, heard, "samples") if count else np.empty((0, audio.bands), np.float32)
    return frames, heard[count * audio.hop :]


def _frames(audio: Audio, samples: Samples, name: str) -> Frames:
    """Return all frames of at least ``width`` samples, scaled; a DataError if their energy overflows."""
    computer = make_computer(audio)
    computer.accept_waveform(audio.sample_rate, samples)
    frames = np.stack([computer.get_frame(t) for t in range(computer.num_frames_ready)])
    if not np.isfinite(frames).all():
        raise DataError(f"{name}: is so loud that its energy overflows; expected samples from -1 to 1.")
    scaled: Frames = ((frames - audio.center) / audio.spread).astype(np.float32)
    return scaled


def make_computer(audio: Audio) -> Any:
    """Return what computes frames, which has heard nothing yet.

    Raises:
        ArgumentError: a band is so narrow that it holds none of the spectrum's points.
    """
    fbank = checks.extra("kaldi_native_fbank", "audio", "hearing")
    try:
        return fbank.OnlineFbank(_options(audio, fbank))
    except ValueError as error:
        raise ArgumentError(
            f"{audio.bands} bands from {audio.low:g} to {audio.high:g} Hz are too narrow for frames of "
            f"{audio.window:g} ms; take fewer bands or longer frames."
        ) from error


def _options(audio: Audio, fbank: Any) -> Any:
    """Return Kaldi's options; half a sample is added, since Kaldi rounds lengths down."""
    options = fbank.FbankOptions()
    frame, mel = options.frame_opts, options.mel_opts
    frame.samp_freq, frame.dither, frame.snip_edges = audio.sample_rate, audio.dither, True
    frame.frame_length_ms = (audio.width + 0.5) * 1_000 / audio.sample_rate
    frame.frame_shift_ms = (audio.hop + 0.5) * 1_000 / audio.sample_rate
    frame.preemph_coeff, frame.remove_dc_offset, frame.window_type = 0.97, True, "povey"
    mel.num_bins, mel.low_freq, mel.high_freq = audio.bands, audio.low, audio.high
    options.use_energy = False
    return options
